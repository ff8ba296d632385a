"""Hostile values: a documented null, or a right number checked against exact arithmetic; never a crash or a hang."""

from __future__ import annotations

import time
import warnings
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

import lakebed
from lakebed.errors import LimitError
from tests.world import World, shape

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECONDS_MAX = 20.0
"""Any of these takes less than one second on a machine that does nothing else; test machines do."""

VALUES = [
    "5", '"5"', "5.0", "true", '"true"', "null", "[1, 2]", '{"a": 1}', '"abc"', "-0.0", "0.1", "9007199254740993",
    "9223372036854775807", "170141183460469231731687303715884105727", '"NaN"', '"Infinity"', '""', "false",
]  # fmt: skip


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("mixed"), VALUES)


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("one"), ['"x"'])


@pytest.fixture(autouse=True)
def is_quick() -> Iterator[None]:
    started = time.monotonic()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    assert time.monotonic() - started < SECONDS_MAX


BIG = 2**127 - 1
INTEGERS = [5, 5, 0, 9007199254740993, 9223372036854775807, BIG]


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("count(v)", 15),
        ("countdistinct(v)", 14),
        ("min(v)", 0),
        ("max(v)", True),
        ("mode(v)", 5),
        ("percentile(0, v)", 0),
        ("percentile(100, v)", BIG),
        ("median(v)", 5),
        ("sum(v)", float(sum(map(Fraction, INTEGERS)) + Fraction(0.1))),
        ("avg(v)", float((sum(map(Fraction, INTEGERS)) + Fraction(0.1)) / 7)),
        ("values(v)", f'[0,0.1,5,{2**53 + 1},{2**63 - 1},{BIG},"","5","Infinity","NaN","abc","true",false,true]'),
    ],
)
def test_functions_take_what_they_can_of_a_column_of_everything(mixed: World, function: str, expected: object) -> None:
    found = mixed.value(f"* | stats {function}")
    assert (float(found) if isinstance(expected, float) else found) == expected
    assert type(found) is not bool or type(expected) is bool


@pytest.mark.parametrize("function", ["sum", "avg", "stdev", "var", "median"])
@pytest.mark.parametrize("where", ["v: abc", "v: true v != true", "nothing", "n = 6", "n = 7"])
def test_numbers_of_what_is_none_are_null(mixed: World, function: str, where: str) -> None:
    assert mixed.value(f"{where} | stats {function}(v)") is None
    assert mixed.value(f"{where} | stats {function}(missing)") is None


def test_keys_of_different_types_are_different(mixed: World) -> None:
    counted = mixed.rows("v: 5 or v: true | groupbycount(v)")
    assert [(type(row["v"]), row["v"], row["@q.count"]) for row in counted] == [
        (int, 5, 2), (str, "5", 1), (str, "true", 1), (bool, True, 1),
    ]  # fmt: skip
    assert [row["n"] for row in mixed.rows("* | dedup v | table n")] == [
        0,
        1,
        3,
        4,
        8,
        9,
        10,
        11,
        12,
        13,
        14,
        15,
        16,
        17,
    ]
    ordered = [9, 10, 0, 2, 11, 12, 13, 16, 1, 15, 14, 8, 4, 17, 3, 5, 6, 7]
    assert [row["n"] for row in mixed.rows("* | sort v, n | table n")] == ordered
    joined = mixed.lake.search("n < 5 | join v (n < 5 | stats count() as c by v) | table(n, c)", newest_first=False)
    assert [tuple(shape(row).values()) for row in joined] == [(0, 2), (1, 1), (2, 2), (3, 1), (4, 1)]


