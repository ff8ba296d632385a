"""The root part as a caller drives it."""

from __future__ import annotations

import pytest

from lakebed.model import JsonValue, Row, Table
from lakebed.query.compile import compile_query


def row(number: int, **event: JsonValue) -> Row:
    return Row(number, "file:///o.json", number, {"id": number, **event}, "logs")


def test_rows_stream_through() -> None:
    root = compile_query("error").root()
    assert root.push_rows([row(2), row(1)]) == [row(2), row(1)]
    assert not root.is_done
    assert root.finish() == []


def test_head_says_when_it_has_enough() -> None:
    root = compile_query("* | head 2").root()
    batches = [[row(5)], [row(4), row(3)], [row(2)]]
    answers = [(root.push_rows(batch), root.is_done) for batch in batches]
    assert answers == [([row(5)], False), ([row(4)], True), ([], True)]


def test_each_root_starts_afresh() -> None:
    query = compile_query("* | head 1")
    for _ in range(2):
        assert query.root().push_rows([row(2), row(1)]) == [row(2)]


def test_table_keeps_the_place_of_a_row() -> None:
    root = compile_query("* | table(b, id, @index)").root()
    found = Row(7, "file:///o.json", 3, {"id": 1}, "logs")
    shown = Row(7, "file:///o.json", 3, {"b": None, "id": 1, "@index": "logs"}, "logs")
    (passed,) = root.push_rows([found])
    assert passed == shown
    assert isinstance(passed, Row)
    assert list(passed.event) == ["b", "id", "@index"]


def test_an_aggregate_takes_one_table() -> None:
    query = compile_query("* | stats sum(x) as total by a, b | where total > 1 | head 1")
    root = query.root()
    root.push_table(Table([["q", 1, 1, 9], ["r", 2, 7, 3], ["p", 1, 5, 2]]))
    assert root.finish() == [{"a": "r", "b": 2, "@q.count": 3, "total": 7}]


def test_rows_that_end_in_a_table() -> None:
    query = compile_query("* | head 3 | groupbycount(k)")
    assert (query.is_aggregate, query.gives_table) == (False, True)
    root = query.root()
    assert root.push_rows([row(3, k="x"), row(2, k="y"), row(1, k="x")]) == []
    assert root.is_done
    assert root.finish() == [{"k": "x", "@q.count": 2}, {"k": "y", "@q.count": 1}]


def test_the_order_of_rows_goes_on_from_batch_to_batch() -> None:
    root = compile_query("* | head 9 | stats first(k), last(k), list(k)").root()
    for batch in ([(1, "b"), (2, "c"), (2, "y")], [(2, "a"), (3, "d")], [(3, "x"), (4, "e")]):
        root.push_rows([row(number, k=one) for number, one in batch])
    listed = '["b","a","c","y","d","x","e"]'
    assert root.finish() == [{"@q.count": 7, "first(k)": "b", "last(k)": "e", "list(k)": listed}]


def test_unroll_says_when_it_leaves_elements_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lakebed.query.stages.unroll.UNROLL_ELEMENTS_MAX", 2)
    root = compile_query("* | unroll k | table(k)").root()
    found = [one.event["k"] for one in root.push_rows([row(0, k=[1, 2]), row(1, k=[3, 4, 5])]) if isinstance(one, Row)]
    assert found == [1, 2, 3, 4]
    assert list(root.context.notes) == ["`unroll k` made 2 rows of one, it has more elements"]
    root = compile_query("* | unroll k").root()
    assert len(root.push_rows([row(0, k=[1, 2]), row(1, k="[3, 4]")])) == 4
    assert list(root.context.notes) == []


def test_a_run_is_used_once() -> None:
    root = compile_query("*").root()
    root.finish()
    with pytest.raises(AssertionError, match="used once"):
        root.finish()


def test_tables_keep_exact_numbers() -> None:
    table = Table.from_json(b'{"rows": [[123456789012345678901234567890, 0.1, 2.50, null, true, 1]]}')
    assert [str(value) for value in table.rows[0]] == [
        "123456789012345678901234567890",
        "0.1",
        "2.50",
        "None",
        "True",
        "1",
    ]
