"""EVTX files made from a real chunk: its first record as often as wanted, with record numbers that count on."""

from __future__ import annotations

import struct

CHUNK_BYTES = 65536
RECORDS_AT = 512
_BODY_AT = 24
_TEMPLATE_AT = 4 + 2
"""A fragment's header, the mark of a template and a byte that means nothing."""
_FRAGMENT = 0x21
"""The kind of a value that is a fragment of its own."""


def dense_chunk(chunk: bytes, records: int, first: int = 1) -> bytes:
    """A chunk with so many copies of its first record. Only the first holds the templates; the others point to them."""
    size = struct.unpack_from("<I", chunk, RECORDS_AT + 4)[0]
    record = chunk[RECORDS_AT : RECORDS_AT + size]
    body = record[_BODY_AT:-4]
    short = without_templates(body, RECORDS_AT + _BODY_AT)
    out = bytearray(chunk[:RECORDS_AT])
    for number in range(records):
        content = body if number == 0 else short
        total = (_BODY_AT + len(content) + 4 + 7) & ~7
        content = content.ljust(total - _BODY_AT - 4, b"\0")
        out += (
            struct.pack("<4sIQ", b"**\0\0", total, first + number) + record[16:24] + content + struct.pack("<I", total)
        )
    assert len(out) <= CHUNK_BYTES, "too many records"
    struct.pack_into("<QQQQ", out, 8, first, first + records - 1, first, first + records - 1)
    struct.pack_into("<II", out, 44, len(out) - total, len(out))
    return bytes(out).ljust(CHUNK_BYTES, b"\0")


def without_templates(body: bytes, at: int) -> bytes:
    """A fragment that stands at `at` in its chunk, with references to the templates in it instead of them."""
    place = _TEMPLATE_AT + 8
    if struct.unpack_from("<I", body, _TEMPLATE_AT + 4)[0] != at + place:
        return body
    values = place + 24 + struct.unpack_from("<I", body, place + 20)[0]
    count = struct.unpack_from("<I", body, values)[0]
    out = bytearray(body[:place] + body[values : values + 4 + 4 * count])
    data = values + 4 + 4 * count
    for number in range(count):
        size, kind = struct.unpack_from("<HB", body, values + 4 + 4 * number)
        value = body[data : data + size]
        if kind == _FRAGMENT and size:
            value = without_templates(value, at + data)
            struct.pack_into("<H", out, place + 4 + 4 * number, len(value))
        out += value
        data += size
    return bytes(out)
