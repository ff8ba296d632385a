"""A configuration is tried against a real S3 server."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from lakebed.configuration import read
from lakebed.configuration.online import try_all
from lakebed.ingest.preview import preview_source
from lakebed.storage.open import open_store

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers import S3Server

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("s3")]


def test_lake_and_buckets(s3: S3Server, tmp_path: Path) -> None:
    lake, logs = s3.url(f"lakes/{uuid.uuid4().hex}"), s3.url(f"logs/{uuid.uuid4().hex}")
    open_store(logs).put("a/eu-1.json", b'{"user": "eve"}\n')
    open_store(logs).put("a/us-1.json", b'{"user": "bob"}\n')
    (tmp_path / "lakebed.toml").write_text(
        f'lake = "{lake}"\n[indexes.web]\n[indexes.other]\n'
        f'[sources.us]\nurl = "{logs}/a/"\nmatch = "us-[0-9]"\nindex = "web"\nlabels = {{ region = "us" }}\n'
        f'[sources.empty]\nurl = "{logs}/b/"\nindex = "web"\n'
        f'[sources.gone]\nurl = "s3://no-such-bucket-{uuid.uuid4().hex}/"\nindex = "other"\n'
    )
    found = read(tmp_path / "lakebed.toml")
    tried = {trial.what: (trial.is_fine, trial.outcome) for trial in try_all(found, {})}
    assert tried.pop("source gone")[0] is False
    assert tried == {
        "lake": (True, "can be written and read"),
        "source us": (True, f"can be listed, and has objects such as {logs}/a/us-1.json"),
        "source empty": (True, "can be listed, and is empty"),
    }
    assert list(open_store(lake).list("")) == []
    source = found.source("us")
    preview = preview_source(source.url, source.settings, takes=source.takes)
    assert (preview.url, preview.objects) == (f"{logs}/a/us-1.json", 1)
    assert preview.events[0].json == b'{"user":"bob","labels":{"region":"us"}}'
