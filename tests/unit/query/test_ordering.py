"""Stages that order and choose rows: what they hold, what they say, what they hand to the leaf part."""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING

import pytest

from lakebed.errors import LimitError
from lakebed.model import JsonValue, Row, Table
from lakebed.query.aggregate import Ranking
from lakebed.query.compile import compile_query
from lakebed.query.stages import dedup, sort

if TYPE_CHECKING:
    from lakebed.query.root import Root


def row(number: int, **event: JsonValue) -> Row:
    return Row(number, "file:///o.json", number, {"id": number, **event}, "logs")


def ids(root: Root) -> list[JsonValue]:
    return [found.event["id"] for found in root.finish() if isinstance(found, Row)]


def test_sort_before_head_holds_some_of_the_rows_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sort, "SORT_EVENTS_MAX", 3_000)
    root = compile_query("* | sort -n, id | rename n as m | head 5").root()
    numbers = [random.Random(1).randrange(1_000) for _ in range(10_000)]
    for place, number in enumerate(numbers):
        root.push_rows([row(place, n=number)])
    assert ids(root) == sorted(range(10_000), key=lambda place: (-numbers[place], place))[:5]


@pytest.mark.parametrize("query", ["* | sort n", "* | sort n | where id > 1 | head 5", "* | sort n | head 4000"])
def test_sort_says_what_it_can_hold(monkeypatch: pytest.MonkeyPatch, query: str) -> None:
    monkeypatch.setattr(sort, "SORT_EVENTS_MAX", 3_000)
    root = compile_query(query).root()
    with pytest.raises(LimitError) as raised:
        root.push_rows([row(number) for number in range(9_000)])
    hint = "put `head` after it, or `table` with fewer columns before it"
    exactly = compile_query(query).root()
    exactly.push_rows([row(number) for number in range(3_000)])
    with pytest.raises(LimitError):
        exactly.push_rows([row(3_000)])
    assert str(raised.value) == f"`sort` holds at most 3000 whole events (SORT_ROWS_MAX, SORT_EVENTS_MAX): {hint}"


def test_a_limit_of_the_caller_is_a_head_for_sort() -> None:
    (stage, _) = compile_query("* | sort n", limit=7).root_stages
    assert isinstance(stage, sort.Sort)
    assert stage.keeps == 7


def test_dedup_says_what_it_can_remember(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dedup, "DEDUP_KEYS_MAX", 3)
    root = compile_query("* | dedup id").root()
    assert len(root.push_rows([row(1), row(2), row(3), row(1)])) == 3
    with pytest.raises(LimitError, match=r"`dedup` found more than 3 combinations of values \(DEDUP_KEYS_MAX\)"):
        root.push_rows([row(4)])


def test_dedup_and_top_let_the_leaf_leave_out_rows_without_the_columns() -> None:
    exists = {"op": "exists", "column": {"parts": ["a"]}}
    assert compile_query("* | rename a as b | dedup b").plan["filter"] == exists
    assert compile_query("* | top a").plan["filter"] == exists
    assert compile_query("* | head 5 | dedup a").plan["filter"] == {"op": "all", "of": []}


def test_tail_turns_the_search_around() -> None:
    plan = compile_query("* | tail 3").plan
    assert (plan["newest_first"], plan["limit"]) == (False, 3)
    plan = compile_query("* | head 5 | tail 3").plan
    assert (plan["newest_first"], plan["limit"]) == (True, 5)
    root = compile_query("* | tail 2").root()
    assert root.push_rows([row(1), row(2), row(3)]) == []
    assert root.is_done
    assert ids(root) == [2, 1]


def test_fields_of_plain_names_reads_these_only() -> None:
    query = compile_query("* | fields b, a | where a: 1")
    assert query.plan["columns"] == ["b", "a"]
    assert (query.columns, query.gives_table) == (None, False)
    assert compile_query("* | fields b, a.*").plan["columns"] is None
    assert compile_query("* | drop b | table a").plan["columns"] == ["a"]


def test_head_after_an_aggregate_wants_so_many_groups() -> None:
    assert compile_query("* | groupbycount(a) | rename a as b | head 3").groups_wanted == 3
    assert compile_query("* | groupbycount(a) | where a: 1 | head 3").groups_wanted is None
    assert compile_query("* | groupbycount(a)", limit=4).groups_wanted == 4
    assert compile_query("* | top 5 a | head 3").groups_wanted == Ranking(0, 3)
    assert compile_query("* | rare 5 a by b, c").groups_wanted == Ranking(2, 5, least_first=True)
    assert compile_query("* | timechart count() | head 3").groups_wanted is None
    assert compile_query("* | head 3").groups_wanted is None


def test_sample_says_how_many_of_how_many() -> None:
    query = compile_query("* | sample 2")
    root = query.root()
    root.push_rows([row(number) for number in range(50)])
    assert len(ids(root)) == 2
    assert list(root.context.notes) == ["`sample 2` took 2 of 50 rows"]
    for few in ([1], [1, 2]):
        root = query.root()
        root.push_rows([row(number) for number in few])
        assert ids(root) == few
        assert list(root.context.notes) == []
    root = compile_query("* | sample 10%").root()
    shown = root.push_rows([row(number) for number in range(5_000)])
    root.finish()
    assert 400 < len(shown) < 600
    assert list(root.context.notes) == [f"`sample 10%` took {len(shown)} of 5000 rows"]


def test_new_events_do_not_change_a_share() -> None:
    root = compile_query("* | sample 20%").root()
    old = root.push_rows([row(number) for number in range(100)])
    root = compile_query("* | sample 20%").root()
    assert root.push_rows([row(number) for number in range(-100, 100)])[-len(old) :] == old


def test_top_counts_a_share_of_all_groups() -> None:
    root = compile_query("* | top 1 a").root()
    root.push_table(Table([["x", 4, 3]]))
    assert root.finish() == [{"a": "x", "@q.count": 3, "@q.percent": 75.0}]


def test_a_sample_is_drawn_from_all_rows_alike() -> None:
    """Whose draws are smallest are in it, wherever they stand."""

    def draw(number: int) -> bytes:
        return hashlib.blake2b(f"file:///o.json\0{number}".encode(), digest_size=8).digest()

    root = compile_query("* | sample 40").root()
    for start in range(0, 2_000, 7):
        root.push_rows([row(number) for number in range(start, min(start + 7, 2_000))])
    assert ids(root) == sorted(sorted(range(2_000), key=draw)[:40])
