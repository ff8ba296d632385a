"""docs/query-language.md: every example runs or parses, and nothing that exists is left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lakebed.query.compile import compile_query
from lakebed.query.cursor import NESTING_MAX, QUERY_CHARACTERS_MAX
from lakebed.query.functions import FUNCTIONS
from lakebed.query.literals import NUMBER_CHARACTERS_MAX
from lakebed.query.stages import STAGES
from tests.qtest import Case, Configuration, check, parse_script, read_configurations

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "query-language.md"
TEXT = PAGE.read_text()


def blocks(language: str) -> list[tuple[int, str]]:
    """Line of the first line, and text, of every fenced block."""
    found = re.finditer(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    return [(TEXT.count("\n", 0, match.start(1)) + 1, match[1]) for match in found]


CASES = [case for line, text in blocks("qtest") for case in parse_script(text, PAGE.name, line)]
QUERIES = [query for _, text in blocks("lql") for query in text.splitlines()]


@pytest.mark.parametrize("configuration", read_configurations(), ids=str)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_example_gives_its_rows(case: Case, configuration: Configuration) -> None:
    check(case, configuration)


@pytest.mark.parametrize("query", QUERIES)
def test_example_compiles(query: str) -> None:
    assert compile_query(query).text == query


def test_there_are_examples() -> None:
    assert len(CASES) > 30
    assert len(QUERIES) > 15


def test_every_stage_and_function_is_described() -> None:
    stages = TEXT[TEXT.index("## Stages") : TEXT.index("## What was open")]
    first_cells = re.findall(r"^\| (.*?) \|", stages, re.MULTILINE)
    described = {word for cell in first_cells for word in re.findall(r"[a-z]+", cell)}
    assert {*STAGES, *FUNCTIONS} - described == set()


def test_limits_are_as_written() -> None:
    limits = re.findall(r"[0-9][0-9,]*", TEXT[TEXT.index("Limits: ") :])
    numbers = [int(limit.replace(",", "")) for limit in limits]
    assert numbers == [QUERY_CHARACTERS_MAX, NESTING_MAX, NUMBER_CHARACTERS_MAX]


@pytest.mark.parametrize("name", sorted(STAGES))
def test_the_example_of_a_stage_compiles(name: str) -> None:
    docstring = STAGES[name].__doc__ or ""
    example = re.search(r"Example: `(.*)`", docstring)
    assert example is not None, f"the docstring of {STAGES[name].__name__} has no example"
    compile_query(example[1])
