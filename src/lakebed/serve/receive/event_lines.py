"""What a document becomes in a raw object: its own line, and a time where nothing of it may tell one.

An event without a time would have that of the event before it in its object, and that is another client's. So one that
has none of the usual names at its top is given the time of its arrival as `eventTime`, the first name that the engine
asks. An object that holds an array of objects may be an envelope of events, which have their own: it stays as it is.
"""

from __future__ import annotations

import re
import time

import msgspec

from lakebed.native import formats
from lakebed.serve.receive.documents import quoted, with_members, without_surrogates

EVENT_TIME = "eventTime"

_MAY_BE_ENVELOPE = re.compile(rb"\[\s*\{")


class _Format(msgspec.Struct):
    name: str
    time_fields: list[str]


def _usual_names() -> list[str]:
    """Where the engine looks for the time of JSON of which nothing more is known."""
    known = msgspec.json.decode(formats(), type=list[_Format])
    names = next(one.time_fields for one in known if one.name == "json")
    assert names[0] == EVENT_TIME, "another name is asked first"
    return names


_FIRST = "field0"
_names = {f"field{place}": name for place, name in enumerate(_usual_names())}
_fields = [(name, msgspec.Raw | msgspec.UnsetType, msgspec.UNSET) for name in _names]
_Times = msgspec.defstruct("_Times", _fields, rename=_names)
_NO_TIMES = _Times()
_times = msgspec.json.Decoder(_Times)


def arrival_time(now: float) -> bytes:
    """A time of arrival as events show it, in milliseconds; a JSON text.

    >>> arrival_time(1_767_323_045.25)
    b'"2026-01-02T03:04:05.250Z"'
    """
    milliseconds = int(now * 1000)
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(milliseconds // 1000))
    return f'"{text}.{milliseconds % 1000:03d}Z"'.encode()


def json_line(document: bytes, arrival: bytes) -> bytes:
    """The line of a JSON document. `arrival` is as `arrival_time` has it."""
    if not document.startswith(b"{"):
        return message_line(document, arrival)
    if _MAY_BE_ENVELOPE.search(document) or tells_time(document):
        return document
    return with_members(document, b'"eventTime":' + arrival)


def text_line(text: bytes, arrival: bytes) -> bytes:
    """The line of text that is no JSON."""
    return message_line(quoted(text), arrival)


def message_line(value: bytes, time: bytes, more: bytes = b"") -> bytes:
    """The line of a value that is no object; `value` and `time` are JSON, `more` are members with a comma first."""
    return b'{"message":' + value + b',"eventTime":' + time + more + b"}"


def tells_time(document: bytes) -> bool:
    """Whether an object has a member at its top whose name is usual for times."""
    return bool(_members(document) != _NO_TIMES)


def has_event_time(document: bytes) -> bool:
    """Whether an object has a member `eventTime` at its top."""
    return getattr(_members(document), _FIRST) is not msgspec.UNSET


def _members(document: bytes) -> msgspec.Struct:
    try:
        return _times.decode(document)
    except msgspec.DecodeError:
        return _times.decode(without_surrogates(document))
