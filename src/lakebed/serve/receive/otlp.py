"""OTLP/HTTP logs: a line for each element of `resourceLogs`, as OTLP's JSON has it, which the engine reads.

JSON stays as it was sent, byte for byte. Protocol buffers become the same JSON here: trace and span ids as hexadecimal
digits, 64-bit numbers as texts. A record without any time gets that of its arrival as `observedTimeUnixNano`, as the
protocol asks of who receives it.
"""

from __future__ import annotations

import base64
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from lakebed.errors import UsageError
from lakebed.serve.receive.documents import on_one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
    from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
    from opentelemetry.proto.resource.v1.resource_pb2 import Resource

DEPTH_MAX = 60
"""Values within each other; the library refuses more than 100 messages within each other."""


class OtlpError(Exception):
    """A body that is none of the protocol's; the client must not send it again."""


@dataclass(frozen=True)
class Logs:
    """What a request brought. `rejected` counts records in elements that are too long, and is told to the client."""

    lines: list[bytes]
    records: int
    rejected: int = 0


class _Record(msgspec.Struct):
    time: str | int | None = msgspec.field(name="timeUnixNano", default=None)
    observed: str | int | None = msgspec.field(name="observedTimeUnixNano", default=None)


class _Scope(msgspec.Struct):
    records: list[_Record] | None = msgspec.field(name="logRecords", default=None)


class _Element(msgspec.Struct):
    scopes: list[_Scope] | None = msgspec.field(name="scopeLogs", default=None)


class _Request(msgspec.Struct):
    elements: list[msgspec.Raw] | None = msgspec.field(name="resourceLogs", default=None)


_request = msgspec.json.Decoder(_Request)
_element = msgspec.json.Decoder(_Element)

_NO_TIME = (None, 0, "", "0")


def json_logs(body: bytes, line_bytes: int, now_ns: int) -> Logs:
    """The lines of a body in JSON. Raises `OtlpError`."""
    lines: list[bytes] = []
    total = rejected = 0
    try:
        elements = _request.decode(body).elements or []
        for raw in elements:
            text = bytes(raw)
            scopes = _element.decode(text).scopes or []
            records = [record for scope in scopes for record in scope.records or []]
            if any(one.time in _NO_TIME and one.observed in _NO_TIME for one in records):
                text = _with_times(text, now_ns)
            line = b'{"resourceLogs":[' + on_one_line(text) + b"]}"
            total += len(records)
            if len(line) > line_bytes:
                rejected += len(records)
            elif records:
                lines.append(line)
    except (msgspec.DecodeError, RecursionError) as error:
        raise OtlpError(f"the body is no ExportLogsServiceRequest in JSON: {error}") from None
    return Logs(lines, total, rejected)


