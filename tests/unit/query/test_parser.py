"""Text to tree: every form once, whole trees compared."""

from __future__ import annotations

import pytest

from lakebed.query.parser import parse_filter_part, parse_query
from lakebed.query.syntax import (
    ANY_COLUMN,
    And,
    Column,
    Compare,
    CompareTime,
    Contains,
    Equals,
    Everything,
    Exists,
    Filter,
    FreeText,
    IndexReference,
    InIndexes,
    InNetwork,
    Matches,
    Not,
    Or,
    Relation,
    Span,
    Star,
    Value,
)

A = Column(("a",))
B = Column(("b",))


def word(text: str) -> Value:
    return Value((text,))


def free(text: str) -> Filter:
    return FreeText(word(text))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", Everything()),
        ("*", Everything()),
        ("'*'", Everything()),
        ("error", free("error")),
        ("10.0.0.1", free("10.0.0.1")),
        ("5", free("5")),
        ("by as in", And((free("by"), free("as"), free("in")))),
        ('"Error 5"', FreeText(Value(("Error 5",), exact_case=True))),
        ("er*or*", FreeText(Value(("er", "or", "")))),
        ("a:x", Contains(A, word("x"))),
        ("a : 5", Contains(A, word("5"))),
        ("a=5", Equals(A, Value(("5",), number="5"))),
        ("a='5'", Equals(A, word("5"))),
        ("a=-1.5e3", Equals(A, Value(("-1.5e3",), number="-1.5e3"))),
        ("a=05", Equals(A, word("05"))),
        ("a!=x", Not(Equals(A, word("x")))),
        ("a:New-InboxRule", Contains(A, word("New-InboxRule"))),
        ("a:-x", Contains(A, word("-x"))),
        ("a:*", Exists(A)),
        ("a = **", Exists(A)),
        ('**: "x"', Contains(ANY_COLUMN, Value(("x",), True))),
        ("*: x", Contains(ANY_COLUMN, word("x"))),
        ("a[*].b**: x", Contains(Column(("a[", Star.ONE, "].b", Star.MANY)), word("x"))),
        (r"a\*b: \*x", Contains(Column(("a*b",)), word("*x"))),
        ("`a b`: x", Contains(Column(("a b",)), word("x"))),
        ("``: x", Contains(Column(("",)), word("x"))),
        ("a > 5", Compare(A, Relation.GREATER, "5")),
        ("a<=-0.5", Compare(A, Relation.AT_MOST, "-0.5")),
        ("a >= 1970-01-01T00:00:01Z", CompareTime(A, Relation.AT_LEAST, 10**9)),
        ("a < '1970-01-01 00:00:01'", CompareTime(A, Relation.LESS, 10**9)),
        ("a ~ /x y|\\/\\d/", Matches(A, "x y|/\\d")),
        ("a ~ /x/i", Matches(A, "x", ignore_case=True)),
        ("a in 10.0.0.1/8", InNetwork(A, "10.0.0.0/8")),
        ("a IN FD00::1/8", InNetwork(A, "fd00::/8")),
        ("a in 10.0.0.1", InNetwork(A, "10.0.0.1/32")),
        ("a in (::1 or 1.1.1.1)", Or((InNetwork(A, "::1/128"), InNetwork(A, "1.1.1.1/32")))),
        (
            "a in -5..1e2",
            And((Compare(A, Relation.AT_LEAST, "-5"), Compare(A, Relation.AT_MOST, "1e2"))),
        ),
        ("a b or c", Or((And((free("a"), free("b"))), free("c")))),
        ("a or b and c d", Or((free("a"), And((free("b"), free("c"), free("d")))))),
        ("not a b", And((Not(free("a")), free("b")))),
        ("NOT not a", Not(Not(free("a")))),
        (
            "not a:(x y) b",
            And((Not(Or((Contains(A, word("x")), Contains(A, word("y"))))), free("b"))),
        ),
        ("(a b) c", And((And((free("a"), free("b"))), free("c")))),
        ("((a))", free("a")),
        (
            "a=(x y and z)",
            Or((Equals(A, word("x")), And((Equals(A, word("y")), Equals(A, word("z")))))),
        ),
        ("a:(not x)", Not(Contains(A, word("x")))),
        (
            "a:((x y) and (z))",
            And((Or((Contains(A, word("x")), Contains(A, word("y")))), Contains(A, word("z")))),
        ),
        ("a:(x *)", Or((Contains(A, word("x")), Exists(A)))),
        ("@index=web", InIndexes((IndexReference("web"),))),
        ("@index: 'my web'", InIndexes((IndexReference("my web"),))),
        ("@index=(a b)", InIndexes((IndexReference("a"), IndexReference("b")))),
        ('@index={ 0b1c-22 | "web" }', InIndexes((IndexReference("web", "0b1c-22"),))),
        ("@index=*", Everything()),
        ("a # comment\n# more\n:x", Contains(A, word("x"))),
        ("in: 5", Contains(Column(("in",)), word("5"))),
        ("a: in 5", And((Contains(A, word("in")), free("5")))),
        ("a:\\u0041\\:\\ x", Contains(A, word("A: x"))),
    ],
)
def test_tree(text: str, tree: Filter) -> None:
    assert parse_filter_part(text) == tree


def test_spans_point_into_the_text() -> None:
    text = "  user: eve   (status >= 500 or not b = 'x y')"
    tree = parse_filter_part(text)
    assert isinstance(tree, And)
    assert shown(text, tree.span) == text.strip().removesuffix(")") + ")"
    first, second = tree.of
    assert shown(text, first.span) == "user: eve"
    assert isinstance(second, Or)
    assert [shown(text, part.span) for part in second.of] == ["status >= 500", "not b = 'x y'"]


def shown(text: str, span: Span) -> str:
    return text[span.start : span.end]


@pytest.mark.parametrize(
    "text",
    [
        '* | stats count((5)), sum((true)), max(("x" == a)) by (-a), not b',
        "* | stats `count`, (min * 2) as x",
        "* | top 1 ((a + b) * 2, c)",
    ],
)
def test_an_operand_that_would_be_read_otherwise_is_printed_in_parentheses(text: str) -> None:
    assert str(parse_query(text)) == text
