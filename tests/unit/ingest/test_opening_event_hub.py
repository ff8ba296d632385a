"""What an Event Hub has captured: the messages' records are events, and nothing of a message is lost."""

from __future__ import annotations

import io
import json
from typing import Any

import fastavro

from lakebed.ingest.parsed import ParsedObject
from lakebed.ingest.settings import SourceSettings

SCHEMA: dict[str, Any] = {  # Any: as fastavro has schemas
    "type": "record",
    "name": "EventData",
    "namespace": "Microsoft.ServiceBus.Messaging",
    "fields": [
        {"name": "SequenceNumber", "type": "long"},
        {"name": "Offset", "type": "string"},
        {"name": "EnqueuedTimeUtc", "type": "string"},
        {"name": "SystemProperties", "type": {"type": "map", "values": ["long", "double", "string", "bytes"]}},
        {"name": "Properties", "type": {"type": "map", "values": ["long", "double", "string", "bytes", "null"]}},
        {"name": "Body", "type": ["null", "bytes"]},
    ],
}
ENQUEUED = "1/15/2026 10:14:09 AM"
SIGN_IN = (
    '{"time":"2026-01-15T10:14:0%d.5Z","resourceId":"/t","operationName":"Sign-in activity","category":"SignInLogs",'
    '"durationMs":1.50}'
)
AROUND = f'"SequenceNumber":%d,"Offset":"%d","EnqueuedTimeUtc":"{ENQUEUED}"'


def captured(*bodies: bytes | None, properties: dict[str, Any] | None = None) -> list[tuple[str, str, str]]:
    """JSON, source type and time of each event of a file with these messages."""
    messages = [
        {
            "SequenceNumber": number,
            "Offset": str(number),
            "EnqueuedTimeUtc": ENQUEUED,
            "SystemProperties": {},
            "Properties": properties or {},
            "Body": body,
        }
        for number, body in enumerate(bodies)
    ]
    file = io.BytesIO()
    fastavro.writer(file, SCHEMA, messages, codec="deflate")
    parsed = ParsedObject("file:///c.avro", [file.getvalue()], SourceSettings(), modified_ns=1_700_000_000_000_000_000)
    found = [(one.json.decode(), one.metadata["@lb.source_type"], one.metadata["@lb.time"]) for one in parsed]
    assert (parsed.report.format, parsed.report.damage) == ("avro", None)
    return found


def test_records_are_events_as_from_a_storage_account() -> None:
    body = f'{{"records": [{SIGN_IN % 1}, {SIGN_IN % 2}]}}'.encode()
    assert captured(body, body[:-1] + b',"more":{"a":[1]}}') == [
        (
            f"{SIGN_IN[:-1] % second},{AROUND % (number, number)}{more}}}",
            "azure:signin",
            f"2026-01-15T10:14:0{second}.5Z",
        )
        for number, more in ((0, ""), (1, ',"more":{"a":[1]}'))
        for second in (1, 2)
    ]


def test_an_object_without_records_is_one_event_and_properties_stay() -> None:
    found = captured(b'{"time":"2026-01-15T10:14:01Z","Offset":"own"}', properties={"k": "v"})
    expected = f'{{"SequenceNumber":0,"Offset":"own","EnqueuedTimeUtc":"{ENQUEUED}","Properties":{{"k":"v"}},'
    assert found == [(f'{expected}"time":"2026-01-15T10:14:01Z"}}', "avro", "2026-01-15T10:14:01Z")]


def test_what_is_no_object_stays_as_it_is() -> None:
    for body in (b"plain text", b"[1]", b"{}", b'{"records": [1]}', b'{"records": 5}', None, b"\xff\xfe"):
        (event,) = captured(body)
        assert json.loads(event[0])["SequenceNumber"] == 0
        shown = json.loads(event[0]).get("Body")
        assert shown == {None: None, b"\xff\xfe": "//4="}.get(body, body.decode("latin-1") if body else None)
