"""Charts in a terminal: they fit, they are drawn from zero, and log content stays text."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from lakebed.cli.chart import HEIGHT, SERIES_SHOWN_MAX, chart_lines
from lakebed.safe_text import safe_text
from tests.logs import event, write_log
from tests.unit.cli.processes import lakebed, on_a_terminal

if TYPE_CHECKING:
    from pathlib import Path

    from lakebed.model import Scalar


def rows_of(*series: list[Scalar]) -> list[dict[str, Scalar]]:
    return [
        {"@lb.time": f"2026-01-01T{place:02}:00:00Z", **{f"s{n}": values[place] for n, values in enumerate(series)}}
        for place in range(len(series[0]))
    ]


def test_one_series_is_drawn_in_columns() -> None:
    lines = chart_lines(rows_of([0, 1, 2, 4, 8, None, -3, 8]), 40)
    assert lines == [
        "s0",
        "       8      █  █",
        "              █  █",
        "              █  █",
        "              █  █",
        "             ██  █",
        "             ██  █",
        "            ███  █",
        "       0   ████  █",
        "          00:00 07:00",
    ]


def test_several_series_are_lines() -> None:
    assert chart_lines(rows_of([0, 1, 2], [Decimal("0.5"), 0.25, None]), 40) == [
        "s0   ▄█  2",
        "s1  █▄   0.5",
        "    00:00 02:00",
    ]
    assert chart_lines(rows_of([0, 1, 2], [Decimal("0.5"), 0.25, None]), 40, is_unicode=False) == [
        "s0   =#  2",
        "s1  #=   0.5",
        "    00:00 02:00",
    ]


def test_a_peak_is_still_seen_where_there_is_little_room() -> None:
    values: list[Scalar] = [0] * 500
    values[123] = 7
    (line, *_) = chart_lines([{"@lb.time": "t", "a": value, "b": 1} for value in values], 40)
    assert line.count("█") == 1


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"@lb.time": "x", "a": 1}],
        rows_of(["x", "y"]),
        rows_of([None, None]),
        [{"@lb.time": "x"}, {"@lb.time": "y"}],
        rows_of([True, False]),
    ],
)
def test_what_cannot_be_drawn_is_left_out(rows: list[dict[str, Scalar]]) -> None:
    assert chart_lines(rows, 80) == []


def test_a_narrow_terminal_gets_none() -> None:
    assert chart_lines(rows_of([1, 2]), 15) == []


def test_many_series_are_told() -> None:
    many: list[list[Scalar]] = [[1, 2]] * 30
    lines = chart_lines(rows_of(*many), 80)
    assert len(lines) == SERIES_SHOWN_MAX + 2
    assert lines[-1] == "and 10 more series"


names = st.text(max_size=40)
values = st.one_of(st.none(), st.integers(), st.floats(), st.decimals(), st.booleans(), st.text(max_size=3))


@given(
    st.lists(names, min_size=1, max_size=4, unique=True),
    st.lists(st.lists(values, max_size=4), max_size=40),
    st.integers(5, 200),
    st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_any_chart_fits(series: list[str], points: list[list[Scalar]], width: int, is_unicode: bool) -> None:
    rows = [{"@lb.time": "2026-01-01T00:00:00Z", **dict(zip(series, point, strict=False))} for point in points]
    for line in chart_lines(rows, width, is_unicode=is_unicode):
        assert cell_len(line) <= max(width, 60)
        assert safe_text(line) == line


def test_search_draws_a_timechart_on_a_terminal(tmp_path: Path) -> None:
    write_log(tmp_path / "web.json", [event(n * 60, host=f"h{n % 2}") for n in range(60)])
    lakebed("index", "web.json", "--into", "web", folder=tmp_path)
    shown = on_a_terminal(tmp_path, "search", "* | timechart span=10m count()", width=80).splitlines()
    assert len(shown) == 2 + 6 + 1 + 1 + HEIGHT + 1
    assert shown[-2].endswith("0  ██████")
    shown = on_a_terminal(tmp_path, "search", "* | timechart span=10m count() by host", width=80).splitlines()
    assert shown[-3:-1] == ["h0  ██████  5", "h1  ██████  5"]
    assert "█" not in lakebed("search", "* | timechart span=10m count()", "-o", "table", folder=tmp_path).stdout


def test_series_are_columns_of_tables_and_csv(tmp_path: Path) -> None:
    write_log(tmp_path / "web.json", [event(n * 60, host=f"h{n % 2}") for n in range(20)])
    lakebed("index", "web.json", "--into", "web", folder=tmp_path)
    query = "* | timechart span=10m count() by host"
    rows = lakebed("search", query, "-o", "csv", folder=tmp_path).stdout.splitlines()
    assert [row.partition(",")[2] for row in rows] == ["h0,h1", "5,5", "5,5"]
    rows = lakebed("search", query, "-o", "table", folder=tmp_path).stdout.splitlines()
    assert [row.split()[1:] for row in rows] == [["h0", "h1"], ["--", "--"], ["5", "5"], ["5", "5"]]
