"""Rows as JSON lines are the same rows, whether events are copied or decoded and written again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import lakebed
from lakebed.model import decode_json
from lakebed.query.json_lines import json_row
from tests.logs import event, write_log
from tests.unit.test_distant import Distant

if TYPE_CHECKING:
    from pathlib import Path

    from lakebed.api import Lake

EVENTS: list[dict[str, object]] = [
    event(1, n=1, text='quote " and @lb.time', nested={"a": [1, {"b": None}]}),
    event(2, n=12345678901234567890123, f=1.5),
    event(3, **{"@lb.time": "mine", "@index": "mine", "@lb.record": 99, "other@": "x"}),
    event(4, **{"@lb.extra": "kept", "mail": "@someone"}),
    {},
    event(6, half="\ud83d", accents="é\u2028"),
]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    folder = tmp_path_factory.mktemp("lines")
    opened = lakebed.open(folder / "lake")
    opened.index(write_log(folder / "a.json", EVENTS), into="web")
    (folder / "b.json").write_text('"only text"\n[1]\n7.10\n')
    opened.index(folder / "b.json", into="web")
    opened.index(write_log(folder / "c.json", [event(number, n=number) for number in range(500)]), into="app")
    return opened


@pytest.mark.parametrize(
    "query",
    [
        "*",
        "n: *",
        "zzzzz",
        "* | head 3",
        "* | head 300 | head 3",
        "* | head 9 | where n >= 0",
        "* | table(n, @lb.time, @index)",
        "* | groupbycount(n)",
        "* | count",
        "@index=web",
    ],
)
@pytest.mark.parametrize("limit", [None, 1, 4, 300])
@pytest.mark.parametrize("newest_first", [True, False])
def test_lines_are_the_rows(lake: Lake, query: str, limit: int | None, newest_first: bool) -> None:
    result = lake.search(query, limit=limit, newest_first=newest_first)
    rows = [json_row(row) for row in result]
    again = lake.search(query, limit=limit, newest_first=newest_first)
    lines = b"".join(again.json_lines()).splitlines(keepends=True)
    assert [decode_json(line) for line in lines] == rows
    assert [list(found) for line in lines if isinstance(found := decode_json(line), dict)] == [
        list(row) for row in rows
    ]
    assert again.cost.rows == result.cost.rows == len(rows)


def test_lines_of_a_distant_lake_that_has_news(tmp_path: Path) -> None:
    writer, reader = lakebed.open(tmp_path / "lake"), lakebed.open(tmp_path / "lake")
    reader._store = Distant(reader._store)
    writer.index(write_log(tmp_path / "0.json", [event(0, n=0)]), into="web")
    assert reader.indexes() == ["web"]
    writer.index(write_log(tmp_path / "1.json", [event(1, n=1)]), into="web")
    lines = b"".join(reader.search("*").json_lines()).splitlines()
    assert [found["n"] for line in lines if isinstance(found := decode_json(line), dict)] == [1, 0]


def test_lines_of_a_closed_search(lake: Lake) -> None:
    with lake.search("*") as result:
        lines = result.json_lines()
        assert next(lines).startswith(b'{"@lb.time":"')
    assert list(lines) == []
