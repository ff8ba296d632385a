"""OTLP's two forms give the same events, and the engine reads them as it reads OTLP anywhere."""

from __future__ import annotations

import json

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from lakebed.serve.receive.otlp import DEPTH_MAX, Logs, OtlpError, json_logs, protobuf_logs
from tests.unit.receive.reading import ARRIVAL_NS, events

JSON = (
    b'{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeLogs":['
    b'{"scope":{"name":"app.login","version":"1.2"},"logRecords":[{"timeUnixNano":"1767323045123456789",'
    b'"severityNumber":9,"severityText":"INFO","body":{"stringValue":"user \\"kim\\" logged in"},"attributes":['
    b'{"key":"n","value":{"intValue":'
    b'"-5"}},{"key":"r","value":{"doubleValue":0.5}},{"key":"ok","value":{"boolValue":false}},{"key":"b","value":'
    b'{"bytesValue":"AP8="}},{"key":"l","value":{"arrayValue":{"values":[{"stringValue":"x"},{}]}}},{"key":"m","value":'
    b'{"kvlistValue":{"values":[{"key":"k","value":{"stringValue":"v"}}]}}}],"traceId":"5b8efff798038103d269b633813fc60c",'
    b'"spanId":"eee19b7ec3c1b174"},{"timeUnixNano":"1767323046000000000","body":{"stringValue":"second"}}]}]}]}'
)
EXPECTED = [
    (
        {
            "timeUnixNano": "1767323045123456789",
            "severityNumber": 9,
            "severityText": "INFO",
            "body": 'user "kim" logged in',
            "attributes": {"n": -5, "r": "0.5", "ok": False, "b": "AP8=", "l": ["x", None], "m": {"k": "v"}},
            "traceId": "5b8efff798038103d269b633813fc60c",
            "spanId": "eee19b7ec3c1b174",
            "resource": {"attributes": {"service.name": "shop"}},
            "scope": {"name": "app.login", "version": "1.2"},
        },
        "2026-01-02T03:04:05.123456789Z",
    ),
    (
        {
            "timeUnixNano": "1767323046000000000",
            "body": "second",
            "resource": {"attributes": {"service.name": "shop"}},
            "scope": {"name": "app.login", "version": "1.2"},
        },
        "2026-01-02T03:04:06Z",
    ),
]


def as_protobuf(text: bytes) -> bytes:
    """The same request by the library: its JSON has ids in base64, so they are set by hand."""
    told = json.loads(text)
    request = ExportLogsServiceRequest()
    ids = []
    for element in told["resourceLogs"]:
        for scope in element["scopeLogs"]:
            ids += [(one.pop("traceId", ""), one.pop("spanId", "")) for one in scope["logRecords"]]
    json_format.ParseDict(told, request)
    records = [r for element in request.resource_logs for scope in element.scope_logs for r in scope.log_records]
    for record, (trace_id, span_id) in zip(records, ids, strict=True):
        record.trace_id, record.span_id = bytes.fromhex(trace_id), bytes.fromhex(span_id)
    return request.SerializeToString()


def test_json_keeps_its_spelling_and_each_record_has_a_line() -> None:
    body = b"""{ "resourceLogs" : [ {"schemaUrl":"r", "resource": { "attributes": [] }, "x": 1, "scopeLogs": [
      {"scope": {"name":"a", "n": 1.50}, "logRecords": [ {"timeUnixNano":"5", "y": 2.50}, {"timeUnixNano":
      6} ], "schemaUrl": "s"}, {"logRecords": [{"timeUnixNano":7}]} ] } ] }"""
    before = b'{"resourceLogs":[{"resource":{ "attributes": [] },"schemaUrl":"r","scopeLogs":[{'
    scope = b'"scope":{"name":"a", "n": 1.50},"schemaUrl":"s",'
    assert json_logs(body, 10_000, 0) == Logs(
        [
            before + scope + b'"logRecords":[{"timeUnixNano":"5", "y": 2.50}]}]}]}',
            before + scope + b'"logRecords":[{"timeUnixNano":       6}]}]}]}',
            before + b'"logRecords":[{"timeUnixNano":7}]}]}]}',
        ]
    )


