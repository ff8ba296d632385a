"""The queries of the third-party rule packs, which were written for the language that ours
contains."""

from __future__ import annotations

from lakebed.query.compile import compile_query
from lakebed.query.parser import parse_filter_part, parse_query
from tests.rules import rule_queries


def test_every_filter_parses() -> None:
    for text in rule_queries().values():
        parse_filter_part(text)


def test_every_query_parses() -> None:
    for text in rule_queries().values():
        assert parse_query(str(parse_query(text))) == parse_query(text)
        compile_query(text)
