"""Whatever stands in the files of a transform, it is a transform or an error of ours."""

from __future__ import annotations

import datetime
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakebed.errors import LakebedError
from lakebed.native import EngineTransform
from lakebed.transform.place import Place
from lakebed.transform.program import program_bytes
from lakebed.transform.reader import VERBS
from lakebed.transform.stix import parse_pattern
from lakebed.transform.threats import read_threats
from tests.transform.programs import compiled
from tests.transform.test_properties import EXAMPLES, toml

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)
PLACE = Place("t.toml")

words = st.sampled_from(
    ["a", "a.b", "", "*", "@lb.time", "a[0]", "a ' b", "ecs", "none.csv", "(", "\u2028", "a" * 50, "x..y"]
)
scalars = st.one_of(words, st.integers(), st.booleans(), st.text(max_size=5))
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=3)),
    max_leaves=5,
)
keys = st.sampled_from(
    [*VERBS, *sorted({option for _, options in VERBS.values() for option in options}), "when", "source_types", "x"]
)
steps = st.lists(st.dictionaries(keys, values, min_size=1, max_size=3), max_size=3)


def load(text: str | bytes) -> bool:
    """Whether it is a transform; the engine takes it then."""
    told = ""
    try:
        context = compiled(text)
    except LakebedError as error:
        told = str(error)
    if told:
        assert told.startswith("'t.toml'")
        return False
    EngineTransform(program_bytes(context), [(table.header, table.data) for table in context.tables])
    return True


@settings(max_examples=EXAMPLES)
@given(steps)
def test_random_steps(found: list[dict[str, Any]]) -> None:
    load(toml(found))


@settings(max_examples=EXAMPLES)
@given(st.one_of(st.text(max_size=200), st.binary(max_size=200)))
def test_random_text(text: str | bytes) -> None:
    if isinstance(text, str):
        text = text.encode("utf-8", "surrogatepass")
    assert not load(text) or b"step" in text


@pytest.mark.parametrize("verb", VERBS)
def test_random_values_of_each_verb(verb: str) -> None:
    @settings(max_examples=EXAMPLES // 10)
    @given(values)
    def check(value: object) -> None:
        load(toml([{verb: value}]))

    check()


objects = st.dictionaries(
    st.sampled_from(
        ["type", "pattern", "pattern_type", "revoked", "valid_until", "valid_from", "confidence", "name", "id"]
    ),
    st.one_of(
        values,
        st.sampled_from(
            ["indicator", "identity", "stix", "2026-01-01T00:00:00Z", "2026", "[url:value = 'http://a.b/']"]
        ),
        st.just(float("1e300")),
    ),
)


@settings(max_examples=EXAMPLES)
@given(
    st.one_of(
        st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.binary(max_size=200),
        st.text(alphabet='valueindicator,\n"#1.:a@[]/', max_size=100).map(lambda text: b"value,x\n" + text.encode()),
        st.lists(objects, max_size=4).map(lambda found: json.dumps({"type": "bundle", "objects": found}).encode()),
    )
)
def test_random_threats(data: bytes) -> None:
    told = ""
    try:
        found = read_threats(data, "bad.txt", PLACE, NOW)
    except LakebedError as error:
        told = str(error)
    if told:
        assert told.startswith("'t.toml': 'bad.txt'")
    else:
        assert sum(map(len, found.tables.values())) > 0


@settings(max_examples=EXAMPLES)
@given(st.text(alphabet="[]()'\\= ORANDurl:value.x", max_size=100))
def test_random_patterns(text: str) -> None:
    parse_pattern(text)


def test_long_texts_take_no_long_time(tmp_path: Path) -> None:
    """Each is one that a careless regular expression would take hours for."""
    long = 200_000
    texts = ["a" * long, "a." * long, "a@" + "b." * long + "@", "http://" + "a" * long + " ", "0" * long, "[.]" * long]
    data = "\n".join([*texts, "good.example"]).encode()
    found = read_threats(data, "bad.txt", PLACE, NOW)
    assert list(found.tables) == ["domain"]
    for text in ("[" * long, "[url:value = '" + "\\'" * long, "[url:value = 'a' OR " * (long // 10), "[" + " " * long):
        assert parse_pattern(text[:99_000]) is None
