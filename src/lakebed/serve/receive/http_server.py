"""uvicorn for the receiver: in our event loop, with our signals, and a limit on how long a head may take.

uvicorn waits for ever for the rest of a request's head, or for the first byte of one; a thousand silent connections
would keep everyone else out.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from lakebed import config
from lakebed.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.applications import Starlette

    from lakebed.serve.receive.settings import Address, ReceiveSettings

BACKLOG = 512
"""Connections that the system holds for us."""

HEAD_BYTES_MAX = 64 * 1024
"""Line and headers of a request; tokens are the longest of them."""


class GuardedProtocol(H11Protocol):
    """Closes a connection whose next request's head does not come in time."""

    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        assert isinstance(transport, asyncio.Transport), "of a stream"
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        super().data_received(data)
        cycle: RequestResponseCycle | None = self.cycle  # its declaration leaves out that there may be none
        if cycle is not None and not cycle.response_complete:
            self._stop_waiting()
        elif self._head_timer is None:
            self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        self._head_timer = self.loop.call_later(config.RECEIVE_HEADER_SECONDS, self._give_up)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        self.transport.abort()


class HttpServer(uvicorn.Server):
    """A server whose signals are handled by whoever runs it; ask it to end with `should_exit`."""

    def __init__(self, settings: uvicorn.Config) -> None:
        super().__init__(settings)
        self.has_started = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Tells when it listens."""
        await super().startup(sockets)
        self.has_started.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves them alone."""
        yield


def http_server(app: Starlette, settings: ReceiveSettings) -> HttpServer:
    """The server for an application. Raises `UsageError` when the certificate or its key cannot be read."""
    told: dict[str, Any] = {}  # what uvicorn takes is of many types
    if settings.tls_certificate is not None:
        told = {"ssl_certfile": str(settings.tls_certificate), "ssl_keyfile": str(settings.tls_key)}
    server = uvicorn.Config(
        app,
        http=GuardedProtocol,
        ws="none",
        lifespan="off",
        loop="none",
        log_config=None,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=True,
        limit_concurrency=settings.connections,
        timeout_keep_alive=int(config.RECEIVE_HEADER_SECONDS),
        timeout_graceful_shutdown=int(settings.stop_seconds) or None,
        h11_max_incomplete_event_size=HEAD_BYTES_MAX,
        **told,
    )
    try:
        server.load()
    except OSError as error:
        reason = (error.strerror or "not as wanted").lower()
        raise UsageError(f"cannot use the certificate '{settings.tls_certificate}' and its key: {reason}") from error
    return HttpServer(server)


def listening_socket(address: Address, kind: socket.SocketKind = socket.SOCK_STREAM) -> socket.socket:
    """A bound socket, so that a port that is taken shows before anything starts. Raises `UsageError`."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        found = socket.getaddrinfo(address.host, address.port, family, kind)[0]
        bound = socket.socket(found[0], kind)
    except OSError as error:
        raise UsageError(f"cannot listen on '{address}': {_reason(error)}") from error
    try:
        if kind == socket.SOCK_STREAM:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(found[4])
        if kind == socket.SOCK_STREAM:
            bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        raise UsageError(f"cannot listen on '{address}': {_reason(error)}") from error
    bound.setblocking(False)
    return bound


def _reason(error: OSError) -> str:
    return (error.strerror or "system error").lower()
