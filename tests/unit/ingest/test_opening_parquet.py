"""Parquet: every row once, values as exact as the file has them."""

from __future__ import annotations

import datetime
import io
import json
import sys
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lakebed import config
from lakebed.errors import IngestError
from lakebed.ingest.opening.front import Opening
from lakebed.ingest.settings import SourceSettings
from tests.opened import SIZES, damages, opened, zipped


def parquet(table: pa.Table, **options: Any) -> bytes:  # Any: options of pyarrow
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    return file.getvalue()


def rows(data: bytes, piece_bytes: int = 1 << 18) -> list[dict[str, Any]]:  # Any: values of JSON
    members, findings = opened(data, piece_bytes=piece_bytes)
    assert (findings.format, findings.damages) == ("parquet", [])
    return [json.loads(line, parse_float=Decimal) for _, text in members for line in text.splitlines()]


NUMBERS = pa.table({"n": pa.array(range(10_000), pa.int64()), "text": [f"row {n}" for n in range(10_000)]})


@pytest.mark.parametrize("piece_bytes", SIZES[2:])
@pytest.mark.parametrize("group", [100, 3000, 1 << 20])
def test_all_rows_in_order(group: int, piece_bytes: int) -> None:
    found = rows(parquet(NUMBERS, row_group_size=group), piece_bytes)
    assert found == [{"n": n, "text": f"row {n}"} for n in range(10_000)]


CASES: list[tuple[str, pa.DataType, list[Any], list[Any]]] = [
    ("int", pa.int64(), [2**63 - 1, -(2**63), None], [2**63 - 1, -(2**63), None]),
    ("uint", pa.uint64(), [2**64 - 1], [2**64 - 1]),
    ("bool", pa.bool_(), [True, False, None], [True, False, None]),
    ("float", pa.float64(), [0.1, float("nan"), float("inf"), None], [Decimal("0.1"), None, None, None]),
    ("text", pa.string(), ["a\n\u20ac", "", None], ["a\n\u20ac", "", None]),
    ("decimal", pa.decimal128(38, 9), [Decimal("12345678901234567890.123456789"), None], []),
    ("bytes", pa.binary(), [b"text", b"\xff\x00", None], ["text", "/wA=", None]),
    ("fixed", pa.binary(4), [b"abcd", b"\xff\xff\xff\xff"], ["abcd", "/////w=="]),
    ("seconds", pa.timestamp("s"), [0, 1_700_000_000], ["1970-01-01T00:00:00Z", "2023-11-14T22:13:20Z"]),
    ("millis", pa.timestamp("ms", "UTC"), [1, None], ["1970-01-01T00:00:00.001Z", None]),
    ("micros", pa.timestamp("us", "Europe/Berlin"), [-1], ["1969-12-31T23:59:59.999999Z"]),
    ("nanos", pa.timestamp("ns"), [1_700_000_000_123_456_789], ["2023-11-14T22:13:20.123456789Z"]),
    ("far", pa.timestamp("us"), [2**62], [str(2**62)]),
    ("date", pa.date32(), [datetime.date(2026, 1, 2), None], ["2026-01-02", None]),
    ("time", pa.time64("us"), [3_723_000_004, None], ["01:02:03.000004", None]),
    ("list", pa.list_(pa.int64()), [[1, None], [], None], [[1, None], [], None]),
    ("times", pa.list_(pa.timestamp("ns")), [[1], None], [["1970-01-01T00:00:00.000000001Z"], None]),
    ("fixed_list", pa.list_(pa.int64(), 2), [[1, 2], [3, 4]], [[1, 2], [3, 4]]),
    (
        "struct",
        pa.struct([("a", pa.int64()), ("b", pa.struct([("c", pa.binary())]))]),
        [{"a": 1, "b": {"c": b"x"}}, {"a": None, "b": None}, None],
        [{"a": 1, "b": {"c": "x"}}, {"a": None, "b": None}, None],
    ),
    (
        "map",
        pa.map_(pa.string(), pa.date32()),
        [[("k", datetime.date(2026, 1, 2))], [], None],
        [{"k": "2026-01-02"}, {}, None],
    ),
    ("pairs", pa.map_(pa.int64(), pa.string()), [[(1, "a")]], [[{"key": 1, "value": "a"}]]),
    (
        "structs",
        pa.list_(pa.struct([("ip", pa.string()), ("at", pa.timestamp("s"))])),
        [[{"ip": "10.0.0.1", "at": 0}], [{"ip": None, "at": None}, None]],
        [[{"ip": "10.0.0.1", "at": "1970-01-01T00:00:00Z"}], [{"ip": None, "at": None}, None]],
    ),
    ("null", pa.null(), [None], [None]),
    ("words", pa.dictionary(pa.int32(), pa.string()), ["a", "b", None], ["a", "b", None]),
]


