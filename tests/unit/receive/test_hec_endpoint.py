"""Splunk's HTTP Event Collector: every endpoint, every code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lakebed.storage.open import open_store
from tests.unit.receive.serving import CHANNEL, TOKEN, A, FullStore, Running, basic, receiving

if TYPE_CHECKING:
    from pathlib import Path


def test_hec_events(running: Running) -> None:
    body = b'{"event":{"a":1},"host":"h"}{"event":"text","time":5}'
    for path in ("/services/collector", "/services/collector/event", "/services/collector/event/1.0"):
        answer = running.send(path, body, Authorization=f"Splunk {TOKEN}")
        assert (answer.status, answer.body) == (200, b'{"text":"Success","code":0}')
    lines = [b'{"a":1,"eventTime":%b,"hec":{"host":"h"}}' % A, b'{"message":"text","eventTime":5,"hec":{"time":5}}']
    assert sorted(running.raw()) == sorted(lines * 3)


def test_hec_raw(running: Running) -> None:
    path = f"/services/collector/raw?host=h%201&sourcetype=access&channel={CHANNEL}"
    answer = running.send(path, b"one\ntwo\n", Authorization=basic(f"x:{TOKEN}"))
    assert answer.status == 200
    assert running.send("/services/collector/raw/1.0", b"three").status == 200
    around = b',"hec":{"host":"h 1","sourcetype":"access"}'
    expected = [b'{"message":"%b","eventTime":%b%b}' % (word, A, around) for word in (b"one", b"two")]
    assert sorted(running.raw()) == sorted([*expected, b'{"message":"three","eventTime":%b}' % A])


def test_hec_acks(running: Running) -> None:
    headers = {"X_Splunk_Request_Channel": CHANNEL}
    numbers = []
    for _ in range(3):
        answer = json.loads(running.send("/services/collector", b'{"event":1}', **headers).body)
        assert answer == {"text": "Success", "code": 0, "ackId": answer["ackId"]}
        numbers.append(answer["ackId"])
    assert numbers == sorted(set(numbers))
    assert numbers[-1] < 2**53
    asked = json.dumps({"acks": numbers}).encode()
    found = running.send("/services/collector/ack", asked, **headers)
    assert (found.status, json.loads(found.body)) == (200, {"acks": {str(number): True for number in numbers}})
    for body, more, expected in (
        (asked, {}, {"text": "Data channel is missing", "code": 10}),
        (asked, {"X_Splunk_Request_Channel": "me"}, {"text": "Invalid data channel", "code": 11}),
        (b"{}", headers, {"text": "Invalid data format", "code": 6}),
        (b'{"acks":["x"]}', headers, {"text": "Invalid data format", "code": 6}),
    ):
        answer = running.send("/services/collector/ack", body, **more)
        assert (answer.status, json.loads(answer.body)) == (400, expected)


@pytest.mark.parametrize(
    ("body", "headers", "status", "expected"),
    [
        (b'{"event":1}', {"token": None}, 401, {"text": "Token is required", "code": 2}),
        (b'{"event":1}', {"Authorization": "Digest x"}, 401, {"text": "Invalid authorization", "code": 3}),
        (b'{"event":1}', {"token": "wrong-token-0123456789"}, 403, {"text": "Invalid token", "code": 4}),
        (b"", {}, 400, {"text": "No data", "code": 5}),
        (b"{", {}, 400, {"text": "Invalid data format", "code": 6, "invalid-event-number": 0}),
        (b'{"event":1}{"x":1}', {}, 400, {"text": "Event field is required", "code": 12, "invalid-event-number": 1}),
        (b'{"event":1}', {"X_Splunk_Request_Channel": "me"}, 400, {"text": "Invalid data channel", "code": 11}),
        (b"{}", {"Content_Encoding": "gzip"}, 400, {"text": "the body is no gzip", "code": 6}),
    ],
)
def test_hec_that_is_refused(
    running: Running, body: bytes, headers: dict[str, str], status: int, expected: dict[str, object]
) -> None:
    answer = running.send("/services/collector", body, **headers)
    assert (answer.status, json.loads(answer.body)) == (status, expected)
    assert running.raw() == []


def test_hec_tokens_in_the_query_string_are_taken_when_told(running: Running, tmp_path: Path) -> None:
    path = f"/services/collector?token={TOKEN}"
    answer = running.send(path, b'{"event":1}', token=None)
    expected = {"text": "Query string authorization is not enabled", "code": 16}
    assert (answer.status, json.loads(answer.body)) == (400, expected)
    with receiving(tmp_path / "other", query_tokens=True) as other:
        assert other.send(path, b'{"event":1}', token=None).status == 200
        assert other.send("/services/collector?token=x", b'{"event":1}', token=None).status == 403


def test_hec_health_tells_whether_events_would_be_taken(tmp_path: Path) -> None:
    with receiving(tmp_path / "lake", store=FullStore(open_store(str(tmp_path / "lake")))) as running:
        healthy = running.send("/services/collector/health", method="GET", token=None)
        assert (healthy.status, json.loads(healthy.body)) == (200, {"text": "HEC is healthy", "code": 17})
        busy = running.send("/services/collector", b'{"event":1}')
        assert (busy.status, json.loads(busy.body)) == (503, {"text": "Server is busy", "code": 9})
        assert busy.headers["retry-after"] == "2"
        sick = running.send("/services/collector/health/1.0", method="GET", token=None)
        assert (sick.status, json.loads(sick.body)) == (503, {"text": "HEC is unhealthy, queues are full", "code": 18})
