"""What a configuration names is tried one by one, and each outcome is told."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from lakebed.configuration import read
from lakebed.configuration.online import OBJECTS_LOOKED_AT, Trial, try_all
from lakebed.errors import StorageError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from lakebed.configuration import Configuration

TOML = """lake = "lake"
state = "env:STATE"
[indexes.web]
[sources.folder]
url = "logs"
index = "web"
[sources.trail]
url = "s3://nowhere/"
index = "web"
notifications = "https://sqs.eu-central-1.amazonaws.com/1/q"
[sources.app]
kind = "receive"
index = "web"
tokens = "env:TOKEN"
"""


@pytest.fixture
def configuration(tmp_path: Path) -> Configuration:
    (tmp_path / "logs").mkdir()
    (tmp_path / "lakebed.toml").write_text(TOML)
    return read(tmp_path / "lakebed.toml")


def outcomes(configuration: Configuration, **environment: str) -> dict[str, tuple[bool, str]]:
    return {trial.what: (trial.is_fine, trial.outcome) for trial in try_all(configuration, environment)}


@pytest.fixture(autouse=True)
def _queues(monkeypatch: pytest.MonkeyPatch) -> None:
    """A queue with seven messages."""
    queue = SimpleNamespace(check=lambda: 7)
    monkeypatch.setitem(sys.modules, "lakebed.ingest.discovery.sqs", SimpleNamespace(open_queue=lambda _url: queue))
    monkeypatch.setattr("lakebed.configuration.online.discover", _discover)


def _discover(url: str) -> list[object]:
    """Folders are empty here, and no bucket can be reached."""
    if url.startswith("s3://"):
        raise StorageError(f"cannot list '' in '{url}': there is no such bucket")
    return []


def test_everything_is_tried_once(configuration: Configuration) -> None:
    assert list(try_all(configuration, {"STATE": "x", "TOKEN": "y"})) == [
        Trial("lake", "can be written and read", is_fine=True),
        Trial("secret of state", "is there", is_fine=True),
        Trial("source folder", "can be listed, and is empty", is_fine=True),
        Trial("source trail", "cannot list '' in 's3://nowhere/': there is no such bucket", is_fine=False),
        Trial("queue of trail", "can be reached; about 7 messages wait", is_fine=True),
        Trial("secrets of app", "is there", is_fine=True),
    ]


def test_secrets_that_are_not_there(configuration: Configuration) -> None:
    found = outcomes(configuration, STATE="")
    assert found["secret of state"] == (False, "the environment variable 'STATE' is not set")
    assert found["secrets of app"] == (False, "the environment variable 'TOKEN' is not set")


def test_queues_that_fail(configuration: Configuration, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(url: str) -> None:
        raise UsageError(f"cannot look at queue '{url}'")

    monkeypatch.setitem(sys.modules, "lakebed.ingest.discovery.sqs", SimpleNamespace(open_queue=refused))
    queue = "https://sqs.eu-central-1.amazonaws.com/1/q"
    assert outcomes(configuration)["queue of trail"] == (False, f"cannot look at queue '{queue}'")
    monkeypatch.setitem(sys.modules, "lakebed.ingest.discovery.sqs", None)
    missing = "not tried: this installation has no part for queues"
    assert outcomes(configuration)["queue of trail"] == (False, missing)


def test_only_the_beginning_of_a_listing_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = 0

    def endless(_url: str) -> object:
        nonlocal looked_at
        while True:
            looked_at += 1
            yield SimpleNamespace(info=SimpleNamespace(key="a"), url="s3://b/a")

    monkeypatch.setattr("lakebed.configuration.online.discover", endless)
    (tmp_path / "lakebed.toml").write_text(
        'lake = "l"\n[indexes.a]\n[sources.s]\nurl = "s3://b/"\nmatch = "z"\nindex = "a"\n'
    )
    told = 'can be listed, but "match" takes none of its first 1,000 objects: s3://b/a, …'
    assert outcomes(read(tmp_path / "lakebed.toml"))["source s"] == (False, told)
    assert looked_at == OBJECTS_LOOKED_AT
