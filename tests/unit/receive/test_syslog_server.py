"""Syslog's connections: nothing is dropped over TCP, what is lost over UDP is counted, and strangers are not heard."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from lakebed import config
from lakebed.errors import StorageError, UsageError
from lakebed.serve.receive import syslog_server
from lakebed.serve.receive.settings import SyslogListener
from lakebed.storage.open import open_store
from lakebed.storage.wrapper import StoreWrapper
from tests.unit.receive.serving import FullStore, Running, receiving

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typing_extensions import Buffer

TCP = SyslogListener.parse("net", "tcp://127.0.0.1:0")
UDP = SyslogListener.parse("net", "udp://127.0.0.1:0")
WAIT_SECONDS = 60


class Gate(StoreWrapper):
    """Puts fail until it is opened."""

    is_open = False
    refused = 0

    def put(self, key: str, data: Buffer) -> None:
        if not self.is_open:
            self.refused += 1
            raise StorageError("not now")
        self.inner.put(key, data)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def messages(running: Running) -> list[str]:
    return sorted(str(row.event["message"]) for row in running.rows(source="net"))


def connected(running: Running) -> socket.socket:
    return socket.create_connection(("127.0.0.1", running.syslog_port()), timeout=WAIT_SECONDS)


def test_tcp_stores_again_what_could_not_be_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syslog_server, "RETRY_S", 0.01)
    gate = Gate(open_store(str(tmp_path / "lake")))
    with receiving(tmp_path / "lake", store=gate, http=None, tokens={}, syslog=(TCP,)) as running:
        with connected(running) as out:
            out.sendall(b"<13>one\n<13>two\n<13>three without an end")
        wait_until(lambda: gate.refused > 3)
        gate.is_open = True
        wait_until(lambda: running.receiver.counts.events["net", "syslog"] == 3)
        assert messages(running) == ["one", "three without an end", "two"]
        assert running.receiver.counts.dropped == {}
        assert running.receiver.budget.held_bytes == 0


def test_tcp_reads_no_further_than_what_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syslog_server, "RETRY_S", 0.01)
    monkeypatch.setattr(config, "RECEIVE_SYSLOG_STEP_BYTES", 10_000)
    gate = Gate(open_store(str(tmp_path / "lake")))
    line = b"<13>" + b"x" * 995 + b"\n"
    count = 20_000
    with receiving(tmp_path / "lake", store=gate, http=None, tokens={}, syslog=(TCP,)) as running:
        with connected(running) as out:
            sender = threading.Thread(target=lambda: out.sendall(line * count))
            sender.start()
            sender.join(0.5)
            assert sender.is_alive(), "20 MB were taken while nothing could be stored"
            assert running.receiver.budget.held_bytes < 1_000_000
            gate.is_open = True
            sender.join(WAIT_SECONDS)
            assert not sender.is_alive()
        wait_until(lambda: running.receiver.counts.events["net", "syslog"] == count)


def test_what_came_over_tcp_is_written_when_it_is_told_to_stop(tmp_path: Path) -> None:
    with receiving(tmp_path / "lake", wait_seconds=600, http=None, tokens={}, syslog=(TCP,)) as running:
        out = connected(running)
        out.sendall(b"<13>one\n<13>two")
        wait_until(lambda: running.receiver.batches.is_waiting)
        running.stop()
        with contextlib.suppress(ConnectionError):
            assert out.recv(1) == b"", "the other side closes"
        out.close()
    assert messages(running) == ["one", "two"]


def test_a_stop_that_cannot_write_ends_in_time(tmp_path: Path) -> None:
    store = FullStore(open_store(str(tmp_path / "lake")))
    with receiving(tmp_path / "lake", store=store, http=None, tokens={}, syslog=(TCP,), stop_seconds=0.3) as running:
        with connected(running) as out:
            out.sendall(b"<13>one\n")
            wait_until(lambda: running.receiver.batches.last_error is not None)
        running.stop()
    assert running.server.has_given_up


def test_a_length_that_cannot_be_ends_the_connection_and_keeps_what_was_before(tmp_path: Path) -> None:
    with receiving(tmp_path / "lake", http=None, tokens={}, syslog=(TCP,), line_bytes=1000) as running:
        with connected(running) as out:
            out.sendall(b"7 <13>one9999 <13>two")
            assert out.recv(1) == b""
        assert running.receiver.counts.dropped == {("net", "framing"): 1}
        wait_until(lambda: running.receiver.counts.events["net", "syslog"] == 1)
        assert messages(running) == ["one"]


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_strangers_are_not_heard(tmp_path: Path, transport: str) -> None:
    listener = SyslogListener.parse("net", f"{transport}://127.0.0.1:0", ("10.0.0.0/8", "::/0"))
    with receiving(tmp_path / "lake", http=None, tokens={}, syslog=(listener,)) as running:
        if transport == "tcp":
            with connected(running) as out, contextlib.suppress(ConnectionError):
                assert out.recv(1) == b""
        else:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
                out.sendto(b"<13>x", ("127.0.0.1", running.syslog_port()))
            wait_until(lambda: running.receiver.counts.dropped == {("net", "network"): 1})
        assert list(open_store(running.lake).list("raw/")) == []


def test_more_connections_than_allowed_are_closed(tmp_path: Path) -> None:
    with receiving(tmp_path / "lake", http=None, tokens={}, syslog=(TCP,), connections=2) as running:
        held = [connected(running) for _ in range(2)]
        held[0].sendall(b"<13>a\n")
        held[1].sendall(b"<13>b\n")
        wait_until(lambda: running.receiver.counts.events["net", "syslog"] == 2)
        with connected(running) as third, contextlib.suppress(ConnectionError):
            assert third.recv(1) == b""
        for one in held:
            one.close()


def test_datagrams_that_find_no_room_or_are_not_stored_are_counted(tmp_path: Path) -> None:
    store = FullStore(open_store(str(tmp_path / "lake")))
    limits: dict[str, Any] = {
        "in_flight_bytes": 1000,
        "body_bytes": 1000,
        "decompressed_bytes": 1000,
        "line_bytes": 1000,
    }
    told: dict[str, Any] = {"store": store, "http": None, "tokens": {}, "syslog": (UDP,), "wait_seconds": 0.5, **limits}
    with receiving(tmp_path / "lake", **told) as running:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            for _ in range(3):
                out.sendto(b"<13>" + b"x" * 600, ("127.0.0.1", running.syslog_port()))
        dropped = running.receiver.counts.dropped
        wait_until(lambda: dropped["net", "busy"] == 2 and dropped["net", "not stored"] == 1)
        assert running.receiver.budget.held_bytes == 0


@pytest.mark.parametrize(
    ("url", "allow", "message"),
    [
        (
            "http://x:1",
            (),
            "not a place to listen for syslog: 'http://x:1'; wanted udp://HOST:PORT, tcp://… or tls://…",
        ),
        ("udp://", (), "not a place to listen for syslog: 'udp://'; wanted udp://HOST:PORT, tcp://… or tls://…"),
        ("tcp://host", (), "not an address to listen on: 'host'; wanted HOST:PORT, such as '127.0.0.1:8088'"),
        ("tcp://a:1", ("10.0.0.1/8",), "not a network: 10.0.0.1/8 has host bits set"),
    ],
)
def test_listeners_that_cannot_be(url: str, allow: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        SyslogListener.parse("net", url, allow)
    assert str(caught.value) == message
