"""Of a key that comes twice in one object the first value counts, as of any two columns of one name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import lakebed

if TYPE_CHECKING:
    from pathlib import Path

EVENTS = '{"id": 1, "k": "first", "k": "second"}\n{"id": 2, "k": "first", "k": "third"}\n{"id": 3, "k": "first"}\n'


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("* | groupbycount(k)", [{"k": "first", "@q.count": 3}]),
        ("k: first | groupbycount(k)", [{"k": "first", "@q.count": 3}]),
        ("* | stats count(k), values(k)", [{"@q.count": 3, "count(k)": 3, "values(k)": '["first"]'}]),
        ("* | head 9 | groupbycount(k)", [{"k": "first", "@q.count": 3}]),
        ("k: second | count", [{"@q.count": 1}]),
    ],
)
def test_the_first_value_counts_and_any_passes_a_filter(tmp_path: Path, query: str, rows: list[Any]) -> None:
    (tmp_path / "a.json").write_text(EVENTS)
    with lakebed.open(tmp_path / "lake") as lake:
        lake.index(tmp_path / "a.json", into="x")
        assert list(lake.search(query)) == rows
