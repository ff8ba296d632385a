"""`sequence` and `transaction` beyond what scripts show: the plan, limits and their notes."""

from __future__ import annotations

from typing import Any

import pytest

from lakebed.errors import LimitError
from lakebed.model import Row
from lakebed.query.compile import compile_query

SECOND = 10**9


def answered(query: str, events: list[tuple[int, Any]], *, newest_first: bool = False) -> tuple[list[Any], list[str]]:
    """The rows and the notes; events are seconds and what they hold."""
    root = compile_query(query, newest_first=newest_first).root()
    rows = root.push_rows([Row(second * SECOND, "o", nth, event, "x") for nth, (second, event) in enumerate(events)])
    rows += root.finish()
    return rows, list(root.context.notes)


@pytest.mark.parametrize("newest_first", [True, False])
def test_the_search_finds_the_oldest_first_and_only_what_can_be_a_step(newest_first: bool) -> None:
    plan = compile_query("x: 1 | sequence by u within 1m (a: 1) (b: 2)", newest_first=newest_first).plan
    assert plan["newest_first"] is False
    assert plan["columns"] == ["u", "a", "b"]
    filter_: Any = plan["filter"]
    assert [inner["op"] for inner in filter_["of"]] == ["exists", "has", "any"]


def test_after_head_the_order_of_the_search_stays() -> None:
    plan = compile_query("* | head 10 | transaction by u").plan
    assert (plan["newest_first"], plan["limit"]) == (True, 10)


def test_matches_are_given_as_they_are_found() -> None:
    root = compile_query("* | sequence by u within 1m (a: 1) (a: 2) | head 1").root()
    assert root.push_rows([Row(0, "o", 0, {"u": 1, "a": 1}, "x")]) == []
    assert len(root.push_rows([Row(1, "o", 1, {"u": 1, "a": 2}, "x")])) == 1
    assert root.is_done


def test_too_many_rows_to_put_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lakebed.query.stages.ordered.ORDERED_ROWS_MAX", 2)
    with pytest.raises(LimitError, match="`transaction` puts at most 2 rows in order"):
        answered("* | head 5 | transaction by u", [(n, {"u": 1}) for n in range(3)], newest_first=True)


def test_many_sequences_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lakebed.query.stages.sequence.SEQUENCE_KEYS_MAX", 10)
    query = "* | sequence by u within 5s (a: 1) (a: 2)"
    slowly = [(10 * n, {"u": n, "a": 1}) for n in range(100)] + [(991, {"u": 99, "a": 2})]
    rows, notes = answered(query, slowly)
    assert ([row["u"] for row in rows], notes) == ([99], []), "those whose time is over cost nothing"
    at_once = [(0, {"u": n, "a": 1}) for n in range(11)] + [(1, {"u": 0, "a": 2}), (1, {"u": 10, "a": 2})]
    rows, notes = answered(query, at_once)
    assert [row["u"] for row in rows] == [10]
    assert notes == ["more than 5 sequences were under way: the oldest were given up"]
    some_are_over = [(0, {"u": n, "a": 1}) for n in range(3)] + [(9, {"u": n, "a": 1}) for n in range(3, 11)]
    rows, again = answered(query, [*some_are_over, *((10, {"u": n, "a": 2}) for n in (0, 3, 5, 6, 10))])
    assert ([row["u"] for row in rows], again) == ([6, 10], notes)


def test_many_transactions_and_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lakebed.query.stages.transaction.TRANSACTIONS_MAX", 2)
    monkeypatch.setattr("lakebed.query.stages.transaction.TRANSACTION_VALUES_MAX", 2)
    events = [(n, {"u": u, "v": n}) for n, u in enumerate([1, 1, 1, 2, 3, 3])]
    rows, notes = answered("* | transaction by u fields v", events)
    assert [(row["u"], row["@q.count"], row["v"]) for row in rows] == [(1, 3, "[0,1]"), (2, 1, "[3]")]
    assert notes == [
        "fields with more than 2 values in a transaction show the first",
        "there are more than 2 transactions: the first ones are shown",
    ]


def test_rows_of_a_table_are_told() -> None:
    rows, notes = answered("* | head 5 | groupbycount(u) | transaction by u", [(0, {"u": 1})])
    assert (rows, notes) == ([], ["rows of a table have no event time and are left out"])
