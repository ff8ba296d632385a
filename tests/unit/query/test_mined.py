"""`patterns`, `fieldsummary` and `delta` beyond what scripts show: notes, odd events, merged partials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lakebed.model import Row
from lakebed.native import Fields, Patterns
from lakebed.query.compile import compile_query

if TYPE_CHECKING:
    import pytest


def answered(query: str, events: list[Any], **options: int) -> tuple[list[Any], list[str]]:
    """The rows and the notes."""
    root = compile_query(query, **options).root()  # type: ignore[arg-type] # only times are given
    rows = root.push_rows([Row(nth, "o", nth, event, "x") for nth, event in enumerate(events)])
    rows += root.finish()
    return rows, list(root.context.notes)


def test_patterns_that_are_not_shown_are_told() -> None:
    rows, notes = answered("* | patterns limit 2", [{"message": f"{word} here"} for word in ("a", "b", "c", "c")])
    assert [row["@q.pattern"] for row in rows] == ["c here", "a here"]
    assert notes == ["the 2 most frequent of 3 patterns are shown"]


def test_an_event_that_is_nested_too_deeply_is_told() -> None:
    deep: Any = "x"
    for _ in range(200):
        deep = [deep]
    rows, notes = answered("* | fieldsummary", [{"a": 1}, {"b": deep}])
    assert [(row["field"], row["coverage"]) for row in rows] == [("a", 0.5)]
    assert notes == ["1 events are nested too deeply to be read"]


def test_lone_surrogates_and_long_values() -> None:
    events = [{"a\ud800": "\udc00" * 3, "long": "x" * 1000}, {"a\ud800": "\udc00" * 3, "long": "x" * 999 + "y"}]
    rows, _ = answered("* | fieldsummary", events)
    found = {row["field"]: row for row in rows}
    assert found["a\ud800"]["min"] == "\udc00" * 3
    assert found["long"]["distinct"] == 2
    assert found["long"]["min"] == "x" * 256 + "…"
    patterns, _ = answered("* | patterns long", [{"long": "ä" * 5000}, {"long": "ä" * 6000}])
    assert [(row["@q.count"], row["@q.pattern"]) for row in patterns] == [(2, "ä" * 2048)]


def test_many_values_are_estimated_and_told() -> None:
    rows, notes = answered("* | fieldsummary id", [{"id": nth} for nth in range(5000)])
    assert abs(rows[0]["distinct"] - 5000) < 200
    assert notes == [
        "distinct values of 1 fields with more than 1000 are estimated: 95 % of such numbers are within 1.6 %",
        "counts of top values of such fields may be too low, by at most 3",
    ]


def test_delta_without_a_time_range_waits_for_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    events = [{"v": "old"}] * 5 + [{"v": "new"}] * 5
    rows, notes = answered("* | delta", events)
    assert [(row["value"], row["count_a"], row["count_b"]) for row in rows] == [("new", 0, 5), ("old", 5, 0)]
    assert notes == []
    monkeypatch.setattr("lakebed.query.stages.delta.DELTA_HELD_BYTES_MAX", 10)
    _, notes = answered("* | delta", events)
    assert notes == [
        "the search has no time range: the middle is that of the first events, as many as fit into memory",
    ]


def test_delta_says_when_there_is_nothing_to_compare() -> None:
    _, notes = answered("* | delta where x", [{"a": 1}])
    assert notes == ["nothing to compare: A has 1 rows and B has 0"]
    _, notes = answered("* | head 5 | groupbycount(a) | delta", [{"a": 1}])
    assert notes[0] == "rows of a table have no time and are in neither half: write `delta where …`"


def test_partials_merge_to_what_one_pass_gives() -> None:
    texts = [f"user {name} from 10.0.0.{nth}" for nth, name in enumerate(["eve", "bob", "al", "eve", "x"])]
    whole, left, right = Patterns(), Patterns(), Patterns()
    whole.push(msgspec.json.encode(texts))
    left.push(msgspec.json.encode(texts[3:]))
    right.push(msgspec.json.encode(texts[:3]))
    left.merge(right.partial())
    assert left.finish(9) == whole.finish(9)
    fields, first, second = Fields(), Fields(), Fields()
    events = [{"a": nth % 3, "b": {"c": nth}} for nth in range(9)]
    for nth, event in enumerate(events):
        fields.push(msgspec.json.encode(event), nth % 2)
        (first if nth < 5 else second).push(msgspec.json.encode(event), nth % 2)
    second.merge(first.partial())
    assert (second.summary(), second.delta(50)) == (fields.summary(), fields.delta(50))


def test_what_a_part_gave_up_is_told_of_the_whole() -> None:
    """A value that a part counted twice and gave up, as a thousand others came three times, is counted anew later."""
    first, second = Fields(), Fields()
    ids = [nth for nth in range(1000) for _ in range(3)] + [5000, 5000] + list(range(2000, 3000))
    first.push(b"\n".join(msgspec.json.encode({"id": one}) for one in ids))
    second.push(b"\n".join(msgspec.json.encode({"id": one}) for one in [5000] * 5 + list(range(6000, 6100))))
    for whole, part in ((Fields(), first), (second, first)):
        whole.merge(part.partial())
        answer = msgspec.json.decode(whole.summary())
        assert answer["notes"][1] == "counts of top values of such fields may be too low, by at most 2"
    _, count, distinct, _, _, _, top = answer["rows"][0]
    assert count == len(ids) + 105
    assert abs(distinct / 2101 - 1) < 0.04
    assert msgspec.json.decode(top)[0] == [5000, 5]


def test_different_values_of_two_parts_are_estimated_together() -> None:
    first, second = Fields(), Fields()
    for part, start in ((first, 0), (second, 1500)):
        part.push(b"\n".join(msgspec.json.encode({"id": one}) for one in range(start, start + 1500)))
    first.merge(second.partial())
    assert abs(msgspec.json.decode(first.summary())["rows"][0][2] / 3000 - 1) < 0.04
