"""OTLP over HTTP: answers in what was sent, partial success, errors."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from tests.unit.receive.serving import RESOURCE, Running, receiving

if TYPE_CHECKING:
    from pathlib import Path


def test_otlp(running: Running) -> None:
    answer = running.send("/v1/logs", gzip.compress(RESOURCE), Content_Type="application/json", Content_Encoding="gzip")
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, b"{}", "application/json")
    empty = running.send("/v1/logs", b"", Content_Type="application/x-protobuf")
    assert (empty.status, empty.body, empty.headers["content-type"]) == (200, b"", "application/x-protobuf")
    assert running.raw() == [RESOURCE]


def test_otlp_tells_what_it_left_out(tmp_path: Path) -> None:
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
        ExportLogsServiceRequest,
        ExportLogsServiceResponse,
    )

    request = ExportLogsServiceRequest()
    for text in ("small", "x" * 3000):
        request.resource_logs.add().scope_logs.add().log_records.add().body.string_value = text
    with receiving(tmp_path / "lake", line_bytes=1000) as running:
        answer = running.send("/v1/logs", request.SerializeToString(), Content_Type="application/x-protobuf")
        told = ExportLogsServiceResponse.FromString(answer.body)
        assert (answer.status, told.partial_success.rejected_log_records) == (200, 1)
        assert told.partial_success.error_message == "a record with its resource is longer than 1000 bytes"
        long = b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"' + b"x" * 1000 + b'"}}]}]}]}'
        answer = running.send("/v1/logs", long, Content_Type="application/json")
        message = "a record with its resource is longer than 1000 bytes"
        assert json.loads(answer.body) == {"partialSuccess": {"rejectedLogRecords": "1", "errorMessage": message}}
        assert len(running.raw()) == 1


@pytest.mark.parametrize(
    ("kind", "body", "status", "code"),
    [
        ("application/json", b"{", 400, 3),
        ("application/x-protobuf", b"\xff", 400, 3),
        ("text/plain", b"{}", 415, 3),
        ("", b"{}", 415, 3),
    ],
)
def test_otlp_that_is_refused(running: Running, kind: str, body: bytes, status: int, code: int) -> None:
    answer = running.send("/v1/logs", body, Content_Type=kind)
    assert answer.status == status
    if kind == "application/x-protobuf":
        message = b"the body is no ExportLogsServiceRequest in protocol buffers"
        assert answer.body == b"\x08\x03\x12" + bytes([len(message)]) + message
    else:
        assert json.loads(answer.body)["code"] == code
    assert running.raw() == []
