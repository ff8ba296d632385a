"""The hand-written parser of expressions accepts and rejects what the grammar does, and groups operators as it does."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st
from lark import Token, Tree

from lakebed.errors import QueryError
from lakebed.query.expression import Call, Expression
from lakebed.query.expression_printer import print_expression
from lakebed.query.parser import parse_query
from lakebed.query.stages.eval import Eval
from tests.generators.functions import computed
from tests.query.grammars import texts_of, tree_of

FRAGMENT_LINES = r"""
a b user.name tags[*] tags[0] a.* *name ** * %x @lb.time $y a-b a/b a*b x[ ü .x ; [1
and or not AND Or not( by as true null in
( ) ( ) , = == != < <= > >= <> === && ! + - - * / % . .5 :
5 0 007 1.5 -5 1e3 1e 5x 5% 9.
'x' "x" 'a*' '\\*' `a` `a b` `a*` '
/x/ /x/i /a b/ /[/
math.abs( if( coalesce( foo( sum( a(
"""
FRAGMENTS = FRAGMENT_LINES.split()

SEMANTIC = (
    "unknown function",
    "makes one value of many rows",
    "takes",
    "unknown flags",
    "cannot be changed",
    "nested deeper",
    "this regular expression",
    "found an empty name",
    "is not supported",
)
"""Parts of the messages about what an expression means, which a grammar cannot say."""

GRAMMAR = "expression.lark"

OF_A_CONSTANT = re.compile(r"[a-z0-9]+\.[a-z0-9_]+: ")
"""How a message about a constant begins that the function cannot take, such as a network."""

OPERATORS = {
    "and": "and",
    "or": "or",
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "%": "remainder",
    "=": "equal",
    "==": "equal",
    "!=": "not_equal",
    "<": "less",
    "<=": "at_most",
    ">": "greater",
    ">=": "at_least",
}


def parsed(text: str) -> Eval | QueryError:
    """What the parser makes of `eval` and this text."""
    try:
        (stage,) = parse_query(f"* | eval {text}").stages
    except QueryError as error:
        return error
    assert isinstance(stage, Eval)
    return stage


def assert_agreement(text: str) -> None:
    found, tree = parsed(text), tree_of(GRAMMAR, text)
    if isinstance(found, Eval):
        assert tree is not None, f"only the parser accepts {text!r}"
        assert [grouping(one.expression) for one in found.assignments] == [
            grouping_of(one.children[-1]) for one in tree.children if isinstance(one, Tree)
        ]
    elif not any(part in found.message for part in SEMANTIC) and not OF_A_CONSTANT.match(found.message):
        assert tree is None, f"only the grammar accepts {text!r}\n{found}"


def grouping(expression: Expression) -> str:
    """Which operator takes what, with every other thing as a dot."""
    if not isinstance(expression, Call):
        return "."
    if expression.name == "negate":
        return f"-({grouping(expression.of[0])})"
    return f"{expression.name}({','.join(map(grouping, expression.of))})"


def grouping_of(node: Tree[Token] | Token) -> str:
    """The same of the grammar's tree."""
    if isinstance(node, Token):
        return "."
    of = node.children
    if node.data == "primary":
        if isinstance(of[0], Token) and of[0].type == "CALLED":
            return f"{of[0][:-1].lower()}({','.join(map(grouping_of, of[1:]))})"
        return "." if isinstance(of[0], Token) else grouping_of(of[0])
    if node.data == "negation":
        return f"not({grouping_of(of[1])})"
    if node.data == "unary":
        inner = grouping_of(of[1])
        return "." if is_number(of[1]) else f"-({inner})"
    left = grouping_of(of[0])
    for operator, right in zip(of[1::2], of[2::2], strict=True):
        left = f"{OPERATORS[str(operator).lower()]}({left},{grouping_of(right)})"
    return left


def is_number(node: Tree[Token] | Token) -> bool:
    """A number is one with its sign; a second sign takes the negative."""
    if isinstance(node, Token):
        return node.type == "NUMBER"
    return node.data == "primary" and len(node.children) == 1 and is_number(node.children[0])


@settings(max_examples=2_000, deadline=None)
@given(texts_of(FRAGMENTS, 10))
def test_random_fragments(text: str) -> None:
    note(text)
    assert_agreement(f"x = {text}")


@settings(max_examples=1_000, deadline=None)
@given(computed, st.data())
def test_valid_expressions_and_their_damaged_copies(expression: Expression, data: st.DataObject) -> None:
    text = f"x = {print_expression(expression)}".replace("|", "+")
    note(text)
    assert_agreement(text)
    place = data.draw(st.integers(0, len(text)))
    inserted = data.draw(st.sampled_from(["", *FRAGMENTS]))
    removed = data.draw(st.integers(0, 3))
    assert_agreement(text[:place] + inserted + text[place + removed :])


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("x = a + b * c - d", "subtract(add(.,multiply(.,.)),.)"),
        ("x = a - b - c / d / e", "subtract(subtract(.,.),divide(divide(.,.),.))"),
        ("x = not a == b and c or d", "or(and(not(equal(.,.)),.),.)"),
        ("x = not not a and - - 5 < -b % c", "and(not(not(.)),less(-(.),remainder(-(.),.)))"),
        ("x = a or b and c or d", "or(or(.,and(.,.)),.)"),
        ("x = if(a = b, (c + d) * 2, null)", "if(equal(.,.),multiply(add(.,.),.),.)"),
    ],
)
def test_operators_group_as_told(text: str, grouped: str) -> None:
    found = parsed(text)
    assert isinstance(found, Eval)
    assert grouping(found.assignments[0].expression) == grouped
    assert_agreement(text)


@pytest.mark.parametrize("text", ["x = [1, 2]", "x = a-b", "x = 5 / 2x", "x = a = b = c", "x = .5", "x = a &&b", "x ="])
def test_neither_accepts(text: str) -> None:
    assert isinstance(parsed(text), QueryError)
    assert tree_of(GRAMMAR, text) is None
