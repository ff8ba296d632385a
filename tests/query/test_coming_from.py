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

_SPANS = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")


def rows() -> list[tuple[str, str]]:
    """The first and the last cell of every row of a table that maps queries."""
    text = PAGE.read_text()
    lines = text[text.index("\n## Splunk") :].splitlines()
    cells = [re.split(r"(?<!\\)\|", line.strip("|")) for line in lines if line.startswith("| ")]
    pairs = [(first.strip(), last.strip()) for first, last in cells]
    return [pair for pair in pairs if pair[1] != "Lakebed"]


def ours() -> list[str]:
    """Every code span of the last cells that is a query; command lines and names of stages are not."""
    spans = [match[2].replace("\\|", "|") for _, last in rows() for match in _SPANS.finditer(last)]
    return [span for span in spans if not span.startswith("lakebed ") and span not in STAGES]


@pytest.mark.parametrize("query", sorted(set(ours())))
def test_query_compiles_and_prints(query: str) -> None:
    compile_query(query)
    assert parse_query(str(parse_query(query))) == parse_query(query)


def test_every_row_has_something_of_ours() -> None:
    assert [first for first, last in rows() if "`" not in last] == []
    assert len(rows()) > 120


def test_every_language_has_its_table() -> None:
    headings = re.findall(r"^## (.*)$", PAGE.read_text(), re.MULTILINE)
    assert [language for language in LANGUAGES if not any(heading.startswith(language) for heading in headings)] == []
