"""Completion: what may stand at the cursor, at every place of a query."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lakebed
from lakebed.query.complete import OPERATORS, SUGGESTIONS_MAX, Completion, Suggestion, complete
from lakebed.query.complete_place import COMPLETED_CHARACTERS_MAX
from lakebed.query.functions import FUNCTIONS
from lakebed.query.sample_fields import SEGMENTS_LOOKED_AT, FieldFacts, FieldSample, ValueSample
from lakebed.query.scalar_functions import scalar_functions
from lakebed.query.stages import STAGES
from tests.logs import event, write_log

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lakebed.model import Scalar

SECONDS_MAX = 1.0
"""One completion of the queries here, on a slow machine."""


class Made:
    """A source of three fields."""

    def fields(self, indexes: Sequence[str] | None) -> FieldSample:
        fields = {
            "userName": FieldFacts({"text": 90}),
            "status": FieldFacts({"number": 100}),
            "tags[*].name": FieldFacts({"text": 50}),
            "two words": FieldFacts({}),
        }
        return FieldSample(fields, 100)

    def values(self, name: str, indexes: Sequence[str] | None) -> ValueSample:
        if name == "many":
            return ValueSample([(f"v{n}", 1) for n in range(500)], 500)
        known: dict[str, list[Scalar]] = {
            "userName": ["alice", "al b", "o'x", "5", "and"],
            "status": [200, 404.5, True],
        }
        found = known.get(name, [])
        return ValueSample([(value, 10 - place) for place, value in enumerate(found)], 100, name != "status")

    def indexes(self) -> list[str]:
        return ["audit", "web"]


def at(marked: str) -> Completion:
    """Completes at the `^` of a text."""
    cursor = marked.index("^")
    return complete(marked.replace("^", ""), cursor, Made())


def texts(marked: str) -> list[str]:
    return [one.text for one in at(marked).suggestions]


def kinds(marked: str) -> set[str]:
    return {one.kind for one in at(marked).suggestions}


QUERIES = [
    "",
    "error",
    'a: x AND (b = "c d" or not c > 5) `two words`: * | where d ~ /x[0-9]+/i | head 5',
    "@index=(web audit) ip in (10.0.0.0/8 fd00::/8) | groupbycount(a, b) | where @q.count > 3",
    "* | stats sum(a.b) as n, percentile(95, c), d by e, f | sort -n | table(n, e)",
    '* | eval x = if(a > 5 and b == "y", string.lower(c) , null), y = -x * (2 + 3) | rename x as z',
    "user = (a b or (c and not d)) status != 5 # a comment\n| timechart span=5m limit=3 count() by host",
    "a:'x",
    "a ~ /x",
    "a == b | | cuont x",
    ") ( ] | } {",
    "\\q \ud800 a\\",
    "* | union (error | head 5) | join x (a: b | count)",
]


@pytest.mark.parametrize("query", QUERIES)
def test_every_place_is_answered_in_time(query: str) -> None:
    for cursor in range(-1, len(query) + 2):
        started = time.monotonic()
        found = complete(query, cursor, Made())
        assert time.monotonic() - started < SECONDS_MAX
        assert len(found.suggestions) <= SUGGESTIONS_MAX
        assert found.start <= found.end
        assert len(set(found.suggestions)) == len(found.suggestions)


@given(st.text(alphabet="ab :=()|,'\"`/~!<>*#\\.-@[]\n", max_size=40), st.integers(0, 40))
@settings(max_examples=500, deadline=None)
def test_any_text_is_answered(text: str, cursor: int) -> None:
    found = complete(text, cursor, Made())
    assert 0 <= found.start <= found.end


def test_a_long_query_is_answered_in_time() -> None:
    text = "a: b " * (COMPLETED_CHARACTERS_MAX // 5)
    for cursor in (len(text) - 1, COMPLETED_CHARACTERS_MAX, 10):
        started = time.process_time()  # on a busy machine the clock on the wall says nothing
        complete(text, cursor, Made())
        assert time.process_time() - started < SECONDS_MAX
    assert complete(text + "x" * 100, len(text) + 100, Made()).suggestions == ()


def test_a_field() -> None:
    assert at("error AND (us^") == Completion(
        11,
        13,
        (
            Suggestion("userName", "field", "text, in 90% of events"),
            Suggestion("status", "field", "number, in 100% of events"),
        ),
    )


def test_the_most_frequent_fields_come_first() -> None:
    fields = [one.text for one in at("a and ^").suggestions if one.kind == "field" and not one.text.startswith("@")]
    assert fields == ["status", "userName", "tags[*].name", "`two words`"]


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("sta^", ["status"]),
        ("a sta^tus: 5", ["status"]),
        ("not tags^", ["tags[*].name"]),
        ("tw^", ["`two words`"]),
        ("`tw^", ["`two words`"]),
        ("userName: ^", ["alice", "'al b'", "'o\\'x'", "'5'", "'and'"]),
        ("userName: al^", ["alice", "'al b'"]),
        ("userName: 'al^", ["'alice'", "'al b'"]),
        ('userName = "al^', ['"alice"', '"al b"']),
        ("userName = (x al^", ["alice", "'al b'"]),
        ("a or (userName: al^) b", ["alice", "'al b'"]),
        ("* | where userName = al^", ["alice", "'al b'"]),
        ("status > ^", ["200", "404.5", "true"]),
        ("status: 20^", ["200"]),
        ("@index=^", ["audit", "web"]),
        ("@index=(web ^", ["audit", "web"]),
        ("* | groupbycount(userName) | where @q^", ["@q.count"]),
        ("* | groupbycount(tags^", ["tags[0].name"]),
        ("* | stats countd^", ["countdistinct("]),
        ("* | stats count() as n by userN^", ["userName"]),
        ("* | stats sum(a) ^", ["as", "by", "|", ","]),
        ("* | eval x = string.low^", ["string.lower("]),
        ("* | eval x = status + userN^", ["userName"]),
        ("* | eval x = if(a > 5, userN^", ["userName"]),
        ("* | timecha^", ["timechart"]),
        ("path ~ ^", []),
        ("path ~ /us^", []),
        ("error # us^", []),
        ("nothing: ^", []),
        ("* | head ^", ["("]),
        ("'us^", []),
    ],
)
def test_what_may_stand_there(marked: str, expected: list[str]) -> None:
    assert texts(marked) == expected


def test_stages_and_functions_come_from_their_lists() -> None:
    assert texts("* | ^") == sorted(STAGES)
    assert [one for one in texts("* | stats ^") if one.endswith("(")][: len(FUNCTIONS)] == [
        f"{name}(" for name in sorted(FUNCTIONS)
    ]
    assert set(texts("* | eval x = string.^")) == {
        f"{name}(" for name in scalar_functions() if name.startswith("string.")
    }
    head = next(one for one in at("* | ^").suggestions if one.text == "head")
    assert head == Suggestion(
        "head", "stage", "", "`head 10`, `head(10)` or `limit 10`: the first 10 rows, then the search stops."
    )


def test_after_a_word_come_operators_and_what_joins() -> None:
    assert texts("status ^")[: len(OPERATORS)] == list(OPERATORS)
    assert {"and", "or", "|"} <= set(texts("status ^"))
    assert "operator" not in kinds("status: 5 ^")
    assert kinds("a and ^") == {"field", "keyword"}


def test_a_cut_list_says_so() -> None:
    cut = at("many: ^")
    assert (len(cut.suggestions), cut.is_complete) == (SUGGESTIONS_MAX, False)
    assert at("userName: ^").is_complete
    part = at("status: ^")
    assert (part.is_complete, part.note) == (False, "values in the newest 100 events")


def test_an_error_before_the_cursor_is_told() -> None:
    assert at("* | cuont | ^") == Completion(
        12, 12, note='the query is wrong before this place: unknown stage "cuont": did you mean "count"?'
    )


def test_a_lake(tmp_path: Path) -> None:
    lake = lakebed.open(tmp_path / "lake")
    assert [one.text for one in lake.complete("* | tab").suggestions] == ["table"]
    assert lake.complete("us").suggestions == ()
    for day in range(SEGMENTS_LOOKED_AT):
        events = [event(day * 86_400 + n, user=f"u{day}", n=n, deep={"x": [1]}) for n in range(10)]
        lake.index(write_log(tmp_path / f"{day}.json", events), into="web")
    assert lake.complete("use") == Completion(0, 3, (Suggestion("user", "field", "text, in 100% of events"),))
    found = lake.complete("user: ")
    assert found.is_complete
    assert {(one.text, one.detail) for one in found.suggestions} == {
        (f"u{day}", "10 events") for day in range(SEGMENTS_LOOKED_AT)
    }
    assert [one.text for one in lake.complete("user: ", since="2026-01-02", until="2026-01-03").suggestions] == ["u1"]
    assert lake.complete("user: x", 3) == Completion(0, 4, lake.complete("use").suggestions)
    lake.index(write_log(tmp_path / "more.json", [event(9 * 86_400, user="new")]), into="web")
    assert not lake.complete("user: ").is_complete
    assert lake.complete("user: ").note == "values in the newest 31 events"
    assert not lake.complete("use").is_complete
