"""Clients that lie, drip, swell and never end: they are refused, and others are served meanwhile."""

from __future__ import annotations

import contextlib
import gzip
import resource
import socket
from typing import TYPE_CHECKING

import pytest

from lakebed import config
from tests.unit.receive.serving import TOKEN, Running, receiving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AUTH = f"Authorization: Bearer {TOKEN}\r\n".encode()
POST = b"POST /v1/logs/app HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + AUTH


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with receiving(tmp_path / "lake") as found:
        yield found


def talk(running: Running, *parts: bytes, is_cut: bool = False) -> bytes:
    """Sends bytes as they are, and returns all that comes back until the other side closes; `is_cut`: after we did."""
    with socket.create_connection(("127.0.0.1", running.port), timeout=60) as connection:
        with contextlib.suppress(ConnectionError):
            for part in parts:
                connection.sendall(part)
            if is_cut:
                connection.shutdown(socket.SHUT_WR)
        answer = b""
        with contextlib.suppress(ConnectionError):
            while data := connection.recv(65536):
                answer += data
        return answer


def is_served(running: Running) -> bool:
    return running.send("/v1/logs/app", b'{"ok":1}').status == 200


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET\r\n\r\n",
        POST + b"Content-Length: -1\r\n\r\n{}",
        POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
        POST + b"Content-Length: 2, 3\r\n\r\n{}",
        POST + b"Transfer-Encoding: gzip\r\n\r\n{}",
        POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        POST + b"X: a\x00b\r\nContent-Length: 2\r\n\r\n{}",
        POST + b" folded: x\r\nContent-Length: 2\r\n\r\n{}",
        b"POST /v1/logs/app HTTP/1.1\r\n" + AUTH + b"Content-Length: 2\r\n\r\n{}",
        POST + b"X: " + b"x" * 2_000_000 + b"\r\nContent-Length: 2\r\n\r\n{}",
        POST + b"X-%d: y\r\n" % 1 * 20_000 + b"Content-Length: 2\r\n\r\n{}",
    ],
    ids=range(12),
)
def test_requests_that_are_none_are_refused(running: Running, request_bytes: bytes) -> None:
    answer = talk(running, request_bytes)
    # an answer may be lost when what was sent is not read to its end
    assert answer[:10] in {b"HTTP/1.1 4", b""}, answer
    assert running.raw() == []
    assert is_served(running)