def test_both_forms_are_the_same_events() -> None:
    assert events(json_logs(JSON, 10_000, 0).lines) == EXPECTED
    found = events(protobuf_logs(as_protobuf(JSON), 10_000, 0).lines)
    # protocol buffers cannot tell no attributes from none
    assert found[1][0].pop("attributes") == {}
    assert found == EXPECTED


@pytest.mark.parametrize("is_json", [True, False])
def test_a_record_without_a_time_has_that_of_its_arrival(is_json: bool) -> None:
    body = b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"0","body":{"stringValue":"a"}},{"body":{}},'
    body += b'{"observedTimeUnixNano":"1767323046000000000","body":{"stringValue":"b"}}]}]}]}'
    read = json_logs(body, 10_000, ARRIVAL_NS) if is_json else protobuf_logs(as_protobuf(body), 10_000, ARRIVAL_NS)
    found = events(read.lines)
    assert [when for _, when in found] == ["2026-01-02T03:04:05.25Z", "2026-01-02T03:04:05.25Z", "2026-01-02T03:04:06Z"]


def test_a_record_that_is_too_long_is_left_out_and_counted() -> None:
    small = b'{"timeUnixNano":"1","body":{"stringValue":"s"}}'
    before, behind = b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[', b"]}]}]}"
    body = before + small + b"," + small.replace(b'"s"', b'"' + b"x" * 500 + b'"') + behind
    assert json_logs(body, 400, 0) == Logs([before + small + behind], 1)
    found = protobuf_logs(as_protobuf(body), 400, 0)
    assert (found.rejected, len(found.lines)) == (1, 1)


def test_the_kind_of_an_object_is_told_though_a_request_is_long() -> None:
    record = b'{"timeUnixNano":"1767225600000000000","body":{"stringValue":"' + b"x" * 100 + b'"}}'
    body = b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[' + b",".join([record] * 500) + b"]}]}]}"
    found = events(json_logs(body, 10_000, 0).lines)
    assert (len(found), {when for _, when in found}) == (500, {"2026-01-01T00:00:00Z"})


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"resourceLogs":5}',
        b'{"resourceLogs":[{"scopeLogs":{}}]}',
        b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[1]}]}]}',
        b"[",
    ],
)
def test_what_is_no_request_in_json_is_refused(body: bytes) -> None:
    with pytest.raises(OtlpError, match="the body is no ExportLogsServiceRequest in JSON"):
        json_logs(body, 1000, 0)


def test_an_empty_request_stores_nothing() -> None:
    assert json_logs(b"{}", 1000, 0) == protobuf_logs(b"", 1000, 0) == Logs([])


def test_values_that_are_nested_too_deep_are_refused() -> None:
    request = ExportLogsServiceRequest()
    value = request.resource_logs.add().scope_logs.add().log_records.add().body
    for _ in range(DEPTH_MAX - 20):
        value = value.array_value.values.add()
    value.string_value = "x"
    assert len(protobuf_logs(request.SerializeToString(), 10_000, 1).lines) == 1
    for _ in range(500):
        value = value.array_value.values.add()
    with pytest.raises(OtlpError, match=r"nested deeper|no ExportLogsServiceRequest"):
        protobuf_logs(request.SerializeToString(), 10_000, 1)


@given(st.binary(max_size=100))
def test_any_bytes_are_a_request_or_an_error(body: bytes) -> None:
    for read in (json_logs, protobuf_logs):
        try:
            found = read(body, 1000, 1)
        except OtlpError:
            continue
        assert all(b"\n" not in line for line in found.lines)


@given(st.lists(st.binary(max_size=30), max_size=4))
def test_a_damaged_request_in_protocol_buffers_is_a_request_or_an_error(parts: list[bytes]) -> None:
    whole = as_protobuf(JSON)
    for place, part in enumerate(parts):
        cut = len(whole) * (place + 1) // 6
        body = whole[:cut] + part + whole[cut:]
        try:
            assert all(json.loads(line) for line in protobuf_logs(body, 10_000, 1).lines)
        except OtlpError:
            continue
