"""Syslog over TCP, TLS and UDP.

The protocol has no answers. Over TCP nothing is dropped while the receiver runs: a connection is read on only when what
it sent before is durable, or nearly so, and what could not be stored is stored again. What a killed receiver had read
and not stored is lost, at most `RECEIVE_SYSLOG_STEP_BYTES` and one message for each connection. Over UDP what finds no
room or cannot be stored is dropped, and counted; what the system drops before is not seen here.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from typing import TYPE_CHECKING, Any, Literal

from lakebed import config
from lakebed.errors import StorageError, UsageError
from lakebed.serve.receive.budget import BusyError
from lakebed.serve.receive.syslog_frames import SyslogFrames, arrival_header, datagram_lines

if TYPE_CHECKING:
    from lakebed.serve.receive.receiver import Receiver
    from lakebed.serve.receive.settings import ReceiveSettings, SyslogListener

READ_BYTES = 64 * 1024
RETRY_S = 0.5
"""Between attempts to find room for, or to store, what a connection sent."""

DATAGRAM_BUFFER_BYTES = 4 * 1024 * 1024
"""What the system may hold of datagrams while we are busy; it gives as much of it as it allows."""


def tls_context(settings: ReceiveSettings) -> ssl.SSLContext:
    """For syslog over TLS. Raises `UsageError` when the files cannot be used."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    assert settings.tls_certificate is not None, "the settings were checked"
    try:
        context.load_cert_chain(settings.tls_certificate, settings.tls_key)
        if settings.tls_clients is not None:
            context.load_verify_locations(settings.tls_clients)
            context.verify_mode = ssl.CERT_REQUIRED
    except OSError as error:
        reason = (error.strerror or "not as wanted").lower()
        raise UsageError(f"cannot use the certificate '{settings.tls_certificate}' and its key: {reason}") from error
    return context


class SyslogStream:
    """A listener for TCP or TLS."""

    def __init__(self, receiver: Receiver, listener: SyslogListener) -> None:
        self._receiver = receiver
        self._listener = listener
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._is_stopping = asyncio.Event()

    async def start(self, bound: socket.socket) -> None:
        """Takes connections from now on."""
        context = tls_context(self._receiver.settings) if self._listener.transport == "tls" else None
        timeout = config.RECEIVE_HEADER_SECONDS if context else None
        self._server = await asyncio.start_server(
            self._connected, sock=bound, limit=READ_BYTES, ssl=context, ssl_handshake_timeout=timeout
        )

    async def stop(self) -> None:
        """Takes nothing more, and ends when what was read is durable."""
        self._is_stopping.set()
        if self._server is not None:
            self._server.close()
        if self._connections:
            await asyncio.wait(list(self._connections))

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "it runs as one"
        self._connections[task] = writer
        try:
            is_full = len(self._connections) > self._receiver.settings.connections
            if not is_full and _is_allowed(writer.get_extra_info("peername"), self._listener):
                await self._serve(reader, _peer(writer.get_extra_info("peername")))
        except (ConnectionError, ssl.SSLError, TimeoutError):
            pass  # what it sent so far is kept
        except Exception as error:  # noqa: BLE001 - one connection must not end the others
            self._receiver.on_error("syslog", error)
        finally:
            del self._connections[task]
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, peer: str) -> None:
        frames = SyslogFrames(self._receiver.settings.line_bytes)
        tasks: dict[asyncio.Task[None], int] = {}
        stopping = asyncio.create_task(self._is_stopping.wait())
        try:
            while frames.error is None and (data := await _read(reader, stopping)):
                self._store(frames.feed(data, arrival_header(self._receiver.clock(), peer)), tasks)
                while sum(tasks.values()) > config.RECEIVE_SYSLOG_STEP_BYTES:
                    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            if frames.error is not None:
                self._receiver.counts.dropped[self._listener.source, "framing"] += 1
            self._store(frames.finish(arrival_header(self._receiver.clock(), peer)), tasks)
            if tasks:
                await asyncio.wait(tasks)

    def _store(self, lines: list[bytes], tasks: dict[asyncio.Task[None], int]) -> None:
        if not lines:
            return
        size = sum(map(len, lines))
        task = asyncio.get_running_loop().create_task(self._store_until_done(lines, size))
        tasks[task] = size
        task.add_done_callback(lambda done: tasks.pop(done, None))

    async def _store_until_done(self, lines: list[bytes], size_bytes: int) -> None:
        receiver = self._receiver
        while True:
            with receiver.budget.reserve() as reservation:
                try:
                    reservation.take(size_bytes)
                    await receiver.store(self._listener.source, "syslog", lines)
                    return
                except (BusyError, StorageError):
                    pass
            await asyncio.sleep(RETRY_S)


async def _read(reader: asyncio.StreamReader, stopping: asyncio.Task[Literal[True]]) -> bytes:
    """What comes next; nothing at the end of the stream, when nobody says anything for long, and when we stop."""
    reading = asyncio.create_task(reader.read(READ_BYTES))
    either: list[asyncio.Future[Any]] = [reading, stopping]  # their results differ
    try:
        await asyncio.wait(either, timeout=config.RECEIVE_SYSLOG_IDLE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        return reading.result() if reading.done() else b""
    finally:
        reading.cancel()


class SyslogDatagrams(asyncio.DatagramProtocol):
    """A listener for UDP."""

    def __init__(self, receiver: Receiver, listener: SyslogListener) -> None:
        self._receiver = receiver
        self._listener = listener
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self, bound: socket.socket) -> None:
        """Takes datagrams from now on."""
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, DATAGRAM_BUFFER_BYTES)
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=bound)

    async def stop(self) -> None:
        """Takes nothing more."""
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """See `asyncio.DatagramProtocol`."""
        receiver, source = self._receiver, self._listener.source
        if not _is_allowed(addr, self._listener):
            receiver.counts.dropped[source, "network"] += 1
            return
        arrival = arrival_header(receiver.clock(), _peer(addr))
        lines = datagram_lines(data[: receiver.settings.line_bytes], arrival)
        if not lines:
            return
        reservation = receiver.budget.reserve()
        try:
            reservation.take(sum(map(len, lines)))
        except BusyError:
            receiver.counts.dropped[source, "busy"] += len(lines)
            return
        outcome = receiver.batches.add(source, "syslog", lines)

        def ended(done: asyncio.Future[None]) -> None:
            reservation.give_back()
            if done.cancelled() or done.exception() is not None:
                receiver.counts.dropped[source, "not stored"] += len(lines)
            else:
                receiver.counts.events[source, "syslog"] += len(lines)

        outcome.add_done_callback(ended)


def _peer(address: tuple[str, int]) -> str:
    """The address of a sender, as messages show it."""
    found = ipaddress.ip_address(address[0].partition("%")[0])
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)


def _is_allowed(peer: tuple[str, int], listener: SyslogListener) -> bool:
    address = ipaddress.ip_address(_peer(peer))
    return any(address in network for network in listener.networks)
