"""Random transforms over random events: no event is lost without a word, and values are those that queries compute."""

from __future__ import annotations

import json
import os
from typing import Any

from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from lakebed.errors import LakebedError
from lakebed.ingest.parsed import ParsedObject
from lakebed.ingest.settings import SourceSettings, Transform
from lakebed.model import decode_json
from lakebed.native import EngineTransform
from lakebed.query.cursor import Cursor
from lakebed.query.evaluate import Evaluator
from lakebed.query.expression import ColumnRef, ColumnsRef
from lakebed.query.expression_parser import parse_expression
from lakebed.query.expression_printer import print_expression
from lakebed.query.record import Record
from lakebed.query.syntax import Star
from lakebed.transform.program import program_bytes
from tests.generators.events import event_lines
from tests.generators.expressions import expressions
from tests.transform.programs import compiled

EXAMPLES = int(os.environ.get("LAKEBED_TEST_EXAMPLES", "300"))
random_programs = settings(
    max_examples=EXAMPLES, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)

NAMES = [
    "a",
    "b",
    "name",
    "user",
    "x.y",
    "user.name",
    "a.b",
    "two words",
    "user[0]",
    "message",
    "time",
    "new",
    "new.er",
]
names = st.sampled_from(NAMES)
targets = st.sampled_from([name for name in NAMES if "[" not in name])
patterns = st.sampled_from([*NAMES, "*", "**", "user.*", "*[*]", "*.name", "**b"])
columns = st.one_of(names.map(ColumnRef), names.map(ColumnRef), st.just(ColumnsRef(("user[", Star.ONE, "]"))))
conditions = expressions(names.map(ColumnRef), exact=True).map(print_expression)
values = st.one_of(conditions, columns.map(print_expression))


def verb(name: str, value: st.SearchStrategy[Any], **options: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({name: value}, optional={**options, "when": conditions})


into = st.one_of(targets, st.just(""))
steps_that_hide = st.one_of(
    verb("drop", st.lists(patterns, min_size=1, max_size=2)),
    verb("mask", st.lists(patterns, min_size=1, max_size=2), regex=st.sampled_from(["[a-z]+", "[0-9]"])),
)
steps_that_change = st.one_of(
    verb("parse_json", names, into=into),
    verb("parse_key_value", names, into=into),
    verb("unwrap", names),
    verb("rename", st.dictionaries(names, targets, min_size=1, max_size=2)),
    verb("set", st.dictionaries(targets, values, min_size=1, max_size=2)),
)
steps_that_choose = st.one_of(verb("keep", conditions), verb("discard", conditions))
split = verb("split", names, lift=st.booleans())


def toml(steps: list[dict[str, Any]]) -> str:
    return "".join(
        "[[step]]\n" + "".join(f"{key} = {toml_value(value)}\n" for key, value in step.items()) for step in steps
    )


def toml_value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml_value(key)} = {toml_value(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def transformed(steps: list[dict[str, Any]], lines: list[str]) -> ParsedObject:
    """The lines with the transform that is to be run over them."""
    return parsed(lines, Transform(EngineTransform(program_or_reject(steps))))


def program_or_reject(steps: list[dict[str, Any]]) -> bytes:
    """What the steps become; what is no transform, such as one with a bad constant, is no example."""
    try:
        return program_bytes(compiled(toml(steps)))
    except LakebedError:
        reject()


def parsed(lines: list[str], transform: Transform | None = None) -> ParsedObject:
    text = "".join(line + "\n" for line in lines).encode("utf-8", "surrogatepass")
    return ParsedObject("file:///a", [text], SourceSettings(format="json", transform=transform), modified_ns=0)


def found(one: ParsedObject) -> list[tuple[Any, str]]:
    """Each event with why it is as it came; empty when it is not."""
    return [(decode_json(event.json), event.metadata.get("@lb.parse_error", "")) for event in one]


lines_of_events = st.lists(event_lines(), max_size=5)


@random_programs
@given(st.lists(st.one_of(steps_that_change, steps_that_hide, steps_that_choose), max_size=4), lines_of_events)
def test_every_event_is_there_or_counted(steps: list[dict[str, Any]], lines: list[str]) -> None:
    one = transformed(steps, lines) if steps else parsed(lines)
    events = found(one)
    report = one.report
    assert len(events) == report.events
    assert report.events + report.discarded == len(found(parsed(lines)))
    assert sum(why.startswith("transform: step ") for _, why in events) == report.transform_errors
    if not any("keep" in step or "discard" in step for step in steps):
        assert report.discarded == 0


@random_programs
@given(st.lists(steps_that_change, min_size=1, max_size=4), lines_of_events)
def test_an_event_that_cannot_be_transformed_is_as_it_came(steps: list[dict[str, Any]], lines: list[str]) -> None:
    events, plain = found(transformed(steps, lines)), found(parsed(lines))
    assert len(events) == len(plain)
    assert [event for event, why in events if why] == [
        before for (before, _), (_, why) in zip(plain, events, strict=True) if why
    ]


@random_programs
@given(st.lists(st.one_of(steps_that_change, split), min_size=1, max_size=4), lines_of_events)
def test_a_split_gives_at_least_one_event_of_each(steps: list[dict[str, Any]], lines: list[str]) -> None:
    one = transformed(steps, lines)
    events = found(one)
    assert (len(events), one.report.discarded) == (one.report.events, 0)
    assert len(events) >= len(found(parsed(lines)))


@random_programs
@given(conditions, lines_of_events)
def test_what_keep_leaves_out_is_what_discard_leaves(condition: str, lines: list[str]) -> None:
    kept = transformed([{"keep": condition}], lines)
    left = transformed([{"discard": condition}], lines)
    events = found(parsed(lines))
    assert sorted(map(repr, found(kept) + found(left))) == sorted(map(repr, events))
    assert (kept.report.discarded, left.report.discarded) == (left.report.events, kept.report.events)


@random_programs
@given(values, lines_of_events)
def test_set_gives_the_values_of_eval(expression: str, lines: list[str]) -> None:
    events = found(transformed([{"set": {"@new": expression}}], lines))
    plain = [event for event, _ in found(parsed(lines))]
    evaluator = Evaluator(parse_expression(Cursor(expression)))
    expected = evaluator.values([Record.of_table(_flat(event)) for event in plain])
    for (event, why), before, value in zip(events, plain, expected, strict=True):
        assert why == ""
        made = event.pop("@new", None)
        assert event == before
        if isinstance(made, list):
            assert isinstance(value, str)
            assert made == decode_json(value.encode())
        else:
            assert repr(made) == repr(None if value == "[]" else value)


def _flat(event: Any) -> Any:
    """The columns; of several of one name the first counts."""
    from lakebed.query.values import flatten

    columns: dict[str, Any] = {}
    for name, value in flatten(event):
        columns.setdefault(name, value)
    return columns
