"""Random events. Words, columns and values come from small pools, so that random queries hit random events often
enough to tell right from wrong."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from tests.events import Num
from tests.generators.values import HALF_A_CHARACTER
from tests.generators.values import TEXTS as MEANINGFUL

HOSTILE = ["and", "by", "not", "true", "min", "count", "5", "-x", "it's", 'q"q', "b`t", "a*", "ü ä", "a-1", "in"]
"""Names that have to be quoted somewhere, or mean something else there."""

KEYS = [*["a", "b", "name", "user", "x.y", "two words"] * 3, *HOSTILE]
TEXTS = [
    "error",
    "Error",
    "failed login",
    "user-admin_1",
    "10.1.2.3",
    "::ffff:10.1.2.3",
    "2001:db8::1",
    "2026-01-01T00:00:00Z",
    "2026-01-01 02:00:00.5+02:00",
    "C:\\Windows\\x.exe",
    "a*b",
    "",
    "5",
    "1e3",
    "true",
    'it\'s "quoted" `so`',
    "ünïcode Ä",
    "/var/log",
    "-x",
]
NUMBERS = ["0", "5", "5.0", "-3", "1e3", "1000", "0.1", "9007199254740993", "1e-7", "2.50"]
TIMES = ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5Z", "2026-01-01T00:40:00Z", "2026-01-04T12:00:00+02:00"]
MEANINGFUL_OF_EVENTS = [text for text in MEANINGFUL if text != HALF_A_CHARACTER]
METADATA = ["@lb.time", "@lb.time_ns", "@lb.record", "@lb.source_type", "@scnr.datetime"]

scalars = st.one_of(
    st.sampled_from(TEXTS),
    st.sampled_from(MEANINGFUL_OF_EVENTS),
    st.sampled_from(NUMBERS).map(Num),
    st.booleans(),
    st.none(),
)
values_of_events = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=3)),
    max_leaves=6,
)


small_numbers = st.integers(-3, 3).map(lambda number: Num(str(number)))
frequent_numbers = st.one_of(small_numbers, st.sampled_from(NUMBERS).map(Num), values_of_events)
frequent_texts = st.one_of(st.sampled_from(TEXTS), st.sampled_from(MEANINGFUL_OF_EVENTS), values_of_events)
frequent = {"b": frequent_numbers, "name": frequent_texts, "x.y": frequent_texts}
event_objects = st.builds(
    lambda often, seldom: {**seldom, **often},
    st.fixed_dictionaries(
        {}, optional={"a": frequent_numbers, "b": frequent_numbers, "name": frequent_texts, "x.y": frequent_texts}
    ),
    st.dictionaries(st.sampled_from(KEYS), values_of_events, max_size=3),
)


@st.composite
def event_lines(draw: st.DrawFn) -> str:
    """One event as a JSON line; some have a time of their own."""
    event = draw(event_objects)
    if draw(st.booleans()):
        event["time"] = draw(st.sampled_from(TIMES))
    return to_json(event)


@st.composite
def events(draw: st.DrawFn, most: int) -> tuple[str, ...]:
    """Lines of several events, of times that are often equal, or all of their own."""
    count = draw(st.sampled_from([*range(1, most + 1), *range(most // 2, most + 1), 0]))
    if draw(st.booleans()):
        return tuple(draw(event_lines()) for _ in range(count))
    seconds = draw(st.permutations(range(count)))
    return tuple(to_json({**draw(event_objects), "time": f"2026-01-01T00:00:{second:02}.5Z"}) for second in seconds)


def to_json(value: Any) -> str:
    """JSON text in which numbers stand as they were written."""
    if isinstance(value, Num):
        return value.text
    if isinstance(value, dict):
        pairs = [f"{json.dumps(key)}: {to_json(inner)}" for key, inner in value.items()]
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(to_json, value)) + "]"
    return json.dumps(value)
