"""Splunk's HTTP Event Collector: what its events become, and its own words for what is wrong with them.

An event's members stand at the top of its line, so that the engine sees what kind of event it is; what came around it
is below `hec` (`hec.host`, `hec.source`, `hec.sourcetype`, `hec.index`, `hec.time`, `hec.fields`). `time` counts as the
time of the event: it stands there as `eventTime`, unless the event has one of its own.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from lakebed.decoding import json_decoder
from lakebed.serve.receive.documents import documents, quoted, with_members
from lakebed.serve.receive.event_lines import has_event_time, message_line, tells_time

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Reply:
    """An answer in Splunk's words; clients look at the code."""

    status: int
    code: int
    text: str


SUCCESS = Reply(200, 0, "Success")
NO_TOKEN = Reply(401, 2, "Token is required")
BAD_AUTHORIZATION = Reply(401, 3, "Invalid authorization")
BAD_TOKEN = Reply(403, 4, "Invalid token")
NO_DATA = Reply(400, 5, "No data")
BAD_DATA = Reply(400, 6, "Invalid data format")
FAILED = Reply(500, 8, "Internal server error")
BUSY = Reply(503, 9, "Server is busy")
NO_CHANNEL = Reply(400, 10, "Data channel is missing")
BAD_CHANNEL = Reply(400, 11, "Invalid data channel")
NO_EVENT = Reply(400, 12, "Event field is required")
BLANK_EVENT = Reply(400, 13, "Event field cannot be blank")
BAD_FIELDS = Reply(400, 15, "Error in handling indexed fields")
NO_QUERY_TOKENS = Reply(400, 16, "Query string authorization is not enabled")
HEALTHY = Reply(200, 17, "HEC is healthy")
UNHEALTHY = Reply(503, 18, "HEC is unhealthy, queues are full")
STOPPING = Reply(503, 23, "Server is shutting down")
TOO_LARGE = Reply(413, 27, "Request entity too large")

METADATA = ("time", "host", "source", "sourcetype", "index")
"""What an event may have around it, and a raw request in its query string."""

_STARTS = tuple((name, f'"{name}":'.encode()) for name in (*METADATA, "fields"))

_Given = msgspec.Raw | msgspec.UnsetType


class _Envelope(msgspec.Struct):
    event: _Given = msgspec.UNSET
    time: _Given = msgspec.UNSET
    host: _Given = msgspec.UNSET
    source: _Given = msgspec.UNSET
    sourcetype: _Given = msgspec.UNSET
    index: _Given = msgspec.UNSET
    fields: _Given = msgspec.UNSET


_envelope = json_decoder(_Envelope)
_fields = json_decoder(dict[str, str | float | bool | list[str | float | bool | None] | None])

_TIME = re.compile(rb'(-?[0-9]{1,15}(?:\.[0-9]*)?)|"\s*(-?[0-9]{1,15}(?:\.[0-9]*)?)\s*"')
_BLANK = {b'""', b"null"}


class HecError(Exception):
    """A request that is refused as a whole; `number` is that of the event in it, from 0."""

    def __init__(self, reply: Reply, number: int | None = None) -> None:
        super().__init__(reply.text)
        self.reply = reply
        self.number = number


def event_lines(body: bytes, arrival: bytes, line_bytes: int) -> list[bytes]:
    """The lines of a body of events. Raises `HecError`."""
    lines: list[bytes] = []
    for number, piece in enumerate(documents(body)):
        if not piece.is_json:
            raise HecError(BAD_DATA, number)
        if len(piece.text) > line_bytes:
            raise HecError(TOO_LARGE, number)
        try:
            lines.append(_event_line(piece.text, arrival))
        except HecError as error:
            raise HecError(error.reply, number) from None
    if not lines:
        raise HecError(NO_DATA)
    return lines


def raw_lines(body: bytes, arrival: bytes, line_bytes: int, told: Mapping[str, str]) -> list[bytes]:
    """The lines of a raw body; `told` is what the query string says of all of them. Each line is an event.

    Raises `HecError`.
    """
    parts = [start + msgspec.json.encode(told[name]) for name, start in _STARTS if told.get(name)]
    time = _time(msgspec.json.encode(told["time"])) if told.get("time") else None
    hec = b'"hec":{' + b",".join(parts) + b"}" if parts else b""
    lines: list[bytes] = []
    for line in body.split(b"\n"):
        text = line.strip(b"\r")
        if not text.strip():
            continue
        if len(text) > line_bytes:
            raise HecError(TOO_LARGE, len(lines))
        piece = next(documents(text)) if text.lstrip().startswith(b"{") else None
        if piece is not None and piece.is_json and len(piece.text) == len(text.strip()):
            lines.append(_object_line(piece.text, time, arrival, hec))
        else:
            lines.append(message_line(quoted(text), time or arrival, b"," + hec if hec else b""))
    if not lines:
        raise HecError(NO_DATA)
    return lines


def _event_line(document: bytes, arrival: bytes) -> bytes:
    try:
        found = _envelope.decode(document)
    except msgspec.ValidationError:
        raise HecError(BAD_DATA) from None
    except msgspec.DecodeError:
        found = _envelope_with_surrogates(document)
    if found.event is msgspec.UNSET:
        raise HecError(NO_EVENT)
    event = bytes(found.event).strip()
    if event in _BLANK:
        raise HecError(BLANK_EVENT)
    time, parts = None, []
    for name, start in _STARTS:
        value = getattr(found, name)
        if value is msgspec.UNSET:
            continue
        text = bytes(value)
        parts.append(start + text)
        if name == "time" and text != b"null":
            time = _time(text)
        elif name == "fields":
            _check_fields(text)
    hec = b'"hec":{' + b",".join(parts) + b"}" if parts else b""
    if event.startswith(b"{"):
        return _object_line(event, time, arrival, hec)
    return message_line(event, time or arrival, b"," + hec if hec else b"")


def _envelope_with_surrogates(document: bytes) -> _Envelope:
    """Of a document whose texts hold lone surrogates, which msgspec refuses. Its numbers may change their spelling."""
    told = json.loads(document.decode("utf-8", "replace"))
    return _Envelope(
        **{
            name: msgspec.Raw(json.dumps(told[name], separators=(",", ":")).encode())
            for name in _Envelope.__struct_fields__
            if name in told
        }
    )


def _object_line(event: bytes, time: bytes | None, arrival: bytes, hec: bytes) -> bytes:
    """An event without `time` around it may know its own; what else it has is left to the engine."""
    knows = has_event_time(event) if time is not None else tells_time(event)
    members = [] if knows else [b'"eventTime":' + (time or arrival)]
    members += [hec] if hec else []
    return with_members(event, b",".join(members)) if members else event


def _time(value: bytes) -> bytes:
    """Seconds since 1970 as a JSON number, from a number or a text of one. Raises `HecError`."""
    match = _TIME.fullmatch(value)
    if match is None:
        raise HecError(BAD_DATA)
    number = bytes(match[1] or match[2])
    return number + b"0" if number.endswith(b".") else number


def _check_fields(value: bytes) -> None:
    """Splunk takes a flat object: texts, numbers, and lists of them."""
    try:
        _fields.decode(value)
    except (msgspec.DecodeError, RecursionError):
        raise HecError(BAD_FIELDS) from None
