"""The queries of the third-party rule packs, which were written for the language that ours contains.

All of them parse; those named in tests/query/rules run over hand-made events. A file there has, for each rule, its file
name, an event that makes it fire (nested keys joined by dots), and variants:

    rule NAME
    event {"a": 1, "b.c": "x"}
    fires {}                 the event as it is
    silent {"a": 2}          with this detail changed; null leaves the key out
    fires 11 {"b.c": "x#"}   so many of it, numbered where a `#` stands

A rule fires when its query answers at least one row. The text of the rules is not in this repository.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import lakebed
from lakebed.query.compile import compile_query
from lakebed.query.parser import parse_filter_part, parse_query
from tests.qtest import Case, Configuration, answer_of, read_configurations
from tests.rules import rule_queries, rule_tests

FOLDER = Path(__file__).with_name("rules")
CONFIGURATIONS = [c for c in read_configurations() if c.name in ("one_segment", "many_segments", "oracle", "grep")]


@dataclass
class Told:
    """What a file tells of one rule: its event, and variants with whether they fire."""

    place: str
    name: str
    event: dict[str, Any] = field(default_factory=dict)
    variants: list[tuple[int, bool, int, dict[str, Any]]] = field(default_factory=list)
    """Line, fires, events, changes."""

    def __str__(self) -> str:
        return self.name


def read_told(path: Path) -> list[Told]:
    told: list[Told] = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        keyword, _, rest = line.partition(" ")
        match keyword:
            case "rule":
                told.append(Told(f"{path.name}:{number}", rest))
            case "event":
                told[-1].event = json.loads(rest)
            case "fires" | "silent":
                count, _, changes = rest.partition("{")
                told[-1].variants.append(
                    (number, keyword == "fires", int(count.strip() or 1), json.loads("{" + changes))
                )
            case "" | "#":
                continue
            case _:
                raise ValueError(f"{path.name}:{number}: unknown keyword {keyword}")
    return told


TOLD = [told for path in sorted(FOLDER.glob("*.rules")) for told in read_told(path)]


def nested(flat: dict[str, Any]) -> dict[str, Any]:
    """`{"a.b": 1}` as `{"a": {"b": 1}}`; names that begin with `@` or `%` stay as they are."""
    event: dict[str, Any] = {}
    for name, value in flat.items():
        *parents, last = [name] if name[0] in "@%" else name.split(".")
        inner = event
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[last] = value
    return event


def lines_of(told: Told, count: int, changes: dict[str, Any]) -> tuple[str, ...]:
    flat = {name: value for name, value in {**told.event, **changes}.items() if value is not None}
    text = json.dumps(nested(flat))
    return tuple(text.replace("#", str(number)) for number in range(count))


def fires(query: str, lines: tuple[str, ...], configuration: Configuration) -> bool:
    return bool(answer_of(Case("rules", 0, lines, query), configuration))


def test_every_filter_parses() -> None:
    for text in rule_queries().values():
        parse_filter_part(text)


def test_every_query_parses() -> None:
    for text in rule_queries().values():
        assert parse_query(str(parse_query(text))) == parse_query(text)
        compile_query(text)


@pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=str)
@pytest.mark.parametrize("told", TOLD, ids=str)
def test_rule_fires_where_it_should(told: Told, configuration: Configuration) -> None:
    query = rule_queries()[f"{told.name}.yml"]
    expected = {f"{told.place} line {line}": is_firing for line, is_firing, _, _ in told.variants}
    found = {
        f"{told.place} line {line}": fires(query, lines_of(told, count, changes), configuration)
        for line, _, count, changes in told.variants
    }
    assert found == expected


def test_rules_fire_on_cloudtrail_as_it_is_delivered(tmp_path: Path) -> None:
    """The parser says what an event is; the rules ask by the older name of that column."""
    lake = lakebed.open(tmp_path / "lake")
    queries = rule_queries()
    found: dict[str, list[bool]] = {}
    for told in TOLD:
        if told.event.get("%ingest.source_type") != "aws:cloudtrail":
            continue
        for line, is_firing, count, changes in told.variants:
            if "%ingest.source_type" in changes:
                continue  # it is about events of another source
            delivered = {"eventVersion": "1.08", "eventSource": "", "%ingest.source_type": None}
            records = lines_of(told, count, {**delivered, **told.event, **changes, "%ingest.source_type": None})
            log = tmp_path / f"{line}.json"
            log.write_text(f'{{"Records": [{", ".join(records)}]}}')
            lake.index(log, into=f"rule_{line}")
            rows = list(lake.search(queries[f"{told.name}.yml"], index=f"rule_{line}"))
            found.setdefault(told.name, []).append(bool(rows) == is_firing)
    assert len(found) >= 15
    assert [name for name, agrees in found.items() if not all(agrees)] == []


def test_enough_rules_are_told_and_each_in_both_ways() -> None:
    assert len({told.name for told in TOLD}) == len(TOLD) >= 60
    assert [told.place for told in TOLD if {is_firing for _, is_firing, _, _ in told.variants} != {True, False}] == []


@pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=str)
def test_the_tests_of_the_rules_themselves_pass(configuration: Configuration) -> None:
    tests = rule_tests()
    assert len(tests) >= 7
    queries = rule_queries()
    found = {(name, title): fires(queries[name], lines, configuration) for name, title, lines, _ in tests}
    assert found == {(name, title): expected for name, title, _, expected in tests}