def test_elements_are_unrolled_and_what_is_no_array_stays(mixed: World) -> None:
    found = mixed.rows("n >= 4 n <= 8 | unroll v | table(n, v)")
    assert [(row["n"], row["v"]) for row in found] == [(4, "true"), (5, None), (6, 1), (6, 2), (7, None), (8, "abc")]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 / 0", None),
        ("1 % 0", None),
        ("0 / -0.0", None),
        ("math.mod(1, 0)", None),
        ("math.sqrt(-1)", None),
        ("math.log(0)", None),
        ("math.log(8, 1)", None),
        ("math.pow(0, -1)", None),
        ("math.pow(10, 1e18)", None),
        ("math.exp(1000)", None),
        ("1e308 + 1e308", None),
        ("-1e308 - 1e308", None),
        ("1e308 * 10", None),
        ("1e400 - 1e400", None),
        ("1e400 > 1e399", True),
        ("-0.0 == 0", True),
        ("9007199254740993 + 0", 9007199254740993),
        ("9007199254740993 / 1", 9007199254740993),
        ("9223372036854775807 + 1", 2**63),
        ("-9223372036854775808 / -1", 2**63),
        ("9223372036854775807 * 9223372036854775807", (2**63 - 1) ** 2),
        (f"{BIG} + 1", 170141183460469230000000000000000000000),
        (f"-{BIG + 1} % -1", 0),
        ("7 % -3", 1),
        ("-7 % 3", -1),
        ('"5" + 1', None),
        ("true + 1", None),
        ("null + 1", None),
        ('"a" > 1', None),
        ('1 == "1"', False),
        ('string.to_number("NaN")', None),
        ('string.to_number("Infinity")', None),
        ('string.to_number("1_000")', None),
        ('string.to_number("0x")', None),
        ('string.to_number("٣")', None),
        ('string.to_number("1e99999999999999999999999")', None),
        ('string.to_number("1e999999999999")', Decimal("1e999999999999")),
        ('math.ceil(string.to_number("1e-999999999999"))', 1),
        ("math.floor(1e9999)", Decimal("1e9999")),
        ("math.round(1.5, 99999)", None),
        ("time.format(1e30)", None),
        ('time.add(9223372036854775807, "1d")', None),
        ('time.add(n, "1e9y")', None),
        ('time.floor(n, "0s")', None),
        ('time.floor(n, "-1h")', None),
        ("time.from_unix(1e30)", None),
        ('time.parse("2262-04-12T00:00:00Z")', None),
        ('time.parse("2026-02-30T00:00:00Z")', None),
        ("time.difference(-9223372036854775808, 9223372036854775807)", 1 - 2**64),
        ('time.hour(n, "+99:99")', None),
        ("time.year(1e300)", None),
        ("geo.distance_km(1e308, 0, 0, 0)", None),
        ('ip.network("10.0.0.1", 33)', None),
        ('ip.in("010.0.0.1", "10.0.0.0/8")', None),
        ("ip.from_number(1e300)", None),
        ('array.get("[1]", -9223372036854775808)', None),
        ('string.substring("abc", 9223372036854775807)', ""),
        ('string.substring("abc", -9223372036854775808, 2)', "ab"),
        ("string.repeat(v, 9223372036854775807)", None),
        ('string.repeat("", 9223372036854775807)', ""),
        ("string.pad_left(v, 1e12)", None),
        ('string.extract(v, "(x)", 99)', None),
        ('url.host("http://[::1")', "::1"),
    ],
)
def test_what_cannot_be_computed_is_null_and_what_can_is_exact(one: World, expression: str, expected: object) -> None:
    found = one.value(f"* | eval x = {expression} | table x")
    assert (_kind(found), found) == (_kind(expected), expected)
    at_root = one.value(f"* | head 1 | eval x = {expression} | table x")
    assert (_kind(at_root), at_root) == (_kind(expected), expected)


def _kind(value: object) -> type:
    return Decimal if isinstance(value, Decimal) else type(value)


LETTERS = 1_000_000
BOMBS = {
    "a": "a" * LETTERS,
    "[": "[" * (LETTERS // 2) + "]" * (LETTERS // 2),
    "{": '{\\"a\\":' * (LETTERS // 10) + "1" + "}" * (LETTERS // 10),
    ",": "a," * (LETTERS // 2),
}


@pytest.mark.parametrize(
    "expression",
    [
        "string.repeat(v, 100)",
        'string.replace(v, "", v)',
        "string.concat(v, v, v)",
        'string.replace_regex(v, "", "bbbbbbbbbb")',
        'string.split(v, "")',
        "array.sort(v)",
        "array.distinct(v)",
        'json.get(v, "a.a.a")',
        'json.get(v, "[0][0]")',
        "json.keys(v)",
        "json.length(v)",
        "string.levenshtein(v, v)",
        "string.similarity(v, v)",
        "ip.in(v, v)",
        "time.parse(v)",
        "string.to_number(v)",
    ],
)
def test_bombs_in_values_are_null(bombs: World, expression: str) -> None:
    found = bombs.rows(f"* | eval x = {expression} | eval t = type(x) | table t")
    assert [row["t"] for row in found] == ["null"] * len(BOMBS)


@pytest.mark.parametrize(
    ("expression", "lengths"),
    [
        ("string.trim(v, v)", [0, 0, 0, 0]),
        ('string.trim_left(v, string.concat(v, "b"))', [0, 0, 0, 0]),
        ("string.index_of(v, v) + string.length(v)", [1_000_000, 1_000_000, 600_001, 1_000_000]),
        ("string.reverse(v)", [1_000_000, 1_000_000, 600_001, 1_000_000]),
        ("hash.sha512(v)", [128] * 4),
        ('string.replace(v, "a", string.repeat("b", 1000))', [None, 1_000_000, None, None]),
        ('string.extract(v, "(a+)+$")', [1_000_000, None, None, None]),
        ('array.join(string.split(v, ","), string.repeat("x", 1000))', [1_000_000, 1_000_000, 600_001, None]),
        ('match(v, "*a*a*a*a*a*a*b", "yes", "no")', [2] * 4),
    ],
)
def test_long_values_take_linear_time(bombs: World, expression: str, lengths: list[int | None]) -> None:
    shown = expression if "index_of" in expression else f"string.length({expression})"
    assert [row["x"] for row in bombs.rows(f"* | eval x = {shown} | table x")] == lengths


@pytest.fixture(scope="module")
def bombs(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("bombs"), [f'"{value}"' for value in BOMBS.values()])


def test_a_chart_of_too_many_buckets_is_refused(tmp_path: Path) -> None:
    log = tmp_path / "log.json"
    log.write_text('{"time": "1970-01-01T00:00:00Z"}\n{"time": "2026-01-01T00:00:00Z"}\n')
    lake = lakebed.open(tmp_path / "lake")
    lake.index(log, into="a")
    with pytest.raises(LimitError) as caught:
        list(lake.search("* | timechart span=1ms"))
    assert str(caught.value) == (
        "`timechart span=1ms` would have 1,767,225,600,001 buckets, at most 10,000 are made (BUCKETS_MAX): "
        "choose a longer span, or a shorter time range"
    )
