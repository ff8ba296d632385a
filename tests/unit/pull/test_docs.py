"""The examples of docs/pull.md are read as they stand, and the first description reads a service."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from lakebed.configuration import read
from lakebed.pull.kinds import KINDS, check_options, make_connector
from lakebed.pull.rest_settings import Auth, Pagination, RestSettings, parse_rest_settings
from tests.unit.pull.polling import Reader
from tests.unit.pull.services import START_MS, Asked, FakeTime, Reply, Service, iso, json_reply

PAGE = (Path(__file__).parents[3] / "docs" / "pull.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("text", blocks("yaml"))
def test_descriptions_are_right(text: str, tmp_path: Path) -> None:
    file = tmp_path / "example.yaml"
    file.write_text(text)
    check_options("rest", {"description": file, "values": {"tenant": "acme"}})


@pytest.mark.parametrize("text", blocks("toml"))
def test_configurations_are_right(text: str, tmp_path: Path) -> None:
    (tmp_path / "example.yaml").write_text(blocks("yaml")[0])
    file = tmp_path / "lakebed.toml"
    file.write_text(text)
    sources = read(file).sources.values()
    assert [check_options(one.kind, one.options).poll_every_s for one in sources] == [30] * len(sources)
    assert {one.kind for one in sources} <= set(KINDS)


def test_the_first_description_reads_a_service(tmp_path: Path) -> None:
    class Example(Service):
        def answer(self, asked: Asked) -> Reply:
            if asked.headers.get("authorization") != "Bearer s3cret" or asked.path != "/api/v2/audit":
                return json_reply({}, 403)
            at = int(asked.query.get("after", "0"))
            items = [{"id": f"e{n}", "n": n, "created_at": iso(START_MS + n)} for n in range(at, min(at + 2, 5))]
            following = str(at + 2) if at + 2 < 5 else None
            return json_reply({"data": {"items": items}, "meta": {"next": following}})

    time = FakeTime(START_MS / 1000 + 60)
    with Example(clock=time.clock) as service:
        file = tmp_path / "example.yaml"
        file.write_text(blocks("yaml")[0].replace("https://{tenant}.example.com", service.url))
        told = {"description": file, "private_addresses": True, "plain_http": True}
        found = Reader(make_connector(check_options("rest", told), time.world(EXAMPLE_TOKEN="s3cret")))
        assert found.catch_up() == [0, 1, 2, 3, 4]
        assert service.asked[0].query == {"from": iso(START_MS + 60_000 - 7 * 86_400_000), "limit": "200"}


def test_every_key_of_a_description_is_on_the_page() -> None:
    parts = [*get_args(Auth), *get_args(Pagination)]
    names = [name for part in [RestSettings, *parts] for name in part.__struct_fields__]
    tags = [part.__struct_config__.tag for part in parts]
    assert [name for name in [*names, *tags] if not re.search(rf"\b{name}\b", PAGE)] == []
    assert parse_rest_settings(b"url: https://x", "x") is not None
