"""What all endpoints share: nothing acknowledged that is not stored, groups, limits, a graceful stop."""

from __future__ import annotations

import http.client
import json
import threading
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from lakebed import config
from lakebed.errors import TransientStorageError, UsageError
from lakebed.serve.receive import hec
from lakebed.serve.receive.settings import ReceiveSettings
from lakebed.storage.open import open_store
from lakebed.storage.wrapper import StoreWrapper
from tests.unit.receive.serving import RESOURCE, TOKEN, FullStore, Running, receiving

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Buffer


@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        ("/v1/logs/app", b"{}", {}),
        ("/services/collector", b'{"event":1}', {}),
        ("/services/collector/raw", b"x", {}),
        ("/_bulk", b'{"index":{"_index":"a"}}\n{}\n', {}),
        ("/v1/logs", RESOURCE, {"Content_Type": "application/json"}),
        ("/v1/logs/app", b"{}", {"Idempotency_Key": "a"}),
        ("/_bulk", b'{"create":{"_index":"a","_id":"1"}}\n{}\n', {}),
    ],
)
def test_what_could_not_be_stored_is_not_acknowledged_and_may_come_again(
    tmp_path: Path, path: str, body: bytes, headers: dict[str, str]
) -> None:
    class Recovering(FullStore):
        is_full = True

        def put(self, key: str, data: Buffer) -> None:
            return super().put(key, data) if self.is_full else self.inner.put(key, data)

    store = Recovering(open_store(str(tmp_path / "lake")))
    with receiving(tmp_path / "lake", store=store) as running:
        for _ in range(2):
            answer = running.send(path, body, **headers)
            assert (answer.status, answer.headers["retry-after"]) == (503, "2")
        store.is_full = False
        assert running.send(path, body, **headers).status == 200
        assert len(running.raw()) == 1


def test_other_paths_and_methods_are_not_there(running: Running) -> None:
    assert running.send("/v1/logs/app", method="GET").status == 405
    assert running.send("/nothing", method="GET").status == 404
    assert running.send("/v1/logs/app/more").status == 404


def test_requests_are_counted_by_endpoint_and_status(running: Running) -> None:
    running.send("/v1/logs/app", b"{}\n{}")
    running.send("/v1/logs/app", b"{}", token=None)
    running.send("/services/collector/health", method="GET")
    counts = running.receiver.counts
    assert counts.requests == {("json", 200): 1, ("json", 401): 1, ("hec health", 200): 1}
    assert counts.events == {("app", "json"): 2}


