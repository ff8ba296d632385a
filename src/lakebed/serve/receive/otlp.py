"""OTLP/HTTP logs: a line for each log record, with its resource and scope, in OTLP's JSON, which the engine reads.

A line for a whole request would be shorter, but the engine tells what an object is by its first 16 KiB. What was sent
as JSON keeps its spelling. Protocol buffers become the same JSON here: trace and span ids as hexadecimal digits, 64-bit
numbers as texts. A record without any time gets that of its arrival as `observedTimeUnixNano`, as the protocol asks of
who receives it.
"""

from __future__ import annotations

import base64
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from lakebed.decoding import json_decoder
from lakebed.errors import UsageError
from lakebed.serve.receive.documents import on_one_line, with_members

if TYPE_CHECKING:
    from collections.abc import Iterable

    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
    from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
    from opentelemetry.proto.resource.v1.resource_pb2 import Resource

DEPTH_MAX = 60
"""Values within each other; the library refuses more than 100 messages within each other."""


class OtlpError(Exception):
    """A body that is none of the protocol's; the client must not send it again."""


@dataclass(frozen=True)
class Logs:
    """What a request brought. `rejected` counts records that are too long, and is told to the client."""

    lines: list[bytes]
    rejected: int = 0


_Given = msgspec.Raw | msgspec.UnsetType


class _Scope(msgspec.Struct):
    scope: _Given = msgspec.UNSET
    records: list[msgspec.Raw] | None = msgspec.field(name="logRecords", default=None)
    schema_url: _Given = msgspec.field(name="schemaUrl", default=msgspec.UNSET)


class _Element(msgspec.Struct):
    resource: _Given = msgspec.UNSET
    scopes: list[_Scope] | None = msgspec.field(name="scopeLogs", default=None)
    schema_url: _Given = msgspec.field(name="schemaUrl", default=msgspec.UNSET)


class _Request(msgspec.Struct):
    elements: list[_Element] | None = msgspec.field(name="resourceLogs", default=None)


class _Times(msgspec.Struct):
    time: str | int | msgspec.UnsetType | None = msgspec.field(name="timeUnixNano", default=msgspec.UNSET)
    observed: str | int | msgspec.UnsetType | None = msgspec.field(name="observedTimeUnixNano", default=msgspec.UNSET)


_request = json_decoder(_Request)
_times = json_decoder(_Times)

_NO_TIME = (msgspec.UNSET, None, 0, "", "0")


def json_logs(body: bytes, line_bytes: int, now_ns: int) -> Logs:
    """The lines of a body in JSON. Raises `OtlpError`."""
    lines: list[bytes] = []
    rejected = 0
    try:
        for element in _request.decode(body).elements or []:
            for scope in element.scopes or []:
                before, behind = _around_json(element, scope)
                for record in scope.records or []:
                    line = before + _with_time(bytes(record), now_ns) + behind
                    if len(line) > line_bytes:
                        rejected += 1
                    else:
                        lines.append(on_one_line(line))
    except (msgspec.DecodeError, RecursionError) as error:
        raise OtlpError(f"the body is no ExportLogsServiceRequest in JSON: {error}") from None
    return Logs(lines, rejected)


def _around_json(element: _Element, scope: _Scope) -> tuple[bytes, bytes]:
    def member(name: bytes, value: msgspec.Raw | msgspec.UnsetType) -> bytes:
        return b"" if value is msgspec.UNSET else b'"%b":%b,' % (name, bytes(value))

    return _around(
        member(b"resource", element.resource) + member(b"schemaUrl", element.schema_url),
        member(b"scope", scope.scope) + member(b"schemaUrl", scope.schema_url),
    )


def _around(resource: bytes, scope: bytes) -> tuple[bytes, bytes]:
    """What stands before and behind a record; both are members, each with a comma behind it."""
    return b'{"resourceLogs":[{' + resource + b'"scopeLogs":[{' + scope + b'"logRecords":[', b"]}]}]}"


def _with_time(record: bytes, now_ns: int) -> bytes:
    found = _times.decode(record)
    if found.time not in _NO_TIME or found.observed not in _NO_TIME:
        return record
    if found.observed is msgspec.UNSET:
        return with_members(record, b'"observedTimeUnixNano":"%d"' % now_ns)
    told = json.loads(record.decode("utf-8", "replace"))  # its numbers may change their spelling by that
    return json.dumps(told | {"observedTimeUnixNano": str(now_ns)}, separators=(",", ":")).encode()


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
    rejected = 0
    for element in request.resource_logs:
        resource = {"resource": _resource(element.resource)} if element.HasField("resource") else {}
        for scope in element.scope_logs:
            scoped = {"scope": _scope(scope.scope)} if scope.HasField("scope") else {}
            before, behind = _around(_members(resource, element.schema_url), _members(scoped, scope.schema_url))
            for record in scope.log_records:
                line = before + msgspec.json.encode(_record(record, now_ns)) + behind
                if len(line) > line_bytes:
                    rejected += 1
                else:
                    lines.append(line)
    return Logs(lines, rejected)


def _members(found: dict[str, dict[str, object]], url: str) -> bytes:
    told = {**found, "schemaUrl": url} if url else found
    return msgspec.json.encode(told)[1:-1] + b"," if told else b""


def _resource(resource: Resource) -> dict[str, object]:
    found: dict[str, object] = {"attributes": _attributes(resource.attributes)}
    if resource.dropped_attributes_count:
        found["droppedAttributesCount"] = resource.dropped_attributes_count
    return found


def _scope(scope: InstrumentationScope) -> dict[str, object]:
    found: dict[str, object] = {"name": scope.name}
    if scope.version:
        found["version"] = scope.version
    if scope.attributes:
        found["attributes"] = _attributes(scope.attributes)
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
