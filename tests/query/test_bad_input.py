"""Bad input: an error that says where, or a documented null; never a crash, a hang, or a silently wrong number.

Texts that are wrong in one line stand in errors.qtest; here is what a script cannot say: sizes, times, strange
characters and random damage. Hostile values are in test_bad_values.py.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lakebed.errors import LakebedError, QueryError
from lakebed.query.compile import compile_query
from lakebed.query.cursor import COLUMNS_NAMED_MAX, NESTING_MAX
from lakebed.query.expression import EXPRESSION_DEPTH_MAX
from lakebed.query.expression_check import MESSAGE_CHARACTERS_MAX
from lakebed.safe_text import safe_text
from tests.qtest import read_script
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakebed.api import Lake

SECONDS_MAX = 20.0
"""Any of these takes less than one second on a machine that does nothing else; test machines do."""

SCRIPTS = sorted(Path(__file__).parent.rglob("*.qtest"))

MANY_DEEP = 10_000


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("one"), ['"x"'])


@pytest.fixture
def lake(one: World) -> Lake:
    return one.lake


@pytest.fixture(autouse=True)
def is_quick() -> Iterator[None]:
    started = time.monotonic()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    assert time.monotonic() - started < SECONDS_MAX


def error_of(text: str) -> QueryError:
    with pytest.raises(QueryError) as caught:
        compile_query(text)
    return caught.value


def refusal(lake: Lake, text: str) -> LakebedError | None:
    """Why a query is refused; None when it can be run."""
    try:
        lake.explain(text)
    except LakebedError as error:
        return error
    return None


# -- nesting and size -----------------------------------------------------------------------------------------------
IN_EXPRESSION = f"the expression is nested deeper than {EXPRESSION_DEPTH_MAX} levels"
IN_QUERY = f"the query is nested deeper than {NESTING_MAX} levels"


@pytest.mark.parametrize("levels", [EXPRESSION_DEPTH_MAX + 1, 60, MANY_DEEP])
@pytest.mark.parametrize(
    "place", ["* | eval x = {}", "* | stats sum(n + {})", "* | stats count() by n + {}", "* | union (* | eval x = {})"]
)
@pytest.mark.parametrize(
    ("opening", "closing"), [("(", ")"), ("math.abs(", ")"), ("- ", ""), ("-", ""), ("if(n, ", ")")]
)
def test_deep_expressions_are_refused(place: str, opening: str, closing: str, levels: int) -> None:
    text = place.format(opening * levels + "n" + closing * levels)
    error = error_of(text)
    assert error.message == IN_EXPRESSION
    start = place.index("{") + EXPRESSION_DEPTH_MAX * len(opening)
    assert (error.start, error.text[start : error.end]) == (start, opening.rstrip(" n,(") or "(")


@pytest.mark.parametrize(("opening", "closing"), [("(", ")"), ("math.abs(", ")"), ("not ", ""), ("- ", "")])
def test_expressions_up_to_the_limit_are_computed(one: World, opening: str, closing: str) -> None:
    inner = "true" if opening == "not " else "7"
    text = opening * EXPRESSION_DEPTH_MAX + inner + closing * EXPRESSION_DEPTH_MAX
    if opening == "- ":
        text = "- " * (EXPRESSION_DEPTH_MAX - 1) + "- 7"
    assert one.value(f"* | eval x = {text} | table x") == (True if opening == "not " else 7)
    assert error_of(f"* | eval x = {opening}{text}").message == IN_EXPRESSION


@pytest.mark.parametrize("query", ["* | union ({})", "* | join n ({})", "a | union ({}),(*)"])
def test_deep_nested_queries_are_refused(query: str) -> None:
    start, end = query.split("{}")
    assert error_of(start * MANY_DEEP + "*" + end * MANY_DEEP).message == IN_QUERY


def test_all_kinds_of_nesting_together_leave_the_stack_whole() -> None:
    """In a process of its own, as a stack that overflows in the engine ends it."""
    script = """
from lakebed.query.compile import compile_query
deepest = 30
text = "n"
for opening, closing in (("(", ")"), ("math.abs(", ")")) * 15:
    text = opening + text + closing
text = "* | union (" * deepest + f"* | eval x = {text}" + ")" * deepest
compile_query(text)
compile_query("(" * 64 + "a" + ")" * 64)
print("whole")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "whole\n", "")


def _listed(pattern: str, count: int) -> str:
    return ", ".join(pattern.format(n) for n in range(count))


