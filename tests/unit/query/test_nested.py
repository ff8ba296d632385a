"""Nested queries over a real lake: several segments, several indexes, threads, cost, limits, closing."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

import lakebed
from lakebed.errors import LimitError, QueryError, UsageError
from lakebed.query.compile import compile_query
from lakebed.query.stages import join, union

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SEGMENTS = 4
EVENTS = 500
"""In each segment."""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of two indexes: logins, and who owns which host."""
    folder = tmp_path_factory.mktemp("nested")
    with lakebed.open(folder / "lake") as lake:
        for segment in range(SEGMENTS):
            lines = [
                f'{{"time": "2026-01-01T00:{place % 60:02}:{segment:02}Z", "user": "u{place % 50}", "n": {place}}}'
                for place in range(EVENTS)
            ]
            (folder / f"logins{segment}.json").write_text("\n".join(lines) + "\n")
            lake.index(folder / f"logins{segment}.json", into="logins")
        owners = [f'{{"time": "2026-01-01T00:00:00Z", "owner": "u{place}", "host": "h{place}"}}' for place in range(25)]
        (folder / "hosts.json").write_text("\n".join(owners) + "\n")
        lake.index(folder / "hosts.json", into="hosts")
    return folder / "lake"


@pytest.fixture
def lake(url: Path) -> Iterator[lakebed.Lake]:
    with lakebed.open(url) as opened:
        yield opened


def dicts(found: Any) -> list[dict[str, Any]]:
    return list(found.dicts())


JOIN = "@index=logins | stats count() as logins by user | join user = owner (@index=hosts | table(owner, host))"