@pytest.mark.parametrize(("name", "kind", "values", "expected"), CASES, ids=[case[0] for case in CASES])
def test_values(name: str, kind: pa.DataType, values: list[Any], expected: list[Any]) -> None:
    expected = values if name == "decimal" else expected
    found = rows(parquet(pa.table({name: pa.array(values, kind)})))
    assert found == [{name: value} for value in expected]


def test_nested_values_across_batches() -> None:
    values = [[{"n": number, "tags": [str(number)] * (number % 3)}] for number in range(7000)]
    kind = pa.list_(pa.struct([("n", pa.int64()), ("tags", pa.list_(pa.string()))]))
    maps = pa.array([[("k", number)] for number in range(7000)], pa.map_(pa.string(), pa.int64()))
    table = pa.table({"rows": pa.array(values, kind), "map": maps})
    assert rows(parquet(table)) == [{"rows": value, "map": {"k": n}} for n, value in enumerate(values)]


def test_flow_logs_have_the_names_of_the_text_form() -> None:
    names = ["account-id", "srcaddr", "dstaddr", "start", "end", "action", "log-status"]
    table = pa.table({name: pa.array(["1"] if "d" in name or "a" in name else [5]) for name in names})
    opening = Opening([parquet(table)], SourceSettings())
    ((settings, text),) = [(member.settings, b"".join(map(bytes, member.chunks))) for member in opening.members()]
    assert settings == SourceSettings(format="json", source_type="aws:vpcflow", time_fields=("start", "end"))
    assert list(json.loads(text)) == [name.replace("-", "_") for name in names]
    assert list(rows(parquet(pa.table({"a-b": [1]})))[0]) == ["a-b"]


def test_an_empty_table_has_no_events() -> None:
    assert rows(parquet(NUMBERS.slice(0, 0))) == []


def test_without_pyarrow_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(IngestError) as caught:
        opened(parquet(NUMBERS))
    assert str(caught.value) == "to read Parquet, pyarrow is needed: pip install 'lakebed[arrow]'"


def test_a_cut_file_has_no_directory() -> None:
    data = parquet(NUMBERS)
    members, findings = opened(data[:-100])
    assert members == []
    ((offset, reason),) = damages(findings)
    assert offset == len(data) - 100
    assert reason.startswith("parquet is damaged: ")


def test_a_damaged_row_group_costs_no_other() -> None:
    data = bytearray(parquet(NUMBERS, row_group_size=2500, compression="zstd"))
    start = pq.ParquetFile(io.BytesIO(data)).metadata.row_group(1).column(0).dictionary_page_offset
    data[start : start + 200] = bytes(200)
    members, findings = opened(bytes(data))
    numbers = [json.loads(line)["n"] for _, text in members for line in text.splitlines()]
    assert numbers == [*range(2500), *range(5000, 10_000)]
    ((offset, reason),) = damages(findings)
    assert offset == start
    assert reason.startswith("row group 1 of the parquet is damaged: ")


def test_more_than_memory_takes_a_file_and_more_than_a_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "OPENING_MEMORY_BYTES", 1000)
    assert len(rows(parquet(NUMBERS))) == 10_000
    monkeypatch.setattr(config, "OPENING_FILE_BYTES_MAX", 20_000)
    members, findings = opened(parquet(NUMBERS), piece_bytes=1000)
    assert members == []
    assert [one[1] for one in damages(findings)] == ["parquet of more than the limit of 20000 bytes"]


def test_in_an_archive() -> None:
    members, findings = opened(zipped([("t.parquet", parquet(NUMBERS)), ("a.log", b"x\n")]))
    assert [(name, text.count(b"\n")) for name, text in members] == [("t.parquet", 10_000), ("a.log", 1)]
    assert findings.damages == []
