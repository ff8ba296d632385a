"""`timechart`: spans, the choice of one, series, limits, and what it reads."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

import lakebed
from bench.corpus import read_events, write_corpus
from lakebed.errors import LimitError
from lakebed.query.compile import compile_query
from lakebed.query.context import Notes
from lakebed.query.series import Chart, Group
from lakebed.query.time_spans import NS_PER_DAY, TimeSpan, automatic_span, parse_span
from lakebed.query.times import format_time, parse_time

if TYPE_CHECKING:
    import random
    from pathlib import Path

COPIES = 8
"""Of each real event: some thousand of them are so few that directories are much of what is read."""

SECOND = 1_000_000_000


def ns(text: str) -> int:
    found = parse_time(text)
    assert found is not None
    return found


def span_of(text: str) -> TimeSpan:
    found = parse_span(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("span", "time", "start", "following"),
    [
        ("5m", "2026-01-01T00:09:59.999999999Z", "2026-01-01T00:05:00Z", "2026-01-01T00:10:00Z"),
        ("1w", "2026-01-01", "2025-12-29T00:00:00Z", "2026-01-05T00:00:00Z"),
        ("1w", "2025-12-29", "2025-12-29T00:00:00Z", "2026-01-05T00:00:00Z"),
        ("1mon", "2024-02-29T23:59:59Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"),
        ("1mon", "2025-12-31", "2025-12-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("1d", "1969-12-31T12:00:00Z", "1969-12-31T00:00:00Z", "1970-01-01T00:00:00Z"),
        ("1mon", "1969-11-30T12:00:00Z", "1969-11-01T00:00:00Z", "1969-12-01T00:00:00Z"),
    ],
)
def test_buckets(span: str, time: str, start: str, following: str) -> None:
    found = span_of(span).floor(ns(time))
    assert (format_time(found), format_time(span_of(span).next(found))) == (start, following)


@pytest.mark.parametrize("span", ["1ms", "7s", "5m", "1h", "1d", "3d", "1w", "1mon"])
def test_each_time_is_in_the_bucket_that_begins_before_it(rng: random.Random, span: str) -> None:
    found = span_of(span)
    for _ in range(200):
        time_ns = rng.randrange(-(10**18), 4 * 10**18)
        start = found.floor(time_ns)
        assert start <= time_ns < found.next(start)
        assert found.floor(start) == start
        assert found.floor(found.next(start)) == found.next(start)
        assert found.count(time_ns, found.next(start)) == 2


@pytest.mark.parametrize("text", ["5", "m", "-5m", "5 m", "0s", "5mon", "1y", "9999999999999999s", "999999w", "1.5h"])
def test_no_span(text: str) -> None:
    assert parse_span(text) is None


@pytest.mark.parametrize(
    ("length", "span"),
    [
        (0, "1ms"),
        (SECOND, "10ms"),
        (60 * SECOND, "1s"),
        (124 * SECOND, "1s"),  # 125 buckets, as many as there may be
        (125 * SECOND, "5s"),
        (3_600 * SECOND, "30s"),
        (NS_PER_DAY, "15m"),
        (7 * NS_PER_DAY, "2h"),
        (30 * NS_PER_DAY, "6h"),
        (365 * NS_PER_DAY, "1w"),
        (8 * 365 * NS_PER_DAY, "1mon"),
        (90 * 365 * NS_PER_DAY, "1mon"),
    ],
)
def test_an_automatic_span_gives_about_a_hundred_buckets(length: int, span: str) -> None:
    first = ns("2026-01-01")
    assert automatic_span(first, first + length).text == span


def test_a_search_with_a_time_range_chooses_its_span() -> None:
    query = compile_query("* | timechart", since_ns=ns("2026-01-01"), until_ns=ns("2026-01-02"))
    assert not query.wants_data_range
    stages = [*query.root_stages, query.leaf_aggregate]
    assert "timechart span=15m count()" in map(str, stages)
    assert compile_query("* | timechart").wants_data_range
    assert not compile_query("* | timechart span=1h").wants_data_range


def test_too_many_buckets() -> None:
    with pytest.raises(LimitError) as raised:
        compile_query("* | timechart span=1s", since_ns=ns("2026-01-01"), until_ns=ns("2026-01-02"))
    expected = "`timechart span=1s` would have 86,400 buckets, at most 10,000 are made (BUCKETS_MAX)"
    assert str(raised.value) == f"{expected}: choose a longer span, or a shorter time range"
    chart = Chart(span_of("1s"), ("count",), ("count()",), False, 10, None, None)
    with pytest.raises(LimitError, match="10,001 buckets"):
        chart.rows([Group(0, None, [1]), Group(10_000 * SECOND, None, [1])], Notes())


def test_series_of_one_name_and_those_without_other() -> None:
    chart = Chart(span_of("1s"), ("max", "avg"), ("max(n)", "avg(n)"), True, 3, None, None)
    groups = [Group(0, "other", [9, 9.0]), Group(0, "1", [8, 8.0]), Group(0, 1, [7, 7.0]), Group(0, None, [1, 1.0])]
    notes = Notes()
    assert chart.rows(groups, notes) == [
        {
            "@lb.time": "1970-01-01T00:00:00Z",
            "max(n): other (2)": 9,
            "max(n): 1": 8,
            "max(n): 1 (2)": 7,
            "max(n): other": 1,
            "avg(n): other (2)": 9.0,
            "avg(n): 1": 8.0,
            "avg(n): 1 (2)": 7.0,
        }
    ]
    told = (
        "the 3 series with the greatest total of 4 are shown; avg(n) of the others together cannot be told from theirs"
    )
    assert list(notes) == [told]


def write_logs(folder: Path) -> None:
    lines = [
        f'{{"time": "2026-01-0{1 + place % 5}T{place % 24:02}:{place % 60:02}:00Z", "k": "k{place % 3}", '
        f'"noise": "{place * 7919:060}", "more": "{place * 104729:080}"}}'
        for place in range(20_000)
    ]
    (folder / "a.json").write_text("\n".join(lines[:12_000]) + "\n")
    (folder / "b.json").write_text("\n".join(lines[12_000:]) + "\n")


def test_over_a_lake_the_catalog_tells_the_times_and_only_two_columns_are_read(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    write_logs(logs)
    with lakebed.open(tmp_path / "lake") as lake:
        lake.index(logs / "a.json", into="a")
        lake.index(logs / "b.json", into="b")
    chart, rows = fresh_search(tmp_path / "lake", "* | timechart count() by k")
    assert [rows[0]["@lb.time"], rows[1]["@lb.time"]] == ["2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"]
    assert len(rows) == 5 * 24
    assert sum(row[name] for row in rows for name in ("k0", "k1", "k2")) == 20_000
    two, _ = fresh_search(tmp_path / "lake", "* | table(@lb.time_ns, k)")
    whole, _ = fresh_search(tmp_path / "lake", "*")
    assert chart <= two
    assert chart * 5 < whole


@pytest.mark.real_data
def test_over_real_events_in_several_segments_only_two_columns_are_read(
    tmp_path: Path, sample_logs: Path, seed: int
) -> None:
    events = list(read_events(sample_logs / "cloudtrail-invictus"))
    write_corpus(events, tmp_path / "logs", COPIES, seed)
    files = sorted((tmp_path / "logs").rglob("*.gz"))
    with lakebed.open(tmp_path / "lake") as lake:
        for file in files:
            lake.index(file, into="trail")
    counts: Counter[tuple[str, str]] = Counter()
    for file in files:
        written = json.loads(gzip.decompress(file.read_bytes()))["Records"]
        counts.update((f"{event['eventTime'][:13]}:00:00Z", event["eventSource"]) for event in written)
    assert counts.total() == COPIES * len(events)
    assert len(files) > 3
    chart, rows = fresh_search(tmp_path / "lake", "* | timechart span=1h limit=1000 count() by eventSource")
    cells = [(row["@lb.time"], name, row[name]) for row in rows for name in row if name != "@lb.time"]
    assert {(time, name): count for time, name, count in cells if count} == counts
    two, _ = fresh_search(tmp_path / "lake", "* | stats max(@lb.time_ns) by eventSource")
    whole, _ = fresh_search(tmp_path / "lake", "*")
    assert chart == two
    assert chart * 5 < whole


def fresh_search(url: Path, query: str) -> tuple[int, list[Any]]:
    """Bytes read, and rows, of a search that finds nothing in a cache."""
    with lakebed.open(url) as lake:
        found = lake.search(query)
        rows = list(found)
        return found.cost.bytes_read, rows
