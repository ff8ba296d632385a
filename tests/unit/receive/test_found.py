"""From a sender to a search: what each protocol brings is found by its fields, at its time."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from lakebed.serve.receive.settings import SyslogListener
from lakebed.storage.open import open_store
from tests.unit.receive.serving import Running, receiving

if TYPE_CHECKING:
    from pathlib import Path

from lakebed.query.times import format_time

NOW = 1_767_323_045.25
CLOUDTRAIL = (
    '{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","userName":"eve"},"eventTime":"2026-01-01T00:00:00Z",'
    '"eventSource":"iam.amazonaws.com","eventName":"CreateUser","awsRegion":"us-east-1"}'
)


@pytest.mark.parametrize(
    ("path", "body", "headers", "query", "event", "when", "source_type"),
    [
        (
            "/v1/logs/app",
            CLOUDTRAIL,
            {},
            "userIdentity.userName: eve",
            {"eventName": "CreateUser"},
            "2026-01-01T00:00:00Z",
            "aws:cloudtrail",
        ),
        (
            "/v1/logs/app",
            '{"user":"kim","n":1.50}',
            {},
            "user = kim",
            {"user": "kim"},
            "2026-01-02T03:04:05.25Z",
            "json",
        ),
        (
            "/v1/logs/app",
            '{"Records":[' + CLOUDTRAIL + "]}",
            {},
            "CreateUser",
            {"eventName": "CreateUser"},
            "2026-01-01T00:00:00Z",
            "aws:cloudtrail",
        ),
        (
            "/v1/logs/app",
            '192.0.2.1 - kim [01/Jan/2026:00:00:00 +0000] "GET /x HTTP/1.1" 200 5\n',
            {"Content_Type": "text/plain"},
            "status = 200",
            {"remote_user": "kim", "path": "/x"},
            "2026-01-01T00:00:00Z",
            None,
        ),
        (
            "/services/collector",
            '{"time":1767225600.5,"host":"web-1","sourcetype":"door","event":{"user":"kim","time":"2020-01-01T00:00:00Z"}}',
            {},
            "hec.host: web and user: kim",
            {"user": "kim", "hec": {"time": 1767225600.5, "host": "web-1", "sourcetype": "door"}},
            "2026-01-01T00:00:00.5Z",
            "json",
        ),
        (
            "/services/collector",
            '{"host":"web-1","event":' + CLOUDTRAIL + "}",
            {},
            "eventName: CreateUser",
            {"hec": {"host": "web-1"}},
            "2026-01-01T00:00:00Z",
            "aws:cloudtrail",
        ),
        (
            "/services/collector/raw?host=h",
            "a line of text",
            {},
            "'line of text'",
            {"message": "a line of text", "hec": {"host": "h"}},
            "2026-01-02T03:04:05.25Z",
            "json",
        ),
        (
            "/logs-x/_bulk",
            '{"create":{"_id":"7"}}\n{"@timestamp":"2026-01-01T00:00:00Z","message":"hello","log":{"level":"warn"}}\n',
            {},
            "log.level: warn",
            {"_index": "logs-x", "_id": "7", "message": "hello"},
            "2026-01-01T00:00:00Z",
            "json",
        ),
        (
            "/v1/logs",
            (
                '{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeLogs":'
                '[{"logRecords":[{"timeUnixNano":"1767225600000000001","body":{"stringValue":"paid"}}]}]}]}'
            ),
            {"Content_Type": "application/json"},
            "resource.attributes.service.name: shop",
            {"body": "paid"},
            "2026-01-01T00:00:00.000000001Z",
            "otlp",
        ),
    ],
)
def test_what_is_pushed_over_http_is_found(
    tmp_path: Path,
    path: str,
    body: str,
    headers: dict[str, str],
    query: str,
    event: dict[str, Any],
    when: str,
    source_type: str | None,
) -> None:
    with receiving(tmp_path / "lake", clock=lambda: NOW) as running:
        answer = running.send(path, body, **headers)
        assert answer.status == 200, answer
        told = f'({query}) @lb.source_type = "{source_type}"' if source_type else query
        (row,) = running.rows(told)
        assert {name: row.event[name] for name in event} == event
        assert format_time(row.time_ns) == when


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_syslog_is_found(tmp_path: Path, transport: str) -> None:
    listener = SyslogListener.parse("net", f"{transport}://127.0.0.1:0")
    first = b"<38>1 2026-01-01T00:00:00Z gate sshd 7 - - Failed password for root from 192.0.2.7 port 22 ssh2"
    second = b"<165>1 2026-01-01T00:00:01Z gate app - - - one\n  two"
    with receiving(tmp_path / "lake", http=None, tokens={}, syslog=(listener,)) as running:
        send(running, transport, first, second)
        rows = running.rows(source="net")
        assert [(format_time(row.time_ns), row.event["hostname"], row.event["message"]) for row in rows] == [
            ("2026-01-01T00:00:01Z", "gate", "one\n  two"),
            ("2026-01-01T00:00:00Z", "gate", "Failed password for root from 192.0.2.7 port 22 ssh2"),
        ]
        assert len(running.rows("sshd.source_ip = 192.0.2.7", source="net")) == 1


def send(running: Running, transport: str, *messages: bytes) -> None:
    """Returns when they are stored."""
    address = ("127.0.0.1", running.syslog_port())
    if transport == "udp":
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            for message in messages:
                out.sendto(message, address)
    else:
        with socket.create_connection(address) as out:
            out.sendall(b"".join(b"%d %b" % (len(message), message) for message in messages))
    while running.receiver.counts.events["net", "syslog"] < len(messages):
        pass
    assert list(open_store(running.lake).list("raw/net/"))
