"""Events that stand within those of another source get the same fields of a schema as they get alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import lakebed
from lakebed.ingest.parsed import ParsedObject
from lakebed.ingest.settings import SourceSettings
from lakebed.transform.mappings import mappings_by_file
from lakebed.transform.shapes import mappings_with_shapes, shapes_of
from tests.transform import sample_events
from tests.transform.mapped import MODIFIED_NS, compiled, nested

if TYPE_CHECKING:
    from pathlib import Path

    from lakebed.transform.shapes import Shape

Json = dict[str, Any]  # an event
SHAPES = [(file, place) for file in mappings_with_shapes() for place, _ in enumerate(shapes_of(file))]
TRANSFORMS = ("ecs", "ocsf")


def transformed(events: list[Json], source_type: str) -> list[Json]:
    """What the engine adds to these events."""
    settings = SourceSettings(source_type=source_type, transform=lakebed.load_transform(*TRANSFORMS))
    data = b"".join(json.dumps(event).encode() + b"\n" for event in events)
    parsed = ParsedObject("file:///events.json", [data], settings, modified_ns=MODIFIED_NS)
    found = [json.loads(one.json) for one in parsed]
    assert parsed.report.transform_errors == 0
    return [{schema: event.get(f"@{schema}") for schema in TRANSFORMS} for event in found]


def wrapped(shape: Shape, event: Json) -> Json:
    """The event as the shape has it."""
    flat: Json = {"wrapped": True}
    for name, value in event.items():
        place = shape.place(name)
        flat[place.removesuffix("[0]")] = [value] if place.endswith("[0]") else value
    return nested(flat)


@pytest.mark.parametrize(("file", "place"), SHAPES)
def test_what_is_within_another_event_is_mapped_as_it_is_alone(file: str, place: int) -> None:
    shape = shapes_of(file)[place]
    own_type = mappings_by_file("ecs")[file].source_types[0]
    events = [one.event for one in sample_events.source_events(file)]
    expected = transformed(events, own_type)
    assert len(events) >= 3
    assert all(one["ecs"] and one["ocsf"] for one in expected)
    for source_type in shape.source_types:
        assert transformed([wrapped(shape, event) for event in events], source_type) == expected


@pytest.mark.parametrize(("file", "place"), SHAPES)
def test_other_events_of_such_a_source_get_nothing(file: str, place: int) -> None:
    shape = shapes_of(file)[place]
    other = [one for one in shape.source_types if one not in mappings_by_file("ecs")[file].source_types]
    for source_type in other if shape.when else ():
        assert transformed([{"a": 1}], source_type) == [{"ecs": None, "ocsf": None}]


@pytest.mark.parametrize(("file", "place"), SHAPES)
def test_names_are_those_that_the_mapping_reads(file: str, place: int) -> None:
    read = {
        column
        for schema in TRANSFORMS
        for text in mappings_by_file(schema)[file].fields.values()
        for column in compiled(text).columns()
    }
    assert set(shapes_of(file)[place].names) - read == set()


def test_a_condition_of_the_step_counts_too(tmp_path: Path) -> None:
    path = tmp_path / "t.toml"
    path.write_text('[[step]]\nnormalize = "ecs"\nwhen = "keep_it = true"\n')
    settings = SourceSettings(source_type="aws:eks", transform=lakebed.load_transform(path))
    event = {"event": {"auditID": "a", "verb": "get"}}
    lines = [json.dumps({**event, "keep_it": keep}).encode() + b"\n" for keep in (True, False)]
    parsed = ParsedObject("file:///e.json", lines, settings, modified_ns=MODIFIED_NS)
    actions = [json.loads(one.json).get("@ecs", {}).get("event", {}).get("action") for one in parsed]
    assert actions == ["get", None]