@pytest.mark.parametrize(
    ("stage", "pattern"),
    [
        ("eval", "x{} = n"),
        ("table", "x{}"),
        ("stats", "sum(x{})"),
        ("stats count() by", "x{}"),
        ("sort", "-x{}"),
        ("fields", "x{}*"),
    ],
)
@pytest.mark.parametrize("before", ["*", "* | head 3"])
def test_a_stage_of_ten_thousand_columns_is_refused(lake: Lake, before: str, stage: str, pattern: str) -> None:
    assert error_of(f"{before} | {stage} {_listed(pattern, 10_000)}").message == (
        f"the stages of the query name more than {COLUMNS_NAMED_MAX} columns"
    )
    text = f"{before} | {stage} {_listed(pattern, COLUMNS_NAMED_MAX // 2)}"
    assert len(list(lake.search(text))) == (0 if stage == "none" else 1)
    assert str(lake.explain(text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("* " + "| head 5 " * 10_000, "the query has more than 200 stages"),
        (" or ".join(f"a{n}" for n in range(100_000)), "the query has 988886 characters, the limit is 262144"),
        (f"n in ({' '.join(map(str, range(100_000)))})", "the query has 588896 characters, the limit is 262144"),
        ("error " * 170_000, "the query has 1020000 characters, the limit is 262144"),
        ("x" * 16_000_000, "the query has 16000000 characters, the limit is 262144"),
        (f"* | eval x = {' + '.join(['n'] * 60_000)}", IN_EXPRESSION),
        (f"* | eval x = string.concat({','.join(['n'] * 257)})", '"string.concat" has more than 256 arguments'),
    ],
    ids=["stages", "or", "in", "1 MB", "16 MB", "sum", "arguments"],
)
def test_what_is_too_large_is_refused_in_a_few_words(lake: Lake, text: str, message: str) -> None:
    error = error_of(text)
    assert error.message == message
    assert len(str(error)) < 2_000
    assert len(lake.complete(text).note) < 2_000


@pytest.mark.parametrize(
    "text",
    [
        "x" * 262_144, '"' + "x" * 262_142 + '"', "*" * 262_144, "v: " + "*a" * 100_000, "`" + "*a" * 100_000 + "`: x",
        "v ~ /" + "|".join(f"a{n}b" for n in range(25_000)) + "/", "|" * 262_144, "\\" * 262_144, "`" * 262_144,
        "#" * 262_144, "\n" * 262_144, "-" * 262_144, "* | " + "s" * 200_000, "* | eval x = " + "f" * 200_000 + "(1)",
        "* | table `" + "x" * 100_000 + "`", '* | parse v "' + "<a> " * 60_000 + '"',
        "* | sequence within 1m " + "(a) " * 60_000,
    ],
    ids=lambda text: f"{text[:20]!r}",
)  # fmt: skip
def test_long_tokens_are_answered_or_refused(lake: Lake, text: str) -> None:
    error = refusal(lake, text)
    assert len(str(error)) < 3_000
    if error is None:
        list(lake.search(text))


def test_only_a_part_of_a_long_line_is_shown_and_nothing_of_it_moves_the_cursor() -> None:
    assert str(error_of("x" * 1_000 + " \x1b[2J\u202e\t || " + "y" * 1_000)) == (
        'expected a stage after "|", found "|": write "or"\n  line 1, column 1010\n'
        f"  …{'x' * 191} \\x1b[2J\\u202e\\t || {'y' * 398}…\n  {' ' * 210}^"
    )
    assert str(error_of("a\n\tb\x00c ~ 5")) == (
        'expected a regular expression such as /admin-[0-9]+/ after "~", found "5"\n'
        "  line 2, column 8\n  \\tb\\x00c ~ 5\n             ^"
    )
    assert str(error_of("* | \x1b]0;title\x07")).startswith('unknown stage "\\x1b]0;title\\x07": ')


def test_the_mark_before_the_text_of_a_file_is_no_part_of_the_query(one: World) -> None:
    assert one.rows("\ufeff* | table n") == [{"n": 0}]
    assert one.rows("\ufeff") == one.rows("*")
    assert one.rows("*\ufeff | table n") == []  # elsewhere it is a character


WRONG = "this regular expression is wrong: "


# -- constants ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("call", "message", "underlined"),
    [
        ('string.matches(v, "(a+)(?=b)")', 'look-around such as "(?=" is not supported', "(?="),
        ("string.matches(v, /a(?!b)/i)", 'look-around such as "(?=" is not supported', "(?!"),
        ('string.replace_regex(v, "(?<=a)b", "")', 'look-around such as "(?=" is not supported', "(?<="),
        (r"string.extract(v, /(a)\1/)", r'"\1" is not supported: there are no back-references', r"\1"),
        ('string.matches(v, "[a")', 'a "[" of this regular expression is never closed', "["),
        ("string.matches(v, /a[z-a]/)", f"{WRONG}invalid character class range, the start must be <= the end", "z-a"),
        ('string.matches(v, "(a{1000}){1000}")', f"{WRONG}compiled regex exceeds size limit of 4194304 bytes",
         '"(a{1000}){1000}"'),
        ('json.get(v, "a[")', "json.get: 'a[' is not a path such as 'a.b[0]'", '"a["'),
        ('ip.in(v, "10.0.0.0/8", "junk")', "ip.in: 'junk' is not a network such as '10.0.0.0/8' or '2001:db8::/32'",
         '"junk"'),
        ('time.format(n, "%Q")', "time.format: unknown directive '%Q' in a time format", '"%Q"'),
        ('time.parse(v, "%")', "time.parse: time format ends in '%'", '"%"'),
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["* | eval x = {}", "* | head 1 | stats count({})", "* | stats count() by {}"])
def test_a_constant_that_cannot_be_is_underlined(place: str, call: str, message: str, underlined: str) -> None:
    error = error_of(place.format(call))
    assert (error.message, error.text[error.start : error.end]) == (message, underlined)


