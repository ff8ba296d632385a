"""Events of Azure in the files that an Event Hub captures: each message in its envelope.

A message of diagnostic settings is an object with an array `records`. Its elements become events, as they do from a
storage account, and what the hub says of the message (`SequenceNumber`, `EnqueuedTimeUtc` …) stands beside their own
members, unless there are such. A message that is another JSON object is one event; all others stay as they are. Values
are handed on as they are spelled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lakebed.decoding import json_decoder

if TYPE_CHECKING:
    from collections.abc import Iterator

    Members = dict[str, msgspec.Raw]

_CAPTURED = {"SequenceNumber", "Offset", "EnqueuedTimeUtc", "Body"}
_members = json_decoder(dict[str, msgspec.Raw])
_elements = json_decoder(list[dict[str, msgspec.Raw]])


def is_capture(schema: Any) -> bool:  # Any: a schema of Avro as JSON
    """Whether records of this schema are messages that a hub has captured.

    >>> is_capture({"type": "record", "name": "EventData", "fields": [{"name": "Body", "type": "bytes"}]})
    False
    """
    fields = schema.get("fields", ()) if isinstance(schema, dict) else ()
    return {one.get("name") for one in fields if isinstance(one, dict)} >= _CAPTURED


def events_of(record: Any) -> Iterator[dict[str, Any]]:  # Any: values of JSON, and those that are spelled already
    """The events of a message, which are at least one.

    >>> message = {"Offset": "7", "Body": '{"records": [{"time": "t", "n": 1.50}, {"time": "u"}]}'}
    >>> [msgspec.json.encode(event) for event in events_of(message)]
    [b'{"time":"t","n":1.50,"Offset":"7"}', b'{"time":"u","Offset":"7"}']
    """
    try:
        body = _members.decode(record["Body"])
        if not body:
            raise msgspec.ValidationError
        records: list[Members] = _elements.decode(body["records"]) if "records" in body else []
    except (msgspec.MsgspecError, KeyError, TypeError, UnicodeError):
        yield record
        return
    around = {name: value for name, value in record.items() if name != "Body" and value not in (None, {})}
    if not records:
        yield {**around, **body}
        return
    around.update((name, value) for name, value in body.items() if name != "records")
    for one in records:
        yield {**one, **{name: value for name, value in around.items() if name not in one}}
