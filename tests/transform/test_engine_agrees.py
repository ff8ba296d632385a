"""The engine, which sets the fields while it parses, and the slow evaluation of the tests agree."""

from __future__ import annotations

import json
from operator import itemgetter

import pytest

from lakebed import _core
from lakebed.query.plan import expression_node
from lakebed.transform.mappings import SCHEMAS, load_mappings
from tests.formats.test_formats import rows
from tests.transform import sample_events
from tests.transform.mapped import MODIFIED_NS, Json, mapped, parsed_expression

LOGS = [name for name, path in sample_events.LOGS.items() if path.suffix != ".xml"]
"""Those that the engine parses itself."""


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("name", LOGS)
def test_the_engine_sets_the_same_fields(name: str, schema: str) -> None:
    builder = _core.Builder(index="mapped")
    settings = _core.SourceSettings(b"{}", _transform(schema))
    builder.begin_object("file:///sample", modified_ns=MODIFIED_NS, received_ns=MODIFIED_NS, settings=settings)
    builder.feed(sample_events.LOGS[name].read_bytes())
    assert json.loads(builder.end_object())["transform_errors"] == 0
    found = [event for _, event in sorted(rows(builder.take_segment(), None), key=itemgetter(0))]
    parsed = sample_events.events(name)
    assert [event[f"@{schema}"] for event in found] == mapped(schema, parsed)
    assert [event.keys() - {f"@{schema}"} for event in found] == [one.event.keys() for one in parsed]


def _transform(schema: str) -> _core.Transform:
    steps: list[Json] = [
        {
            "do": "set",
            "source_types": list(mapping.source_types),
            "fields": [
                {"name": f"@{schema}.{name}", "value": expression_node(parsed_expression(text))}
                for name, text in mapping.fields.items()
            ],
        }
        for mapping in load_mappings(schema)
    ]
    return _core.Transform(json.dumps({"steps": steps}).encode())
