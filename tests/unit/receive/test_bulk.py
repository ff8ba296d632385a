"""Pairs of actions and documents, each answered for itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakebed.serve.receive.bulk import (
    NO_INDEX,
    NOT_JSON,
    ONLY_ADDS,
    TOO_LONG,
    Action,
    BulkError,
    answer_item,
    bulk_actions,
)
from tests.unit.receive.reading import ARRIVAL

A = ARRIVAL


def actions(body: bytes, index: str | None = None) -> list[Action]:
    return list(bulk_actions(body, ARRIVAL, 100, index))


@pytest.mark.parametrize(
    ("body", "index", "expected"),
    [
        (
            b'{"create":{"_index":"logs","_id":"1"}}\n{"@timestamp":"2026","m":1.50}\n',
            None,
            [
                Action(
                    "create",
                    "logs",
                    "1",
                    b'{"@timestamp":"2026","m":1.50}',
                    b'{"@timestamp":"2026","m":1.50,"_index":"logs","_id":"1"}',
                )
            ],
        ),
        (
            b'{"index":{}}\r\n{"m":1}\r\n\n{ "index" : { "_id": 5, "_type": "doc" } }\n{}',
            "web",
            [
                Action("index", "web", None, b'{"m":1}', b'{"m":1,"eventTime":' + A + b',"_index":"web"}'),
                Action("index", "web", "5", b"{}", b'{"eventTime":' + A + b',"_index":"web","_id":"5"}'),
            ],
        ),
        (
            (
                b'{"delete":{"_index":"a","_id":"x"}}\n{"update":{"_index":"a","_id":"x"}}\n{"doc":{}}\n'
                b'{"index":{"_index":"a"}}\n[1]\n{"index":{"_index":"a"}}\n{"a":\n{"index":{}}\n{}\n'
            ),
            None,
            [
                Action("delete", "a", "x", refusal=ONLY_ADDS),
                Action("update", "a", "x", refusal=ONLY_ADDS),
                Action("index", "a", None, refusal=NOT_JSON),
                Action("index", "a", None, refusal=NOT_JSON),
                Action("index", "", None, refusal=NO_INDEX),
            ],
        ),
        (
            b'{"index":{"_index":"a"}}\n{"x":"' + b"y" * 100 + b'"}\n',
            None,
            [Action("index", "a", None, refusal=TOO_LONG)],
        ),
        (b"", None, []),
    ],
)
def test_actions(body: bytes, index: str | None, expected: list[Action]) -> None:
    assert actions(body, index) == expected


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"nope\n{}\n", "Malformed action/metadata line [1], expected an object with an action"),
        (
            b'{"index":{"_index":"a"}}\n{}\n{"what":{}}\n',
            "Malformed action/metadata line [3], expected one of [create, delete, index, update]",
        ),
        (
            b'{"index":{},"create":{}}\n{}\n',
            "Malformed action/metadata line [1], expected one of [create, delete, index, update]",
        ),
        (b'{"index":[]}\n{}\n', "Malformed action/metadata line [1], expected an object with an action"),
        (b'{"index":{"_index":"a"}}', "line [1]: the document that belongs to the action is missing"),
    ],
)
def test_a_body_that_cannot_be_cut(body: bytes, message: str) -> None:
    with pytest.raises(BulkError) as caught:
        actions(body)
    assert str(caught.value) == message


def test_answers() -> None:
    (kept, refused) = actions(b'{"create":{"_index":"a","_id":"1"}}\n{}\n{"delete":{"_index":"a","_id":"2"}}\n')
    assert answer_item(kept) == {
        "create": {
            "_index": "a",
            "_id": "1",
            "_version": 1,
            "result": "created",
            "_shards": {"total": 1, "successful": 1, "failed": 0},
            "_seq_no": 0,
            "_primary_term": 1,
            "status": 201,
        }
    }
    assert answer_item(refused) == {
        "delete": {
            "_index": "a",
            "_id": "2",
            "status": 400,
            "error": {
                "type": "illegal_argument_exception",
                "reason": "only write ops with an op_type of create or index are allowed",
            },
        }
    }


@given(
    st.lists(
        st.sampled_from(
            [b'{"index":{"_index":"a"}}', b'{"create":{}}', b"{}", b"[", b"\0", b'{"a":1}', b'{"delete":{}}']
        )
    )
)
def test_any_lines_are_actions_or_an_error(parts: list[bytes]) -> None:
    try:
        found = actions(b"\n".join(parts))
    except BulkError:
        return
    for action in found:
        assert (action.refusal is None) == bool(action.line)
        assert b"\n" not in action.line
