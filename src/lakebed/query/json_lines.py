"""Rows as JSON lines that lose nothing: integers of any size, decimals as written, lone surrogates.

Whole events are copied as the engine wrote them, with where they are from before them: decoding an event and writing it
again takes five times as long as finding it.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from lakebed.model import Row, SpelledDecimal
from lakebed.query.times import format_time

if TYPE_CHECKING:
    from lakebed.model import TableRow


def _spelled(value: object) -> msgspec.Raw:
    """A number as the source spells it."""
    if isinstance(value, SpelledDecimal):
        return msgspec.Raw(str(value).encode())
    raise NotImplementedError(f"no JSON for {type(value).__name__}")


_encoder = msgspec.json.Encoder(decimal_format="number", enc_hook=_spelled)


def json_text(value: object) -> bytes:
    r"""One line of JSON.

    >>> json_text({"a": 123456789012345678901234567890, "b": Decimal("1.10")})
    b'{"a":123456789012345678901234567890,"b":1.10}'
    """
    try:
        return _encoder.encode(value)
    except (OverflowError, UnicodeEncodeError):
        return _slow_text(value).encode()


def json_row(row: Row | TableRow) -> dict[str, object]:
    """An event with its metadata before its own fields; a table's row as it is."""
    if not isinstance(row, Row):
        return dict(row)
    found: dict[str, object] = {"@lb.time": format_time(row.time_ns), "@index": row.index}
    if row.index is None:  # it is from a file, not from a lake
        del found["@index"]
    found |= {"@lb.object": row.object, "@lb.record": row.record}
    return found | {name: value for name, value in row.event.items() if name not in found}


def json_line(row: Row | TableRow) -> bytes:
    """The row as a line."""
    return json_text(json_row(row)) + b"\n"


def event_line(time_ns: int, url: str, record: int, text: bytes, index: str | None) -> bytes:
    r"""The same for a whole event whose JSON is at hand; `index` None: it is from a file, not from a lake.

    >>> event_line(0, "s3://logs/a", 7, b'{"n":1.10}', "web")
    b'{"@lb.time":"1970-01-01T00:00:00Z","@index":"web","@lb.object":"s3://logs/a","@lb.record":7,"n":1.10}\n'
    """
    if not text.startswith(b"{") or b'"@' in text:  # its own fields may have the metadata's names
        return json_line(Row.from_json(time_ns, url, record, text, index))
    home = b"" if index is None else b'"@index":%s,' % json_text(index)
    place = b'%s"@lb.object":%s,"@lb.record":%d' % (home, json_text(url), record)
    own = text[1:] if text == b"{}" else b"," + text[1:]
    return b'{"@lb.time":"%s",%s%s\n' % (format_time(time_ns).encode(), place, own)


def _slow_text(value: object) -> str:
    """For what msgspec refuses: integers beyond 64 bits, lone surrogates."""
    if isinstance(value, dict):
        inner = ",".join(f"{_slow_text(str(key))}:{_slow_text(item)}" for key, item in value.items())
        return "{" + inner + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_slow_text(item) for item in value) + "]"
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, str):
        try:
            return _encoder.encode(value).decode()
        except UnicodeEncodeError:
            return json.dumps(value)
    return json.dumps(value)
