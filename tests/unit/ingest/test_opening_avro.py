"""Avro: every record once, values as exact as the file has them; a damaged block costs no other."""

from __future__ import annotations

import datetime
import io
import json
import uuid
from decimal import Decimal
from typing import Any

import fastavro
import pytest

from lakebed import config
from tests.opened import SIZES, damages, opened, zipped

SCHEMA: dict[str, Any] = {  # Any: as fastavro has schemas
    "type": "record",
    "name": "Row",
    "fields": [{"name": "n", "type": "long"}, {"name": "text", "type": ["null", "string"]}],
}
ROWS = [{"n": n, "text": None if n % 7 == 0 else f"row {n}"} for n in range(5000)]


def avro(rows: list[Any], schema: Any = SCHEMA, codec: str = "null", block: int = 2000) -> bytes:  # Any: as above
    file = io.BytesIO()
    fastavro.writer(file, schema, rows, codec=codec, sync_interval=block, sync_marker=b"S" * 16)
    return file.getvalue()


def read(data: bytes, piece_bytes: int = 1 << 18) -> tuple[list[Any], list[tuple[int, str]]]:
    members, findings = opened(data, piece_bytes=piece_bytes)
    assert findings.format == "avro"
    lines = [json.loads(line, parse_float=Decimal) for _, text in members for line in text.splitlines()]
    return lines, damages(findings)


@pytest.mark.parametrize("piece_bytes", SIZES)
def test_all_rows_in_order(piece_bytes: int) -> None:
    assert read(avro(ROWS), piece_bytes) == (ROWS, [])


@pytest.mark.parametrize("codec", ["deflate", "bzip2", "xz", "snappy"])
def test_codecs(codec: str) -> None:
    assert read(avro(ROWS, codec=codec)) == (ROWS, [])


def test_a_codec_that_is_not_known_is_told() -> None:
    data = avro(ROWS, codec="lz4")
    rows, found = read(data)
    assert rows == []
    assert [one[1] for one in found] == ["blocks of the Avro file are compressed by 'lz4', which is not known"]


def test_zstandard() -> None:
    import cramjam

    plain = avro(ROWS)
    head, first = plain.index(b"S" * 16) + 16, plain.index(b"S" * 16, 500)
    count, at = _varint(plain, head)
    size, at = _varint(plain, at)
    packed = bytes(cramjam.zstd.compress(plain[at : at + size]))
    assert at + size == first
    header = plain[:head].replace(b"\x14avro.codec\x08null", b"\x14avro.codec\x12zstandard")
    data = header + _long(count) + _long(len(packed)) + packed + b"S" * 16
    assert read(data) == (ROWS[:count], [])


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 0x80:
            return (value >> 1) ^ -(value & 1), at


def _long(value: int) -> bytes:
    value <<= 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


UTC = datetime.UTC
VALUES: list[tuple[str, Any, Any, Any]] = [  # Any: types and values of Avro, values of JSON
    ("bytes", "bytes", b"text", "text"),
    ("binary", "bytes", b"\xff\x00", "/wA="),
    ("fixed", {"type": "fixed", "name": "F", "size": 2}, b"\xff\xff", "//8="),
    ("double", "double", 0.1, Decimal("0.1")),
    ("array", {"type": "array", "items": "long"}, [1, 2], [1, 2]),
    ("map", {"type": "map", "values": "bytes"}, {"a": b"b"}, {"a": "b"}),
    ("enum", {"type": "enum", "name": "E", "symbols": ["X", "Y"]}, "Y", "Y"),
    ("union", ["null", "long", "string"], "x", "x"),
    (
        "record",
        {"type": "record", "name": "R", "fields": [{"name": "a", "type": ["null", "bytes"]}]},
        {"a": b"x"},
        {"a": "x"},
    ),
    (
        "millis",
        {"type": "long", "logicalType": "timestamp-millis"},
        datetime.datetime(2026, 1, 2, 3, 4, 5, 678000, UTC),
        "2026-01-02T03:04:05.678000Z",
    ),
    (
        "micros",
        {"type": "long", "logicalType": "timestamp-micros"},
        datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, UTC),
        "2026-01-02T03:04:05.678901Z",
    ),
    (
        "local",
        {"type": "long", "logicalType": "local-timestamp-micros"},
        datetime.datetime(2026, 1, 2, 3, 4, 5, 1),  # noqa: DTZ001 - a time without a zone is meant
        "2026-01-02T03:04:05.000001Z",
    ),
    ("date", {"type": "int", "logicalType": "date"}, datetime.date(2026, 1, 2), "2026-01-02"),
    ("time", {"type": "int", "logicalType": "time-millis"}, datetime.time(1, 2, 3), "01:02:03"),
    (
        "decimal",
        {"type": "bytes", "logicalType": "decimal", "precision": 30, "scale": 9},
        Decimal("123456789012345678901.123456789"),
        Decimal("123456789012345678901.123456789"),
    ),
    (
        "uuid",
        {"type": "string", "logicalType": "uuid"},
        uuid.UUID("12345678-1234-5678-1234-567812345678"),
        "12345678-1234-5678-1234-567812345678",
    ),
]


