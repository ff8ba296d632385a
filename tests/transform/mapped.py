"""Mappings evaluated over parsed events, without the engine's transforms: slow, and independent of them."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from lakebed import native
from lakebed.ingest.parsed import ParsedObject
from lakebed.ingest.settings import SourceSettings
from lakebed.query.cursor import Cursor
from lakebed.query.expression_lexer import operator_token
from lakebed.query.expression_parser import parse_expression
from lakebed.query.lexer import Kind
from lakebed.query.patterns import names_match
from lakebed.query.plan import expression_node
from lakebed.query.syntax import Star, Text
from lakebed.query.values import flatten
from lakebed.transform.mappings import load_mappings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lakebed.query.expression import Expression
    from lakebed.transform.mappings import Mapping

MODIFIED_NS = 1_767_225_600_000_000_000  # 2026-01-01T00:00:00Z

Json = dict[str, Any]  # an event, or what one is mapped to; spelled out, each test would have to narrow it


@dataclass(frozen=True)
class Parsed:
    """An event as the parser has it."""

    source_type: str
    event: Json


def parse(data: bytes, name: str = "sample") -> list[Parsed]:
    """The events of a log as an index would have them."""
    parsed = ParsedObject(f"file:///{name}", [data], SourceSettings(), modified_ns=MODIFIED_NS)
    return [Parsed(str(one.metadata["@lb.source_type"]), json.loads(one.json)) for one in parsed]


def mapped(schema: str, parsed: Iterable[Parsed]) -> list[Json]:
    """For each event what its source type's mapping makes of it, nested; empty for a type without one."""
    events = list(parsed)
    found: list[Json] = [{} for _ in events]
    for mapping in load_mappings(schema):
        places = [place for place, one in enumerate(events) if is_mapped(mapping, one)]
        flat = evaluated(schema, mapping, [events[place].event for place in places])
        for place, fields in zip(places, flat, strict=True):
            found[place] = nested(fields)
    return found


def is_mapped(mapping: Mapping, one: Parsed) -> bool:
    """Whether an event gets the fields of a mapping."""
    columns = _columns(one.event)
    return one.source_type in mapping.source_types and any(columns.get(name) is not None for name in mapping.needs)


def evaluated(schema: str, mapping: Mapping, events: Sequence[Json]) -> list[Json]:
    """The fields that are set, by their dotted names, for each event; each field may read those before it."""
    flat = [_columns(event) for event in events]
    found: list[Json] = [{} for _ in events]
    for name, text in mapping.fields.items():
        for columns, fields, value in zip(flat, found, _values(compiled(text), flat), strict=True):
            if value is not None and value != []:
                columns[f"@{schema}.{name}"] = fields[name] = value
    return found


def parsed_expression(text: str) -> Expression:
    """The tree of a whole text."""
    cursor = Cursor(text)
    expression = parse_expression(cursor)
    left = cursor.peek_as(operator_token)
    assert left.kind is Kind.END, f"{text!r} does not end at {left.start}"
    return expression


@functools.cache
def compiled(text: str) -> native.Expression:
    """An expression as the engine has it."""
    with native.engine_errors():
        return native.Expression(msgspec.json.encode(expression_node(parsed_expression(text))))


def nested(fields: Json) -> Json:
    """Objects in objects, from dotted names."""
    top: Json = {}
    for name, value in fields.items():
        *outer, last = name.split(".")
        inner = top
        for part in outer:
            inner = inner.setdefault(part, {})
        assert last not in inner, name
        inner[last] = value
    return top


def _columns(event: Json) -> Json:
    """Of columns of one name, the first."""
    columns: Json = {}
    for name, value in flatten(event):
        columns.setdefault(name, value)
    return columns


def _values(engine: native.Expression, events: Sequence[Json]) -> list[Any]:
    columns, patterns = engine.columns(), [_parts(pattern) for pattern in engine.patterns()]
    rows = [
        [
            *(event.get(name) for name in columns),
            *([value for name, value in event.items() if names_match(parts, name)] for parts in patterns),
        ]
        for event in events
    ]
    with native.engine_errors():
        return list(json.loads(engine.evaluate(json.dumps(rows).encode())))


def _parts(pattern: bytes) -> Text:
    return tuple(part if isinstance(part, str) else Star(part["star"]) for part in json.loads(pattern)["parts"])
