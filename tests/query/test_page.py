"""docs/query-language.md: made from the code, every example runs, and nothing that exists is left out."""

from __future__ import annotations

import re

import msgspec
import pytest

from lakebed.query.compile import compile_query
from lakebed.query.evaluate import Evaluator
from lakebed.query.functions import FUNCTIONS
from lakebed.query.parser import parse_query
from lakebed.query.record import Record
from lakebed.query.scalar_functions import scalar_functions
from lakebed.query.stages import STAGES
from lakebed.query.stages.eval import Eval
from tests import page
from tests.canonical import canonical
from tests.events import load_json
from tests.qtest import Case, Configuration, answer_of, check, parse_script, read_configurations

TEXT = page.PAGE.read_text()
CASES = [case for line, text in page.blocks(TEXT, "qtest") for case in parse_script(text, page.PAGE.name, line)]
QUERIES = [query for _, text in page.blocks(TEXT, "lql") for query in text.splitlines()]
ENTRIES = [*page.stages(), *page.functions()]

ENGINE = Configuration("engine", "engine")
ORACLE = Configuration("oracle", "oracle")


def test_the_page_is_what_the_code_says() -> None:
    assert page.render() == TEXT, "run scripts/query-page"


@pytest.mark.parametrize("configuration", read_configurations(), ids=str)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_example_gives_its_rows(case: Case, configuration: Configuration) -> None:
    check(case, configuration)


@pytest.mark.parametrize("query", QUERIES)
def test_example_compiles(query: str) -> None:
    assert compile_query(query).text == query


def test_there_are_examples() -> None:
    assert len(CASES) > 30
    assert len(QUERIES) > 50


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.title)
def test_the_example_of_a_stage_or_function_finds_rows(entry: page.Entry) -> None:
    assert entry.example is not None, f'"Example: `…`" is missing in the docstring of {entry.title}'
    case = Case(page.PAGE.name, 0, page.example_events(), entry.example, lookups=page.example_lookups())
    rows = answer_of(case, ENGINE)
    assert rows, f"no example event is found by {entry.example}: add one to the frame of the page"
    assert canonical(rows) == canonical(answer_of(case, ORACLE))


@pytest.mark.parametrize(
    ("text", "value"),
    [pytest.param(*example, id=example[0]) for known in scalar_functions().values() for example in known.examples],
)
def test_the_example_of_a_scalar_function_gives_its_value(text: str, value: object) -> None:
    (stage,) = parse_query(f"* | eval it = {text}").stages
    assert isinstance(stage, Eval)
    found = Evaluator(stage.assignments[0].expression).values([Record.of_table({})])
    # an array that becomes a column is its JSON text
    wanted = msgspec.json.encode(value).decode() if isinstance(value, list) else load_json(page.json_text(value))
    assert canonical(found) == canonical([wanted])


def test_every_stage_and_function_is_described() -> None:
    headings = {word for line in TEXT.splitlines() if line.startswith("#### ") for word in re.findall("[a-z]+", line)}
    assert {*STAGES, *FUNCTIONS} - headings == set()
    assert [f"({usage}" for f in FUNCTIONS.values() if f"#### {(usage := f.usage())}\n" not in TEXT] == []
    assert [usage for f in scalar_functions().values() if (usage := f"| `{f.usage}` |") not in TEXT] == []


def test_every_limit_has_its_reason() -> None:
    assert [name for name, (_, reason) in page.limits().items() if not reason] == []
    assert {"QUERY_CHARACTERS_MAX", "NESTING_MAX", "STAGES_MAX"} <= set(page.limits())