@pytest.mark.parametrize(("name", "kind", "value", "expected"), VALUES, ids=[case[0] for case in VALUES])
def test_values(name: str, kind: Any, value: Any, expected: Any) -> None:
    schema = {"type": "record", "name": "Row", "fields": [{"name": name, "type": kind}]}
    assert read(avro([{name: value}], schema)) == ([{name: expected}], [])


def test_a_schema_that_is_no_record() -> None:
    assert read(avro([1, 2], "long")) == ([1, 2], [])


def test_a_cut_file_gives_what_precedes() -> None:
    data = avro(ROWS)
    cut = len(data) * 2 // 3
    rows, found = read(data[:cut])
    assert rows == ROWS[: len(rows)]
    assert len(rows) > 3000
    ((offset, reason),) = found
    assert reason == "ends in the middle of an Avro file"
    assert cut - 2100 < offset <= cut
    for short in (5, 60, data.index(b"S" * 16) + 3):
        rows, found = read(data[:short])
        assert (rows, [one[1] for one in found]) == ([], ["ends in the middle of an Avro file"])


@pytest.mark.parametrize("codec", ["deflate", "snappy", "bzip2"])
def test_a_damaged_block_costs_no_other(codec: str) -> None:
    data = bytearray(avro(ROWS, codec=codec, block=20_000))
    start = data.index(b"S" * 16) + 16
    data[start + 60] ^= 0xFF
    rows, found = read(bytes(data))
    whole = read(avro(ROWS, codec=codec, block=20_000))[0]
    assert whole[-len(rows) :] == rows
    assert 0 < len(rows) < len(whole)
    ((offset, reason),) = found
    assert offset == start
    assert reason.startswith("a block of the Avro file is damaged: ")


def test_a_damaged_size_is_passed_over_by_the_mark() -> None:
    data = bytearray(avro(ROWS))
    start = data.index(b"S" * 16) + 16
    data[start + 2] ^= 0x15
    rows, found = read(bytes(data))
    assert rows == ROWS[-len(rows) :]
    assert len(rows) > 4000
    assert found == [(start, "a block of the Avro file is damaged: no block has such a size")]


def test_a_damaged_schema_is_told() -> None:
    data = avro(ROWS).replace(b'"type": "record"', b'"type": "rekord"')
    rows, found = read(data)
    assert rows == []
    assert [one[1].startswith("the schema of the Avro file is damaged: ") for one in found] == [True]


@pytest.mark.parametrize("codec", ["deflate", "snappy", "xz"])
def test_a_block_that_is_a_bomb_is_refused(codec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = avro([{"n": 1, "text": "x" * 50_000}], codec=codec)
    monkeypatch.setattr(config, "OPENING_RECORD_BYTES_MAX", 20_000)
    rows, found = read(data)
    assert rows == []
    reason = "a block of the Avro file is damaged: it unfolds to more than 20000 bytes"
    assert [one[1] for one in found] == [reason]


def test_in_an_archive() -> None:
    members, findings = opened(zipped([("t.avro", avro(ROWS)), ("a.log", b"x\n")]))
    assert [(name, text.count(b"\n")) for name, text in members] == [("t.avro", 5000), ("a.log", 1)]
    assert findings.damages == []