def test_a_long_constant_is_not_repeated_in_full() -> None:
    error = error_of('* | eval x = json.get(v, string.repeat("a.", 100000))')
    assert len(error.message) == MESSAGE_CHARACTERS_MAX + 1
    assert error.text[error.start : error.end] == 'string.repeat("a.", 100000)'


HEAVY = "(a{1000}){1000}", r"(?i)\w{5000}", "[a-z&&[^aeiou]]{500}{500}", "((((a{9}){9}){9}){9}){99}"


@pytest.mark.parametrize(
    "query", ["v ~ /{}/", "* | where v ~ /{}/", "* | parse v ~ /(?P<x>{})/", "* | eval x = string.matches(v, /{}/)"]
)
@pytest.mark.parametrize("regex", HEAVY)
def test_a_regular_expression_that_grows_too_large_is_refused(query: str, regex: str) -> None:
    message = "this regular expression is wrong: compiled regex exceeds size limit of 4194304 bytes"
    assert error_of(query.format(regex)).message == message


@pytest.mark.parametrize("regex", ["(a+)+$", "(a|aa)+$", "(.*a){12}$", "a*a*a*a*a*a*b"])
def test_a_catastrophic_regular_expression_takes_linear_time(tmp_path: Path, regex: str) -> None:
    world = World(tmp_path, ['"' + "a" * 50_000 + '!"'])
    assert world.rows(f"v ~ /{regex}/ | table n") == []
    assert world.value(f"* | eval x = string.matches(v, /{regex}/) | table x") is False
    assert world.value(f"* | parse v ~ /(?P<x>{regex})/ | table x") is None
    assert world.value(f'* | eval x = string.length(string.replace_regex(v, /{regex}/, "")) | table x') == 50_001


# -- random damage --------------------------------------------------------------------------------------------------
PIECES = [
    *map(chr, range(32)), *"()[]{}|,:=<>~!#`'\"\\/*-+%.@$ 09azE_", "\u202e", "\ufeff", "\xa0", "\u2028", "\u0661",
    "\u00b2",    "\ud800", "\udfff", "\u0130", "\U0001f600", " in ", " not ", " by ", " as ", "||",
    "..", "1e999", "/x/", " | head ", "1h", "not(",
]  # fmt: skip

EXAMPLES = int(os.environ.get("LAKEBED_TEST_EXAMPLES", "300"))


def damaged(queries: list[str], chance: random.Random) -> str:
    """One of the queries with a few pieces deleted, inserted, swapped or taken from another."""
    text = chance.choice(queries)
    for _ in range(chance.randint(1, 4)):
        at, to = sorted((chance.randint(0, len(text)), chance.randint(0, len(text))))
        other = chance.choice(queries)
        match chance.randrange(5):
            case 0:
                text = text[:at] + text[at + chance.randint(1, 3) :]
            case 1:
                text = text[:at] + chance.choice(PIECES) + text[at:]
            case 2:
                text = text[:at] + text[to : to + 1] + text[at + 1 : to] + text[at : at + 1] + text[to + 1 :]
            case 3:
                text = text[:at] + chance.choice(PIECES) + text[at + 1 :]
            case _:
                text = text[:at] + other[: chance.randint(1, 20)] + text[at:]
    return text


def check_text(text: str, lake: Lake, chance: random.Random) -> None:
    """Compiles or gives an error at a place in the text; completion always answers."""
    error = refusal(lake, text)
    if isinstance(error, QueryError):
        assert 0 <= error.start <= len(text), (text, error.start)
        assert error.start < error.end <= max(len(text), error.start + 1), (text, error.start, error.end)
        lines = str(error).split("\n")
        assert (len(lines), [safe_text(line) for line in lines]) == (4, lines), text
    cursor = chance.randint(0, len(text))
    found = lake.complete(text, cursor)
    assert 0 <= found.start <= cursor <= found.end <= len(text), (text, cursor)


@pytest.mark.parametrize("seed", range(4))
def test_damaged_queries_are_read_or_refused_at_a_place(lake: Lake, seed: int) -> None:
    chance = random.Random(seed)
    queries = [case.query for path in SCRIPTS for case in read_script(path)]
    for _ in range(EXAMPLES):
        check_text(damaged(queries, chance), lake, chance)


def test_random_characters_are_read_or_refused_at_a_place(lake: Lake) -> None:
    chance = random.Random(7)
    for _ in range(EXAMPLES):
        letters = (
            chance.choice(PIECES) if chance.random() < 0.7 else chr(chance.randrange(0x110000)) for _ in range(20)
        )
        check_text("".join(letters), lake, chance)
