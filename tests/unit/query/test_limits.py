"""Hostile query text gives an error at a place, never a crash, a hang or a full stack."""

from __future__ import annotations

import inspect
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakebed.errors import QueryError
from lakebed.query.compile import PLAN_DEPTH_MAX, compile_query
from lakebed.query.cursor import NESTING_MAX, QUERY_CHARACTERS_MAX
from lakebed.query.parser import parse_query
from lakebed.query.plan import depth_of


def error_of(text: str) -> QueryError:
    with pytest.raises(QueryError) as caught:
        compile_query(text)
    return caught.value


def test_a_query_of_a_megabyte_is_refused() -> None:
    error = error_of("error " * 200_000)
    assert error.message == "the query has 1200000 characters, the limit is 262144"
    assert (error.line, error.column) == (1, 1)
    assert len(str(error)) < 2_000_000


def test_a_query_at_the_limit_is_read() -> None:
    text = " ".join(f"{number:x}" for number in range(0x10000, 0x10000 + QUERY_CHARACTERS_MAX // 6))
    started = time.monotonic()
    words = compile_query(text).plan_bytes().count(b'"has"')
    assert words == QUERY_CHARACTERS_MAX // 6
    assert compile_query("ab " * (QUERY_CHARACTERS_MAX // 3)).plan_bytes().count(b'"has"') == 1
    assert time.monotonic() - started < 60


@pytest.mark.parametrize("start", ["", "a: (", "* | where ", "a or not b: ("])
@pytest.mark.parametrize("opening", ["(", "not ", "(not ", "((not ("])
def test_deep_nesting_is_refused(start: str, opening: str) -> None:
    text = start + opening * 10_000
    error = error_of(text)
    assert error.message == f"the query is nested deeper than {NESTING_MAX} levels"


def test_nesting_up_to_the_limit_is_read_with_little_stack() -> None:
    text = "(" * NESTING_MAX + "a" + ")" * NESTING_MAX
    before = sys.getrecursionlimit()
    try:
        sys.setrecursionlimit(_stack_depth() + 500)
        assert str(parse_query(text)) == "a"
    finally:
        sys.setrecursionlimit(before)


def _stack_depth() -> int:
    return len(inspect.stack(0))


def test_a_plan_that_is_too_deep_is_refused() -> None:
    text = "a"
    for level in range(60):
        text = f"(b or {text})" if level % 2 else f"(c {text})"
    error = error_of(text)
    assert error.message == "the filter is nested too deeply to run"


def test_a_deep_plan_within_the_limit_is_compiled() -> None:
    text = "a"
    for _ in range(15):
        text = f"(b or (c {text}))"
    assert depth_of(compile_query(text).plan) <= PLAN_DEPTH_MAX


@pytest.mark.parametrize("opening", ['"', "'", "`", "a: '", 'a = "x\\"', "a ~ /", "a ~ /\\/"])
def test_what_is_never_closed_is_pointed_at(opening: str) -> None:
    text = opening + "x" * 50_000
    error = error_of(text)
    assert "never closed" in error.message
    assert error.start < len(opening)


def test_long_tokens_are_shortened_in_errors() -> None:
    error = error_of("a > " + "x" * 10_000)
    assert error.message == f'expected a number or a time after ">", found "{"x" * 40}…"'


@settings(max_examples=2_000, deadline=None)
@given(st.text(max_size=60))
def test_any_text_parses_or_gives_an_error(text: str) -> None:
    assert_parses_or_points_at_a_place(text)


@settings(max_examples=2_000, deadline=None)
@given(st.text(alphabet="ab:=<>!~()|,{}'\"`\\*#/.@-5 \n", max_size=40))
def test_any_symbols_parse_or_give_an_error(text: str) -> None:
    assert_parses_or_points_at_a_place(text)


def assert_parses_or_points_at_a_place(text: str) -> None:
    try:
        compile_query(text)
    except QueryError as caught:
        error = caught
    else:
        return
    assert 0 <= error.start <= len(text)
    assert error.start < error.end
    assert str(error)


@pytest.mark.parametrize(
    "text",
    ["\0", "a\0b", "\U0001f600", r"'\ud83d\ude00'", "a: \x7f", "a\u00a0b", "\ufeff", "a\r\nb", "\x1b[0m"],
)
def test_strange_characters(text: str) -> None:
    assert parse_query(str(parse_query(text))) == parse_query(text)


@pytest.mark.parametrize("text", ["\ud800", "a: '\udfff'"])
def test_half_a_character_is_refused(text: str) -> None:
    error = error_of(text)
    assert error.message == "the query holds half a character: a surrogate without its pair"


@pytest.mark.parametrize("escape", [r"'\ud800'", r"'\udc00'", r"'\ud800x'", r"'\u12'"])
def test_an_escape_of_half_a_character_is_refused(escape: str) -> None:
    error = error_of(escape)
    assert error.message == 'unknown escape "\\u": write "\\\\" for a backslash'
