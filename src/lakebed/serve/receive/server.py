"""Everything that listens, in one event loop, from start to a graceful stop.

The order of a stop: no new connections, requests that are being answered are, what syslog has sent is read no further,
what waits is written. After `stop_seconds` the rest is given up: it was not acknowledged.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from lakebed.serve.receive.app import receive_app
from lakebed.serve.receive.http_server import HttpServer, http_server, listening_socket
from lakebed.serve.receive.settings import Address
from lakebed.serve.receive.syslog_server import SyslogDatagrams, SyslogStream

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakebed.serve.receive.receiver import Receiver


class ReceiveServer:
    """Binds its ports when it is made: they are known then, and one that is taken is told before anything runs."""

    def __init__(self, receiver: Receiver) -> None:
        """Raises `UsageError` when it cannot listen."""
        self.receiver = receiver
        settings = receiver.settings
        self._bound: list[socket.socket] = []
        self._http: HttpServer | None = None
        self.http_address: Address | None = None
        self.syslog_addresses: list[Address] = []
        self._http_socket: socket.socket | None = None
        self._syslog_sockets: list[socket.socket] = []
        self._stop = asyncio.Event()
        self.has_given_up = False
        """Whether something was not written when the time for it was over."""
        try:
            if settings.http is not None:
                self._http = http_server(receive_app(receiver), settings)
                self._http_socket = self._bind(settings.http, socket.SOCK_STREAM)
                self.http_address = _address(self._http_socket)
            for listener in settings.syslog:
                kind = socket.SOCK_DGRAM if listener.transport == "udp" else socket.SOCK_STREAM
                self._syslog_sockets.append(self._bind(listener.address, kind))
            self.syslog_addresses = [_address(one) for one in self._syslog_sockets]
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Gives the ports back; for one that never ran."""
        for one in self._bound:
            one.close()

    def stop(self) -> None:
        """Asks it to end; call it in its event loop."""
        self._stop.set()

    async def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Serves until `stop`. `ready` is called when everything listens. Raises `UsageError`."""
        receiver, settings = self.receiver, self.receiver.settings
        parts: list[SyslogStream | SyslogDatagrams] = []
        web: asyncio.Task[None] | None = None
        try:
            for listener, bound in zip(settings.syslog, self._syslog_sockets, strict=True):
                part = (SyslogDatagrams if listener.transport == "udp" else SyslogStream)(receiver, listener)
                await part.start(bound)
                parts.append(part)
            if self._http is not None and self._http_socket is not None:
                web = asyncio.create_task(self._http.serve([self._http_socket]))
                await self._http.has_started.wait()
            ready()
            await self._stop.wait()
        finally:
            try:
                async with asyncio.timeout(settings.stop_seconds):
                    await self._end(parts, web)
            except TimeoutError:
                self.has_given_up = True
                if web is not None:
                    web.cancel()
            self.close()

    async def _end(self, parts: list[SyslogStream | SyslogDatagrams], web: asyncio.Task[None] | None) -> None:
        self.receiver.is_stopping = True
        if self._http is not None:
            self._http.should_exit = True
        self.receiver.batches.hurry()
        await asyncio.gather(*(part.stop() for part in parts))
        if web is not None:
            await web
        await self.receiver.stop()

    def _bind(self, address: Address, kind: socket.SocketKind) -> socket.socket:
        bound = listening_socket(address, kind)
        self._bound.append(bound)
        return bound


def _address(bound: socket.socket) -> Address:
    name = bound.getsockname()
    return Address(str(name[0]), int(name[1]))