def _with_times(text: bytes, now_ns: int) -> bytes:
    """The element with a time for each record that has none. Numbers may change their spelling by that."""
    element = json.loads(text.decode("utf-8", "replace"))
    for scope in element.get("scopeLogs") or []:
        for record in scope.get("logRecords") or []:
            if record.get("timeUnixNano") in _NO_TIME and record.get("observedTimeUnixNano") in _NO_TIME:
                record["observedTimeUnixNano"] = str(now_ns)
    return json.dumps(element, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def protobuf_logs(body: bytes, line_bytes: int, now_ns: int) -> Logs:
    """The lines of a body in protocol buffers. Raises `OtlpError`, and `UsageError` without the package."""
    try:
        from google.protobuf.message import DecodeError
        from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
    except ImportError:
        raise UsageError(
            "OTLP in protocol buffers needs a package that is not installed: pip install 'lakebed[server]'"
        ) from None
    request = ExportLogsServiceRequest()
    try:
        request.ParseFromString(body)
    except DecodeError:
        raise OtlpError("the body is no ExportLogsServiceRequest in protocol buffers") from None
    lines: list[bytes] = []
    total = rejected = 0
    for element in request.resource_logs:
        records = sum(len(scope.log_records) for scope in element.scope_logs)
        total += records
        line = b'{"resourceLogs":[' + msgspec.json.encode(_resource_logs(element, now_ns)) + b"]}"
        if len(line) > line_bytes:
            rejected += records
        elif records:
            lines.append(line)
    return Logs(lines, total, rejected)


def _resource_logs(element: ResourceLogs, now_ns: int) -> dict[str, object]:
    found: dict[str, object] = {}
    if element.HasField("resource"):
        found["resource"] = _resource(element.resource)
    found["scopeLogs"] = [_scope_logs(scope, now_ns) for scope in element.scope_logs]
    return _with_url(found, element.schema_url)


def _resource(resource: Resource) -> dict[str, object]:
    found: dict[str, object] = {"attributes": _attributes(resource.attributes)}
    if resource.dropped_attributes_count:
        found["droppedAttributesCount"] = resource.dropped_attributes_count
    return found


def _scope_logs(scope: ScopeLogs, now_ns: int) -> dict[str, object]:
    found: dict[str, object] = {}
    if scope.HasField("scope"):
        found["scope"] = _scope(scope.scope)
    found["logRecords"] = [_record(record, now_ns) for record in scope.log_records]
    return _with_url(found, scope.schema_url)


def _scope(scope: InstrumentationScope) -> dict[str, object]:
    found: dict[str, object] = {"name": scope.name}
    if scope.version:
        found["version"] = scope.version
    if scope.attributes:
        found["attributes"] = _attributes(scope.attributes)
    return found


def _with_url(found: dict[str, object], url: str) -> dict[str, object]:
    if url:
        found["schemaUrl"] = url
    return found


def _record(record: LogRecord, now_ns: int) -> dict[str, object]:
    observed = record.observed_time_unix_nano or (0 if record.time_unix_nano else now_ns)
    found: dict[str, object] = {}
    if record.time_unix_nano:
        found["timeUnixNano"] = str(record.time_unix_nano)
    if observed:
        found["observedTimeUnixNano"] = str(observed)
    told = (
        ("severityNumber", int(record.severity_number)),
        ("severityText", record.severity_text),
        ("droppedAttributesCount", record.dropped_attributes_count),
        ("flags", record.flags),
        ("traceId", record.trace_id.hex()),
        ("spanId", record.span_id.hex()),
        ("eventName", getattr(record, "event_name", "")),
    )
    found |= {name: value for name, value in told if value}
    if record.HasField("body"):
        found["body"] = _value(record.body, 0)
    found["attributes"] = _attributes(record.attributes)
    return found


def _attributes(pairs: Iterable[KeyValue], depth: int = 0) -> list[dict[str, object]]:
    return [{"key": pair.key, "value": _value(pair.value, depth)} for pair in pairs]


def _value(value: AnyValue, depth: int) -> dict[str, object]:
    """A value in its wrapping, as OTLP's JSON writes it."""
    kind = value.WhichOneof("value")
    if depth > DEPTH_MAX:
        raise OtlpError(f"values are nested deeper than {DEPTH_MAX}")
    if kind == "string_value":
        return {"stringValue": value.string_value}
    if kind == "int_value":
        return {"intValue": str(value.int_value)}
    if kind == "bool_value":
        return {"boolValue": value.bool_value}
    if kind == "double_value":
        return {"doubleValue": _double(value.double_value)}
    if kind == "bytes_value":
        return {"bytesValue": base64.b64encode(value.bytes_value).decode()}
    if kind == "array_value":
        return {"arrayValue": {"values": [_value(one, depth + 1) for one in value.array_value.values]}}
    if kind == "kvlist_value":
        return {"kvlistValue": {"values": _attributes(value.kvlist_value.values, depth + 1)}}
    return {}


def _double(number: float) -> float | str:
    """JSON has no word for these; the mapping of protocol buffers writes texts."""
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
