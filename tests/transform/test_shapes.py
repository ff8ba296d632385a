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
    from collections.abc import Callable
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


def cloudwatch(event: Json) -> Json:
    """As a subscription has it."""
    message = {"id": "1", "timestamp": 1768472042000, "message": json.dumps(event)}
    around = {"messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "g", "logStream": "s", "subscriptionFilters": []}
    return {**around, "logEvents": [message]}


def eventbridge(event: Json) -> Json:
    """As a rule delivers it."""
    around = {"version": "0", "id": "c", "detail-type": "x", "source": "y", "account": "1", "region": "r"}
    return {**around, "time": "2026-01-15T10:14:02Z", "resources": [], "detail": event}


def winlogbeat(event: Json) -> Json:
    """As Winlogbeat writes it."""
    data = {name: value for name, value in event.items() if name not in shapes_of("windows")[0].names}
    winlog = {"channel": event["Channel"], "event_id": str(event["EventID"]), "event_data": data}
    winlog |= {"provider_name": event.get("Provider_Name"), "computer_name": event.get("Computer")}
    winlog |= {"record_id": event.get("EventRecordID"), "keywords": [event.get("Keywords")]}
    return {"@timestamp": event.get("TimeCreated"), "winlog": winlog}


def evtx_dump(event: Json) -> Json:
    """As `evtx_dump` writes it."""
    data = {name: value for name, value in event.items() if name not in shapes_of("windows")[1].names}
    system = {name: event.get(name) for name in ("Channel", "Computer", "EventID", "EventRecordID", "Keywords")}
    system["Provider"] = {"#attributes": {"Name": event.get("Provider_Name")}}
    system["TimeCreated"] = {"#attributes": {"SystemTime": event.get("TimeCreated")}}
    return {"Event": {"System": system, "EventData": data}}


@pytest.mark.parametrize(
    ("file", "envelope"),
    [
        ("kubernetes", cloudwatch),
        ("cloudtrail", cloudwatch),
        ("cloudtrail", eventbridge),
        ("okta", eventbridge),
        ("windows", winlogbeat),
        ("windows", evtx_dump),
    ],
)
def test_real_envelopes_are_known_by_their_content(file: str, envelope: Callable[[Json], Json]) -> None:
    events = [one.event for one in sample_events.source_events(file)]
    events = [event for event in events if "Hostname" not in event and "SourceName" not in event]
    expected = transformed(events, mappings_by_file("ecs")[file].source_types[0])
    settings = SourceSettings(transform=lakebed.load_transform(*TRANSFORMS))
    for event, wanted in zip(events, expected, strict=True):
        data = json.dumps(envelope(event)).encode()
        (found,) = ParsedObject("file:///e.json", [data], settings, modified_ns=MODIFIED_NS)
        read = json.loads(found.json)
        assert {schema: read.get(f"@{schema}") for schema in TRANSFORMS} == wanted


def test_an_audit_event_of_aks_is_opened_first(tmp_path: Path) -> None:
    path = tmp_path / "t.toml"
    path.write_text('[[step]]\nparse_json = "properties.log"\n[[step]]\nnormalize = "ecs"\n')
    (event, *_) = [one.event for one in sample_events.source_events("kubernetes")]
    record = {"operationName": "x", "category": "kube-audit", "time": "2026-01-15T10:14:02Z"}
    data = json.dumps({"records": [{**record, "properties": {"log": json.dumps(event)}}]}).encode()
    settings = SourceSettings(transform=lakebed.load_transform(path))
    (found,) = ParsedObject("file:///e.json", [data], settings, modified_ns=MODIFIED_NS)
    (wanted,) = transformed([event], "kubernetes:audit")
    assert (found.metadata["@lb.source_type"], json.loads(found.json)["@ecs"]) == ("azure:aks", wanted["ecs"])


@pytest.mark.parametrize("file", mappings_by_file("ecs"))
def test_lines_that_did_not_parse_get_nothing(file: str) -> None:
    for source_type in mappings_by_file("ecs")[file].source_types:
        assert transformed([{"message": "x"}, {"nextPageToken": "y"}], source_type) == [{"ecs": None, "ocsf": None}] * 2


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
