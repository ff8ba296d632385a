"""Numbers, networks, regular expressions and times as they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakebed.query.literals import parse_network, parse_number, regex_problem
from lakebed.query.times import TIME_NS_MAX, TIME_NS_MIN, format_time, parse_time
from tests.oracle_times import time_of


@pytest.mark.parametrize("text", ["0", "-0", "5", "5.0", "1e3", "1E-3", "-12.50e+7", "9" * 1000])
def test_numbers(text: str) -> None:
    assert parse_number(text) == text


@pytest.mark.parametrize(
    "text",
    ["", "-", "05", ".5", "5.", "+5", "0x1f", "1e", "1e99999", "NaN", "1_000", "9" * 1001, "٣"],
)
def test_not_numbers(text: str) -> None:
    assert parse_number(text) is None


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("10.1.2.3", "10.1.2.3/32"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("2001:DB8:0::/32", "2001:db8::/32"),
        ("::1", "::1/128"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("::ffff:10.0.0.1", "10.0.0.1/32"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
        ("::ffff:0:0/95", "::fffe:0:0/95"),
    ],
)
def test_networks(text: str, network: str) -> None:
    assert parse_network(text) == network


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10",
        "10.0.0.0/33",
        "10.0.0/8",
        "10.0.0.0/255.0.0.0",
        "fe80::%eth0/64",
        "::/129",
        "01.0.0.0/8",
        "a.b/8",
    ],
)
def test_not_networks(text: str) -> None:
    assert parse_network(text) is None


@pytest.mark.parametrize(
    "regex",
    [
        "",
        "a|b",
        "(?i)x",
        "(?P<n>x)",
        "[)(]",
        "[]x]",
        "[^]x]",
        r"\(",
        "[[:alpha:]]",
        "[a[^b]]",
        r"[\]]",
        r"\0",
    ],
)
def test_regular_expressions(regex: str) -> None:
    assert regex_problem(regex) is None


@pytest.mark.parametrize(
    ("regex", "problem"),
    [
        ("(a", 'a "(" of this regular expression is never closed'),
        ("a)", 'a ")" of this regular expression closes nothing'),
        ("[a", 'a "[" of this regular expression is never closed'),
        ("[]", 'a "[" of this regular expression is never closed'),
        ("(?=a)", 'look-around such as "(?=" is not supported'),
        ("(?<!a)", 'look-around such as "(?=" is not supported'),
        (r"(a)\1", r'"\1" is not supported: there are no back-references'),
    ],
)
def test_regular_expressions_that_cannot_be(regex: str, problem: str) -> None:
    assert regex_problem(regex) == problem


@pytest.mark.parametrize(
    ("text", "time_ns"),
    [
        ("1970-01-01", 0),
        ("1970-01-01T00:00", 0),
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01t00:00:00.5z", 500_000_000),
        ("1970-01-01 00:00:00,000000001 +00:00", 1),
        ("1970-01-01T00:00:00.0000000019Z", 1),
        ("1970-01-01T02:30:00+02:30", 0),
        ("1970-01-01T02:30:00+0230", 0),
        ("1969-12-31T23:00:00-01", 0),
        ("1969-12-31T23:59:60Z", -1),
        ("2262-04-11T23:47:16.854775807Z", TIME_NS_MAX),
        ("1677-09-21T00:12:43.145224192Z", TIME_NS_MIN),
    ],
)
def test_times(text: str, time_ns: int) -> None:
    assert parse_time(text) == time_ns
    assert time_of(text) == time_ns


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026-01",
        "2026-1-1",
        "2023-02-29",
        "2026-13-01",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:61Z",
        "2026-01-01T00",
        "2026-01-01Z",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+00:60",
        "2026-01-01T00:00:00+00:",
        "2026-01-01T00:00:00  Z",
        "2262-04-11T23:47:16.854775808Z",
        "0000-01-01",
        " 2026-01-01",
        "2026-01-01 ",
        "٢026-01-01",
    ],
)
def test_not_times(text: str) -> None:
    assert parse_time(text) is None
    assert time_of(text) is None


@given(st.integers(TIME_NS_MIN, TIME_NS_MAX))
def test_times_print_and_parse(time_ns: int) -> None:
    assert parse_time(format_time(time_ns)) == time_ns
    assert time_of(format_time(time_ns)) == time_ns
