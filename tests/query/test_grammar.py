"""The hand-written parser accepts and rejects what the grammar does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakebed.errors import QueryError
from lakebed.query.expression import ColumnRef
from lakebed.query.expression_printer import print_operand
from lakebed.query.parser import parse_query
from lakebed.query.stages.arguments import Key
from lakebed.query.stages.count import Count
from lakebed.query.stages.countdistinct import CountDistinct
from lakebed.query.stages.dedup import Dedup
from lakebed.query.stages.delta import Delta
from lakebed.query.stages.fields import Fields
from lakebed.query.stages.fieldsummary import FieldSummary
from lakebed.query.stages.groupbycount import GroupByCount
from lakebed.query.stages.head import Head
from lakebed.query.stages.lookup import LookupStage
from lakebed.query.stages.rename import Rename
from lakebed.query.stages.sample import Sample
from lakebed.query.stages.sequence import Sequence_
from lakebed.query.stages.sort import Sort
from lakebed.query.stages.stats import Stats
from lakebed.query.stages.table import Table
from lakebed.query.stages.tail import Tail
from lakebed.query.stages.top import Top
from lakebed.query.stages.union import Union
from lakebed.query.stages.unroll import Unroll
from lakebed.query.stages.value import SingleValue
from lakebed.query.stages.where import Where
from tests.generators.queries import queries
from tests.query.grammars import texts_of, tree_of
from tests.rules import rule_queries

if TYPE_CHECKING:
    from lakebed.query.stages.base import Stage

FRAGMENT_LINES = """
a b error user.name tags[*] @index @lb.time * ** -x && in IN and or not AND by as count min sum
( ) : = != < <= > >= ~ | , { } ! # ' " ` \\ \\* \\n /x/ /x/i /[a/ 'x' 'a b' "x" "" `a` `a b` `a*`
5 -5 1e3 1..5 10.0.0.0/8 fd00::/8 2026-01-01 2026-01-01T00:00:00Z
count() stats head table where groupbycount countdistinct max(a) table(a) |stats |where |count |head
|rename |unroll |fieldsummary |union |lookup |delta |sequence 5m within output prefix time half (a)
|dedup |top |rare |sample 1% 3 |sort |limit |tail |fields |drop asc desc - -a a.*
"""
FRAGMENTS = FRAGMENT_LINES.split()

SEMANTIC = (
    "comes twice",
    "it has no wildcards",
    "found an empty name",
    "expected a number or a time",
    "expected a network",
    "expected two numbers",
    "a range needs",
    "expected a number from",
    "unknown flag",
    "regular expression is never closed",
    "closes nothing",
    "look-around",
    "this regular expression is wrong",
    "only where no column has wildcards",
    "is not supported",
    "nested deeper",
    "expected a span of time",
    "cannot be changed",
)
"""Parts of the messages about what a literal means, which a grammar cannot say."""


def grammar_accepts(text: str) -> bool:
    return tree_of("grammar.lark", text) is not None


def assert_agreement(text: str) -> None:
    error = error_of(text)
    if error is None:
        if is_beyond_grammar(text):
            return
        assert grammar_accepts(text), f"only the parser accepts {text!r}"
    elif not any(part in error.message for part in SEMANTIC):
        assert not grammar_accepts(text), f"only the grammar accepts {text!r}\n{error}"


PLAIN_STAGES = (
    Where,
    Head,
    Tail,
    Sort,
    Fields,
    Dedup,
    Top,
    Sample,
    Table,
    Count,
    GroupByCount,
    Stats,
    SingleValue,
    CountDistinct,
    Rename,
    Unroll,
    FieldSummary,
    Union,
    LookupStage,
    Delta,
    Sequence_,
)
"""What the grammar knows, over plain columns."""

PLAIN_FUNCTIONS = {"avg", "count", "countdistinct", "max", "min", "sum"}


def is_beyond_grammar(text: str) -> bool:
    """Whether a valid query has a stage or an expression that the grammar leaves out."""
    return IN_PARENTHESES.search(text) is not None or any(map(is_stage_beyond_grammar, parse_query(text).stages))


IN_PARENTHESES = re.compile(
    r"\|\s*stats\s*\(|\|\s*(?:stats|top|rare|groupbycount)\b[^|]*?(?:\bby|[,(\d])\s*\(", re.IGNORECASE
)
"""A column in parentheses, where functions and groups take expressions."""


def is_stage_beyond_grammar(stage: Stage) -> bool:
    if not isinstance(stage, PLAIN_STAGES):
        return True
    if isinstance(stage, Union):
        return any(is_stage_beyond_grammar(inner) for query in stage.nested for inner in query.stages)
    keys = [key for key in getattr(stage, "by", ()) if isinstance(key, Key)]
    keys += stage.columns if isinstance(stage, Top) else ()
    calls = [measure.call for measure in getattr(stage, "measures", ())]
    calls += [stage.call] if isinstance(stage, (SingleValue, CountDistinct)) else []
    if any(call.name not in PLAIN_FUNCTIONS or len(call.operands) > 1 for call in calls):
        return True
    operands = [*(key.expression for key in keys), *(operand for call in calls for operand in call.operands)]
    if not all(isinstance(operand, ColumnRef) for operand in operands):
        return True
    return any(str(key) != print_operand(key.expression) for key in keys)


def error_of(text: str) -> QueryError | None:
    try:
        parse_query(text)
    except QueryError as error:
        return error
    return None


@settings(max_examples=3_000, deadline=None)
@given(texts_of(FRAGMENTS, 12))
def test_random_fragments(text: str) -> None:
    assert_agreement(text)


@settings(max_examples=1_000, deadline=None)
@given(queries, st.data())
def test_valid_queries_and_their_damaged_copies(query: object, data: st.DataObject) -> None:
    text = str(query)
    assert_agreement(text)
    place = data.draw(st.integers(0, len(text)))
    inserted = data.draw(st.sampled_from(["", *FRAGMENTS]))
    removed = data.draw(st.integers(0, 3))
    assert_agreement(text[:place] + inserted + text[place + removed :])


def test_rules() -> None:
    for text in rule_queries().values():
        filter_part = text.split("|")[0]
        assert grammar_accepts(filter_part), text
        assert_agreement(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "| count",
        "a: in 5",
        "in: 5",
        "x in (10.0.0.0/8 or fd00::/8)",
        '@index={ 0b1c-22 | "web" } error',
        "@index=(a { b | c } or d)",
        "@index",
        "a ~ /[/]\\/x/i b",
        "* | stats count, avg(x) as y, z by q | table y",
        "a\\:b: 'x\\u0041'",
        "a: \\ud83d\\ude00",
        "* | rename (a as b, `c d` as e) | unroll tags as tag | fieldsummary a, b",
        "* | union (error | head 3), (| union (*)) | delta limit 5 where a > 5",
        "* | lookup t.csv ip = `a b`, output output output as output, b prefix geo. | delta by time half",
        "* | sequence by (a, b) within 5m (a: b) second: (c or not d)",
        "* | sequence within 1h within: (x) (y) | delta a",
    ],
)
def test_special_forms(text: str) -> None:
    assert_agreement(text)
    assert grammar_accepts(text)
