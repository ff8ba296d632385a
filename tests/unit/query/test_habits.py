"""Idioms of SPL, KQL, SQL and Lucene are answered with the form that they have here."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakebed.errors import QueryError
from lakebed.query.compile import compile_query
from lakebed.query.functions import FUNCTIONS
from lakebed.query.habit_words import FUNCTION_HABITS, FUNCTION_HINTS, STAGE_HABITS
from lakebed.query.habits import TEXT_LOOKED_AT_MAX, habits_of, taught
from lakebed.query.scalar_functions import scalar_functions
from lakebed.query.stages import STAGES

WRONG = [
    ("error | search x", 'unknown stage "search": "where" filters rows; the first filter of a query needs no stage'),
    ("* | project a, b", 'unknown stage "project": "table" chooses columns, as in "table(a, b)"'),
    ("* | take 5", 'unknown stage "take": the first rows are "head 10"'),
    ("* | summarize count() by a", 'unknown stage "summarize": write "stats count() by a"'),
    ("* | stats dc(user) by a", 'unknown function "dc": it is called "countdistinct" here'),
    ("* | stats p95(ms) by a", 'unknown function "p95": write "percentile(95, a)"'),
    ("* | eval x = tolower(a)", 'unknown function "tolower": it is called "string.lower" here'),
    ("a == 5", 'expected a value after "=", found "=": write one "="'),
    ("a && b", 'unexpected "&&": write "and"'),
    ("a || b", 'expected a stage after "|", found "|": write "or"'),
    ("a <> 5", 'expected a number or a time after "<", found ">": write "!="'),
    ("a =~ 'x'", 'expected a value after "=", found "~": a regular expression is written a ~ /…/'),
    ("a in ('x', 'y')", 'unexpected ",": values are separated by spaces, as in a = (x y)'),
    ("a not in (1 2)", 'expected a column before "in", as in "ip in 10.0.0.0/8": write "not a in …"'),
    ("a:>5", 'expected a value after ":", found ">": leave the ":" out, as in a > 5'),
    (
        "a:x~2",
        'expected a column name before "~", found "x": fuzzy words do not exist; write wild*cards, or a ~ /regex/',
    ),
    ("* | table *", 'expected a column name after "table", found "*": without "table" the answer is the whole events'),
    (
        "* | count by user",
        (
            'expected "|" or the end of the query after the stage "count", found "by": '
            'write "groupbycount(a)", or "stats count() by a"'
        ),
    ),
    (
        "* | stats count() group by a",
        (
            'expected "|" or the end of the query after the stage "stats", found "group": '
            'write "by a" after the functions of "stats"'
        ),
    ),
    ("* | status > 5", 'unknown stage "status": a filter after "|" is "where"'),
    (
        "* | where len(a) > 5",
        (
            'expected "|" or the end of the query after the stage "where", found ">": filters have no functions; '
            'write "| eval x = …", then "| where x: true" or "| where x > 5"'
        ),
    ),
    ("like(a, 'x%')", 'unexpected ",": filters have no functions; write a = b*, a: b, or a ~ /regex/'),
    (
        "a > ago(1h)",
        (
            'expected a number or a time after ">", found "ago": the time range is given beside the query, '
            'as in "--since 1h"; a time is written 2026-01-31T12:00:00Z'
        ),
    ),
    (
        "a > b",
        (
            'expected a number or a time after ">", found "b": a filter compares with a number or a time; '
            'of two columns write "| eval x = a > b", then "| where x: true"'
        ),
    ),
    (
        "ip in ('10.0.0.0/8', '::1')",
        (
            "expected a network such as 10.0.0.0/8 or a range such as 100..200, found \"'10.0.0.0/8'\": "
            "networks stand without quotes and commas, as in ip in (10.0.0.0/8 ::1)"
        ),
    ),
    ("* | top limit=5 a", ('expected "|" or the end of the query after the stage "top", found "a": write "top 5 a"')),
    (
        "* | dedup a sortby b",
        (
            'expected "|" or the end of the query after the stage "dedup", found "sortby": '
            'sort before it, as in "sort -a | dedup b"'
        ),
    ),
    (
        "* | head 3 by a",
        (
            'expected "|" or the end of the query after the stage "head", found "by": '
            'write "dedup 3 a" for the first of each a'
        ),
    ),
    (
        "* | sort 3 -a",
        ('expected "|" or the end of the query after the stage "sort", found "-a": write "sort a | head 3"'),
    ),
    (
        "* | join type=left a [b]",
        ('expected "," or "(" and a query after the column `left`, found "a": write "join kind=left a (query)"'),
    ),
    ("* | union [b]", 'expected "(" and a query after "union", found "[b]": a nested query stands in parentheses'),
    (
        "* | stats count() avg(a)",
        (
            'expected "|" or the end of the query after the stage "stats", found "avg": '
            "functions are separated by commas"
        ),
    ),
    (
        "* | stats count() by a b",
        ('expected "|" or the end of the query after the stage "stats", found "b": columns are separated by commas'),
    ),
    (
        "* | stats count() n by a",
        (
            'expected "|" or the end of the query after the stage "stats", found "n": '
            'a name stands after "as", as in count() as n'
        ),
    ),
    (
        "* | stats sum(a) / count()",
        (
            'expected "|" or the end of the query after the stage "stats", found "/": '
            'name the function with "as"; "eval" in the stage after it computes with that name'
        ),
    ),
    ("* | stats countif(a > 5)", 'unknown function "countif": write count(if(condition, 1))'),
    (
        "* | stats count() by a having n > 5",
        ('expected "|" or the end of the query after the stage "stats", found "having": write "| where n > 5"'),
    ),
    (
        "* | eval x = a . 'b'",
        (
            'expected "|" or the end of the query after the stage "eval", found ".": '
            "texts are joined by string.concat(a, b)"
        ),
    ),
    ("* | eval x := 5", 'expected "=" and an expression after the column `x`, found ":": write "="'),
    (
        "* | eval x = time.floor(a, 5m)",
        ('unexpected "m" after a number: a duration stands in quotes, as in time.floor(a, "5m")'),
    ),
    (
        "a: 'b c'~2",
        (
            'expected a column name before "~", found "\'b c\'": '
            "fuzzy words do not exist; write wild*cards, or a ~ /regex/"
        ),
    ),
    ("a = 'x' -- why", 'a search word cannot start with "-": a comment begins with "#"'),
]

MISREAD = [
    ("index=main error", '"index=main" looks at a column named "index"; to search only that index write "@index=main"'),
    (
        "select * from logs",
        (
            '"select * from logs" searches for these words; columns are chosen with "| table(a, b)", '
            'an index with "@index=name"'
        ),
    ),
    ("user like '%x%'", "\"user like '%x%'\" searches for these words; write user = '*x*'"),
    ("user not like '%x'", "\"user not like '%x'\" searches for these words; write not user = '*x'"),
    ('a contains "x"', '\'a contains "x"\' searches for these words; write a: "*x*"'),
    ("a startswith 'x'", '"a startswith \'x\'" searches for these words; write a = "x*"'),
    ("* | where a is null", '"a is null" searches for these words; write not a: *'),
    ("a is not null", '"a is not null" searches for these words; write a: *'),
    ("a = null", "\"a = null\" compares with the text 'null'; a missing column is found with not a: *"),
    ("a between 1 and 5", '"a between 1 and 5" searches for these words; write a in 1..5'),
    ("a IN (x y)", '"a IN (x y)" searches for these words; write a = (x y)'),
    ("_exists_:a", '"_exists_:a" looks at a column of that name; write a: *'),
    ("a:[1 TO 5]", '"a:[1 TO 5]" searches for these words; write a in 1..5'),
    ("a = 5 limit 10", '"limit 10" searches for these words; write "| head 10"'),
    ("isnotnull(a)", '"isnotnull(a)" searches for these words; filters have no functions; write a: *'),
    ("* | where is_null(a)", '"is_null(a)" searches for these words; filters have no functions; write not a: *'),
    ("-a: x", '"-a:" looks at a column of that name; write not a: …, or the name in backticks'),
    ("a > 500 + 1", '"500 + 1" is a number and words that are searched for; "eval" computes'),
    ("where a > 5", '"where a" searches for the word "where"; the first filter of a query has none'),
    ("* | eval x = a + 'b'", '"a + \'b\'" is null; "+" adds numbers, texts are joined by string.concat(a, b)'),
    ("* | top 5 by a", '"| top 5 by a" looks at a column named "5"; write "top 5 a", or "sort -a | head 5"'),
    ("* | patterns 5", '"| patterns 5" looks at a column named "5"; write "patterns limit 5"'),
    (
        "earliest=-24h x",
        '"earliest=-24h" looks at a column of that name; the time range is given beside the query, as in "--since 24h"',
    ),
]

PLAIN = [
    "error | patterns message limit 3",
    "error | delta limit 5",
    "* | timechart count() by a limit=5",
    "* | rename index as earliest",
    "'index=main' error",
    '"select x from y"',
    "@index=main error",
    "my.index=main",
    "a ~ /select x from y/",
    "# select x from y\nerror",
    "ip in (10.0.0.0/8 192.168.0.0/16)",
    "n in 1..5",
    "limit: 10",
    "error(5)",
    "a: (-5 b) c = -5",
    "x -5",
    "`-a`: b",
    "* | where a = 'len(x)' or foo(bar)",
    "* | eval x = len + 1, y = string.concat(a, '+', b)",
    "* | patterns limit 5",
    "* | top 5 a by b",
    "user: like",
    "#",
]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_an_error_says_how_it_is_written_here(text: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        compile_query(text)
    assert caught.value.message == message


@pytest.mark.parametrize(("text", "warning"), MISREAD)
def test_what_parses_and_means_something_else_is_told(text: str, warning: str) -> None:
    compile_query(text)
    assert habits_of(text) == [warning]


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_meant_is_left_alone(text: str) -> None:
    assert habits_of(text) == []


def test_what_a_function_is_called_here_exists() -> None:
    known = {*FUNCTIONS, *scalar_functions()}
    assert [name for name in FUNCTION_HABITS.values() if name not in known] == []
    assert [name for name in (*FUNCTION_HABITS, *FUNCTION_HINTS) if name in known] == []
    assert [name for name in STAGE_HABITS if name in STAGES] == []
    assert all(hint == hint.strip() for hint in STAGE_HABITS.values())


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("a ~ /x[z-a]y/", "z-a"),
        (r"a ~ /\/var\/[z-a]/", "z-a"),
        (r"a ~ /\.\/\d{2,1}/i", "{2,1}"),
        ("a ~ /ä{2,1}/", "{2,1}"),
        ("x or a ~ /a{1000}{1000}{10}/", "/a{1000}{1000}{10}/"),
    ],
)
def test_a_wrong_regular_expression_is_pointed_at(text: str, marked: str) -> None:
    with pytest.raises(QueryError) as caught:
        compile_query(text)
    assert text[caught.value.start : caught.value.end] == marked


@given(st.text(alphabet="aindex =:|~/'\"`#()[]*-.<>\nlike¤", max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_is_looked_at(text: str) -> None:
    habits_of(text)
    with contextlib.suppress(QueryError):
        compile_query(text)


PIECES = ["a", " ", "a ", "'", "a:", "/", "a[", "select ", "~/", "(", "a in (", "\\", "=1 ", "a)", "a + ", ") a"]
PIECES += ["by a ", "| sort ", "| join ", "f(", "a > b ", '"a" + ']


@pytest.mark.parametrize("piece", PIECES)
def test_long_text_takes_no_time(piece: str) -> None:
    text = piece * (TEXT_LOOKED_AT_MAX // len(piece))
    started = time.monotonic()
    habits_of(text)
    taught(QueryError("x", text, TEXT_LOOKED_AT_MAX // 2, TEXT_LOOKED_AT_MAX // 2 + 1))
    assert time.monotonic() - started < 5