def test_both_lengths_smuggle_no_second_request(running: Running) -> None:
    inner = b"POST /v1/logs/app HTTP/1.1\r\nHost: x\r\n" + AUTH + b'Content-Length: 9\r\n\r\n{"evil":1}'
    body = b"0\r\n\r\n" + inner
    talk(running, POST + b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n" % len(body) + body)
    assert not any(b"evil" in line for line in running.raw())


@pytest.mark.parametrize(
    "parts",
    [
        (POST + b'Content-Length: 100\r\n\r\n{"cut":1}',),
        (POST + b'Transfer-Encoding: chunked\r\n\r\n9\r\n{"cut":1}\r\n',),
        (POST + b'Transfer-Encoding: chunked\r\n\r\n9\r\n{"cut":1}\r\n0\r\n',),
        (POST + b'Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n{"cut":1}\r\n',),
    ],
    ids=["length", "chunks", "trailer", "endless"],
)
def test_a_body_that_is_cut_off_is_not_stored(running: Running, parts: tuple[bytes, ...]) -> None:
    talk(running, *parts, is_cut=True)
    assert is_served(running)
    assert [line for line in running.raw() if b"cut" in line] == []


def test_a_chunked_body_is_taken_whole(running: Running) -> None:
    answer = talk(running, POST + b'Transfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n3\r\n:1}\r\n0\r\n\r\n')
    assert answer.startswith(b"HTTP/1.1 200 "), answer
    assert [line[:6] for line in running.raw()] == [b'{"a":1']


def test_a_body_without_an_end_is_refused_and_not_held(tmp_path: Path) -> None:
    with receiving(tmp_path / "lake", body_bytes=1_000_000, decompressed_bytes=1_000_000) as running:
        chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
        answer = talk(running, POST + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 400)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 413 ")  # the reset may overtake the answer
        assert running.receiver.budget.held_bytes == 0
        assert running.receiver.counts.requests["json", 413] == 1
        assert is_served(running)


def test_a_gzip_bomb_is_refused_in_little_memory(running: Running) -> None:
    bomb = gzip.compress(b"0" * 100_000_000, 9)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer = running.send("/v1/logs/app", bomb, Content_Encoding="gzip")
    assert (answer.status, answer.headers["connection"]) == (413, "close")
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < 200_000_000
    nested = gzip.compress(gzip.compress(b'{"a":1}'))
    assert running.send("/v1/logs/app", nested, Content_Encoding="gzip").status == 400


@pytest.mark.parametrize(
    "path", ["/v1/logs/app", "/services/collector", "/services/collector/raw", "/_bulk", "/v1/logs"]
)
def test_a_line_of_100_mb_is_refused_everywhere(running: Running, path: str) -> None:
    shapes = {
        "/_bulk": b'{"index":{"_index":"a"}}\n{"event":"%b"}',
        "/v1/logs": b'{"resourceLogs":[{"schemaUrl":"%b"}]}',
    }
    line = shapes.get(path, b'{"event":"%b"}') % (b"x" * 100_000_000)
    packed = gzip.compress(line, 1)
    assert len(packed) < 16 * config.MIB
    answer = running.send(path, packed, Content_Encoding="gzip", Content_Type="application/json")
    # within _bulk each document is answered for itself; a resource without records is nothing
    told = {"/_bulk": (200, b'"status":413'), "/v1/logs": (200, b"{}")}.get(path, (413, b""))
    assert answer.status == told[0]
    assert told[1] in answer.body
    assert running.raw() == []


@pytest.mark.parametrize("body", [b"\xff\xfe{}", b"\x00" * 1000, b'{"a":"\xff\xfe\x00"}', '{"a":"\u2028"}'.encode()])
@pytest.mark.parametrize(
    "path", ["/v1/logs/app", "/services/collector", "/services/collector/raw", "/_bulk", "/v1/logs"]
)
def test_bytes_that_are_no_text_are_refused_or_kept_without_harm(running: Running, path: str, body: bytes) -> None:
    answer = running.send(path, body, Content_Type="application/json")
    assert answer.status in {200, 400, 413}
    assert is_served(running)
    rows = running.rows("ok = 1")
    assert len(rows) == 1


def test_clients_that_say_nothing_are_sent_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "RECEIVE_HEADER_SECONDS", 0.3)
    with receiving(tmp_path / "lake", connections=5) as running:
        silent = [socket.create_connection(("127.0.0.1", running.port), timeout=60) for _ in range(3)]
        silent[1].sendall(b"POST /v1/lo")
        for one in silent:
            assert one.recv(100) == b""
            one.close()
        assert is_served(running)


def test_more_connections_than_allowed_are_told_so(tmp_path: Path) -> None:
    with receiving(tmp_path / "lake", connections=3) as running:
        held = [socket.create_connection(("127.0.0.1", running.port), timeout=60) for _ in range(4)]
        answer = talk(running, POST + b"Content-Length: 2\r\n\r\n{}")
        assert answer.startswith(b"HTTP/1.1 503 ")
        for one in held:
            one.close()
        with contextlib.suppress(ConnectionError):
            while not is_served(running):
                pass
        assert is_served(running)


def test_a_body_that_drips_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lakebed.serve.receive import receiver
    from lakebed.serve.receive.body import BodyLimits

    monkeypatch.setattr(receiver, "BodyLimits", lambda most, unpacked: BodyLimits(most, unpacked, seconds=0.3))
    with receiving(tmp_path / "lake") as running:
        with socket.create_connection(("127.0.0.1", running.port), timeout=60) as slow:
            slow.sendall(POST + b"Content-Length: 100\r\n\r\n{")
            assert slow.recv(1000).startswith(b"HTTP/1.1 408 ")
        assert running.receiver.budget.held_bytes == 0


def test_paths_and_headers_of_any_bytes_give_answers(running: Running) -> None:
    for target in (
        b"/v1/logs/%00",
        b"/v1/logs/..%2f..%2fx",
        b"/%ff/_bulk",
        b"//_bulk",
        b"/\x7f",
    ):
        answer = talk(
            running,
            b"POST " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + AUTH + b"Content-Length: 0\r\n\r\n",
        )
        assert answer[:10] == b"HTTP/1.1 4", (target, answer)
    for value in (b"\xff\xfe", b"Basic \xff", b"Bearer " + b"t" * 10_000, b"Splunk\ttoken", b"ApiKey ===="):
        head = (
            b"POST /v1/logs/app HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: "
            + value
            + b"\r\nContent-Length: 0\r\n\r\n"
        )
        assert talk(running, head)[9:12] in {b"401", b"403"}, value
    assert is_served(running)
