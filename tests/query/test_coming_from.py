"""docs/coming-from.md: every query that it gives as ours compiles."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lakebed.query.compile import compile_query
from lakebed.query.parser import parse_query
from lakebed.query.stages import STAGES

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "coming-from.md"
LANGUAGES = ["Splunk SPL", "Microsoft KQL", "Elastic", "VictoriaLogs", "SQL", "grep"]

FEATURES = {
    "a word": r"^\*?\w+\*?$|^\w+: \w+$|^@index=\w+ error",
    "a filter": r"^\w+ (=|>=) |^@index=\w+ status",
    "negation": r"\bnot ",
    "a regular expression": r"^\w+ ~ /",
    "a network": r"in \(?10\.0\.0\.0/8",
    "count by": r"groupbycount\(\w+\)$",
    "top": r"\| top 5",
    "distinct": r"countdistinct\(|groupbycount\(user, ip\)",
    "a percentile": r"percentile\(95",
    "buckets of time": r"timechart span=",
    "computed columns": r"\| eval \w+ = .*[/+]|\| eval \w+ = math",
    "parts of a text": r"\| parse |string\.extract",
    "join": r"\| join ",
    "lookup": r"\| lookup ",
    "dedup": r"\| dedup \w+$",
    "sort": r"\| sort ",
    "limit": r"\| head 10",
    "union": r"\| union ",
    "columns": r"\| (table|fields)\b",
    "a row for each element": r"\| unroll ",
    "a case": r"(if|case)\(",
}
"""What each language has, as a search among our queries of its table."""

_SPANS = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")


def rows(language: str = "") -> list[tuple[str, str]]:
    """The first and the last cell of every row of a table that maps queries, or of the one of a language."""
    text = PAGE.read_text()
    text = text[text.index("\n## Splunk") :]
    if language:
        text = text[text.index(f"\n## {language}") :][1:].partition("\n## ")[0]
    lines = text.splitlines()
    cells = [re.split(r"(?<!\\)\|", line.strip("|")) for line in lines if line.startswith("| ")]
    pairs = [(first.strip(), last.strip()) for first, last in cells]
    return [pair for pair in pairs if pair[1] != "Lakebed"]


def ours(language: str = "") -> list[str]:
    """Every code span of the last cells that is a query; command lines and names of stages are not."""
    spans = [match[2].replace("\\|", "|") for _, last in rows(language) for match in _SPANS.finditer(last)]
    return [span for span in spans if not span.startswith("lakebed ") and span not in STAGES]


@pytest.mark.parametrize("query", sorted(set(ours())))
def test_query_compiles_and_prints(query: str) -> None:
    compile_query(query)
    assert parse_query(str(parse_query(query))) == parse_query(query)


def test_every_row_has_something_of_ours() -> None:
    assert [first for first, last in rows() if "`" not in last] == []
    assert len(rows()) > 120


@pytest.mark.parametrize("language", LANGUAGES[:-1])
def test_language_has_a_row_for_each_feature(language: str) -> None:
    queries = ours(language)
    missing = [name for name, found in FEATURES.items() if not any(re.search(found, query) for query in queries)]
    assert missing == []


def test_every_language_has_its_table() -> None:
    headings = re.findall(r"^## (.*)$", PAGE.read_text(), re.MULTILINE)
    assert [language for language in LANGUAGES if not any(heading.startswith(language) for heading in headings)] == []