def test_requests_of_a_moment_share_an_object(tmp_path: Path) -> None:
    with receiving(tmp_path / "lake", wait_seconds=0.5) as running:
        threads = [
            threading.Thread(target=running.send, args=("/v1/logs/app", f'{{"n":{number}}}')) for number in range(10)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(json.loads(line)["n"] for line in running.raw()) == list(range(10))
        assert len(list(open_store(running.lake).list("raw/"))) < 5


def test_a_batch_that_is_full_does_not_wait(tmp_path: Path) -> None:
    with receiving(tmp_path / "lake", wait_seconds=600, batch_bytes=1000) as running:
        assert running.send("/v1/logs/app", b'{"a":"' + b"x" * 1000 + b'"}').status == 200


def test_what_waits_is_written_when_it_is_told_to_stop(tmp_path: Path) -> None:
    answers = []
    with receiving(tmp_path / "lake", wait_seconds=600) as running:
        thread = threading.Thread(target=lambda: answers.append(running.send("/v1/logs/app", b'{"a":1}')))
        thread.start()
        while not running.receiver.batches.is_waiting:
            thread.join(0.01)
    thread.join()
    assert [answer.status for answer in answers] == [200]
    assert len(running.raw()) == 1


def test_too_much_in_flight_is_told_to_come_again(tmp_path: Path) -> None:
    limits: dict[str, Any] = {
        "in_flight_bytes": 3000,
        "body_bytes": 2000,
        "decompressed_bytes": 2000,
        "line_bytes": 2000,
    }
    with receiving(tmp_path / "lake", wait_seconds=600, **limits) as running:
        held = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)
        held.request("POST", "/v1/logs/app", b'{"a":"' + b"x" * 1900 + b'"}', {"Authorization": f"Bearer {TOKEN}"})
        while not running.receiver.batches.is_waiting:
            threading.Event().wait(0.01)
        body = b'{"event":"' + b"x" * 1900 + b'"}'
        busy = running.send("/services/collector", body)
        assert (busy.status, json.loads(busy.body), busy.headers["retry-after"]) == (
            503,
            {"text": "Server is busy", "code": 9},
            "2",
        )
        assert running.send("/_bulk", b'{"index":{"_index":"a"}}\n{"a":"' + b"x" * 1900 + b'"}\n').status == 429
        running.stop()
        assert held.getresponse().status == 200
        held.close()


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({}, "nothing to listen on: wanted an address for HTTP or for syslog"),
        ({"http": "x"}, "nobody could send over HTTP: wanted a token for at least one source"),
        (
            {"http": "x", "tokens": {"a/b": ("t" * 16,)}},
            "not an index name: 'a/b'; wanted 1 to 100 of letters, digits, '_', '-', '.', not '-' or '.' first",
        ),
        ({"http": "x", "tokens": {"a": ("t" * 16,)}, "tls_key": "k"}, "TLS needs both a certificate and its key"),
        (
            {"http": "x", "tokens": {"a": ("t" * 16,)}, "in_flight_bytes": 10},
            "in_flight_bytes is less than one body or line may have: some would never find room",
        ),
    ],
)
def test_settings_that_cannot_be(told: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        ReceiveSettings(**told).check()
    assert str(caught.value) == message


def test_a_port_that_is_taken_is_told(tmp_path: Path, running: Running) -> None:
    from lakebed.serve.receive.settings import Address

    wanted = r"cannot listen on '127\.0\.0\.1:[0-9]+': address already in use"
    taken = receiving(tmp_path / "other", http=Address("127.0.0.1", running.port))
    with pytest.raises(UsageError, match=wanted), taken:
        pass


def test_an_object_whose_answers_were_lost_is_taken_back(tmp_path: Path) -> None:
    class Losing(StoreWrapper):
        puts: ClassVar[list[str]] = []

        def put(self, key: str, data: Buffer) -> None:
            self.inner.put(key, data)
            self.puts.append(key)
            raise TransientStorageError("the answer was lost")

    store = Losing(open_store(str(tmp_path / "lake")))
    with receiving(tmp_path / "lake", store=store) as running:
        assert running.send("/v1/logs/app", b'{"a":1}').status == 503
        assert len(store.puts) == config.RECEIVE_PUT_ATTEMPTS
        assert len(set(store.puts)) == 1, "a repeated put has the same name"
        assert running.raw() == []


def test_an_answer_that_is_lost_once_costs_nothing(tmp_path: Path) -> None:
    class LosingOnce(StoreWrapper):
        puts = 0

        def put(self, key: str, data: Buffer) -> None:
            self.inner.put(key, data)
            self.puts += 1
            if self.puts == 1:
                raise TransientStorageError("the answer was lost")

    with receiving(tmp_path / "lake", store=LosingOnce(open_store(str(tmp_path / "lake")))) as running:
        assert running.send("/v1/logs/app", b'{"a":1}').status == 200
        assert len(running.raw()) == 1


def test_a_failure_that_nobody_thought_of_is_told_without_a_word_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> list[bytes]:
        raise RuntimeError("a secret")

    monkeypatch.setattr(hec, "event_lines", broken)
    with receiving(tmp_path / "lake") as running:
        answer = running.send("/services/collector", b'{"event":1}')
        assert (answer.status, answer.body) == (500, b'{"text":"Internal server error","code":8}')
        assert [(where, str(error)) for where, error in running.errors] == [("hec event", "a secret")]
        running.errors.clear()