def test_join_of_two_indexes(lake: lakebed.Lake) -> None:
    rows = dicts(lake.search(f"{JOIN} | sort user | table(user, logins, host)"))
    users = sorted(f"u{place}" for place in range(25))
    expected = [{"user": user, "logins": SEGMENTS * EVENTS // 50, "host": f"h{user[1:]}"} for user in users]
    assert rows == expected


def test_join_of_events_stops_when_head_has_enough(lake: lakebed.Lake) -> None:
    query = "@index=logins | join user = owner (@index=hosts) | head 3 | table(@lb.time, user, host, @index)"
    rows = dicts(lake.search(query))
    assert [row["host"] for row in rows] == [f"h{row['user'][1:]}" for row in rows]
    assert [row["@index"] for row in rows] == ["logins"] * 3


def test_union_of_two_indexes(lake: lakebed.Lake) -> None:
    query = "@index=logins | groupbycount(user) | union (@index=hosts | groupbycount(owner))"
    rows = dicts(lake.search(query))
    assert len(rows) == 75
    assert sum(row["@q.count"] for row in rows) == SEGMENTS * EVENTS + 25
    events = dicts(lake.search("@index=hosts host: h7 | union (@index=logins user: u7 | head 2)"))
    assert [row["@index"] for row in events] == ["hosts", "logins", "logins"]


def test_a_nested_query_that_nobody_needs_is_not_run(lake: lakebed.Lake) -> None:
    with lake.search("@index=logins | union (@index=hosts)", limit=5) as found:
        assert len(list(found)) == 5
        assert found.cost.segments_opened <= SEGMENTS
    with lake.search("@index=logins nosuchword | join user = owner (@index=hosts)") as found:
        assert list(found) == []
        assert found.cost.segments_opened <= SEGMENTS


def test_the_cost_of_nested_queries_counts(lake: lakebed.Lake) -> None:
    with lake.search("@index=logins | count") as found:
        list(found)
    with lake.search("@index=logins | count | union (@index=hosts | count)") as both:
        assert [row["@q.count"] for row in dicts(both)] == [SEGMENTS * EVENTS, 25]
    assert both.cost.segments_opened == found.cost.segments_opened + 1
    assert both.cost.events_matched == found.cost.events_matched + 25
    assert both.cost.rows == 2


def test_notes_of_nested_queries_are_told(lake: lakebed.Lake) -> None:
    with lake.search("@index=hosts | count | union (@index=logins | sample 10 | count)") as found:
        list(found)
        assert list(found.notes) == ["`sample 10` took 10 of 2000 rows"]


def test_the_callers_indexes_hold_for_nested_queries(lake: lakebed.Lake) -> None:
    assert dicts(lake.search(JOIN, index="logins")) == []
    rows = dicts(lake.search("* | count | union (* | count)", index="hosts"))
    assert [row["@q.count"] for row in rows] == [25, 25]
    with pytest.raises(UsageError, match="no index 'nosuch'"):
        lake.search(JOIN, index="nosuch")


def test_a_nested_query_has_the_time_range_of_the_search(lake: lakebed.Lake) -> None:
    rows = dicts(lake.search("* | count | union (* | count)", since="2026-01-01T00:59:00Z"))
    assert rows[0] == rows[1]
    assert rows[0]["@q.count"] == SEGMENTS * (EVENTS // 60)


def test_a_timechart_in_a_nested_query_asks_the_catalog(lake: lakebed.Lake) -> None:
    rows = dicts(lake.search("@index=logins | timechart count() as n | union (@index=logins | timechart count() as n)"))
    assert rows[: len(rows) // 2] == rows[len(rows) // 2 :]
    assert rows[1]["@lb.time"] == "2026-01-01T00:00:30Z"


def test_limits(lake: lakebed.Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(join, "JOIN_ROWS_MAX", 24)
    monkeypatch.setattr(union, "UNION_ROWS_MAX", 24)
    with pytest.raises(LimitError) as raised:
        list(lake.search(JOIN))
    hint = "filter in it, group with `stats … by`, or keep the first with `head`"
    assert str(raised.value) == f"the nested query of `join` gives more than 24 rows (JOIN_ROWS_MAX): {hint}"
    monkeypatch.setattr(join, "JOIN_ROWS_MAX", 25)  # as many as there are
    assert list(lake.search(JOIN))
    with pytest.raises(LimitError, match=r"the nested queries of `union` give more than 24 rows \(UNION_ROWS_MAX\)"):
        list(lake.search("@index=hosts | union (@index=hosts)"))
    assert len(list(lake.search("@index=hosts | union (@index=logins)", limit=40))) == 40


def test_missing_segments_of_nested_queries_are_told(url: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(url, tmp_path / "lake")
    (damaged,) = (tmp_path / "lake").glob("**/hosts/**/*.seg*")
    damaged.write_bytes(b"")
    with lakebed.open(tmp_path / "lake") as lake:
        with pytest.raises(lakebed.errors.LakebedError):
            list(lake.search(JOIN))
        with lake.search(JOIN, partial=True) as found:
            assert list(found) == []
            assert found.cost.is_partial
            assert found.cost.segments_missing == 1


@pytest.mark.parametrize("query", [JOIN, "@index=hosts | union (@index=logins), (@index=logins)"])
def test_closing_stops_nested_searches(lake: lakebed.Lake, query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from lakebed.query.run import Search

    begun, go_on = threading.Event(), threading.Event()
    really_next = Search.__next__

    def slow_next(search: Search) -> Any:
        if (
            search.compiled.indexes == ("hosts",)
            or search.compiled.text != query
            or threading.current_thread() is thread
        ):
            begun.set()
            go_on.wait(10)
        return really_next(search)

    rows: list[Any] = []
    found = lake.search(query)
    thread = threading.Thread(target=lambda: rows.extend(found))
    monkeypatch.setattr(Search, "__next__", slow_next)
    thread.start()
    assert begun.wait(10)
    found.stop()
    go_on.set()
    thread.join(10)
    assert not thread.is_alive()
    assert rows == []


def test_without_a_lake_a_nested_query_says_so() -> None:
    root = compile_query("* | union (error)").root()
    with pytest.raises(UsageError, match=r"the nested query 'error' needs a lake to run in"):
        root.finish()


def test_errors_stand_at_their_place_in_the_whole_text() -> None:
    with pytest.raises(QueryError) as raised:
        compile_query("* | join a (b: c\n| @index=x)")
    assert (raised.value.line, raised.value.column) == (2, 3)
