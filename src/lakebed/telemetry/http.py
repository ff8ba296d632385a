"""`/metrics`, `/healthz` and `/readyz` over plain threads: three small answers want no framework, and no event loop.

For people and programs of one's own: it listens on loopback unless told otherwise, and knows no passwords. Whoever
reaches it can hold up neither the process nor others: connections have an end, and are few.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections import OrderedDict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

from prometheus_client.exposition import choose_encoder

from lakebed.errors import UsageError
from lakebed.safe_text import safe_text
from lakebed.telemetry import limits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from prometheus_client import CollectorRegistry

JSON = "application/json"

Check = "Callable[[], str | None]"
"""None when all is well, else why not. Must not wait."""


class TelemetryServer:
    """Listens from its creation on; `start` answers, `close` ends it.

    `alive` are the checks of `/healthz`: when one fails, whoever watches the process should start it anew. `ready` are
    those of `/readyz`, beside them: one that fails says what does not work now, and may again by itself.
    """

    def __init__(
        self,
        address: str,
        registry: CollectorRegistry,
        *,
        alive: Mapping[str, Callable[[], str | None]] | None = None,
        ready: Mapping[str, Callable[[], str | None]] | None = None,
    ) -> None:
        """Raises `UsageError` when it cannot listen at `address` (`host:port`; port 0 is any that is free)."""
        host, _, port = address.rpartition(":")
        try:
            self._server = _Server((host.strip("[]"), int(port)), _Handler)
        except (OSError, ValueError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise UsageError(f"cannot listen at '{safe_text(address)}': {reason.lower()}") from error
        self._server.registry = registry
        self._server.alive = dict(alive or {})
        self._server.ready = dict(ready or {})
        self._thread = threading.Thread(target=self._server.serve_forever, name="lakebed-telemetry", daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self._server.server_address[:2]
        shown = f"[{host!s}]" if ":" in str(host) else str(host)
        return f"http://{shown}:{port}"

    def start(self) -> Self:
        """Begins to answer."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Ends; connections that are open are cut off."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        self._server.cut_off_all()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    registry: CollectorRegistry
    alive: Mapping[str, Callable[[], str | None]]
    ready: Mapping[str, Callable[[], str | None]]

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._open: OrderedDict[int, socket.socket] = OrderedDict()
        self._lock = threading.Lock()
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """Without the look-up of our own name that the library makes: it may wait for a name server."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """A thread for the connection; the oldest one is cut off when there are too many."""
        assert isinstance(request, socket.socket), "a server of streams"
        with self._lock:
            self._open[id(request)] = request
            oldest = self._open.popitem(last=False)[1] if len(self._open) > limits.TELEMETRY_CONNECTIONS else None
        if oldest is not None:
            _cut_off(oldest)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Called when a connection has been answered."""
        with self._lock:
            self._open.pop(id(request), None)
        super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away, or was cut off, is nothing to write to standard error about."""

    def cut_off_all(self) -> None:
        """Ends every connection."""
        with self._lock:
            left, self._open = list(self._open.values()), OrderedDict()
        for one in left:
            _cut_off(one)


def _cut_off(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = limits.TELEMETRY_TIMEOUT_S
    server_version = "lakebed"
    sys_version = ""

    def do_GET(self) -> None:
        """Answers one request; the connection ends with it."""
        path = self.path.partition("?")[0]
        if path == "/metrics":
            encode, kind = choose_encoder(self.headers.get("Accept") or "")
            self._answer(HTTPStatus.OK, kind, encode(self.server.registry))
        elif path == "/healthz":
            self._answer_checks("healthy", self.server.alive)
        elif path == "/readyz":
            self._answer_checks("ready", {**self.server.alive, **self.server.ready})
        else:
            text = json.dumps({"error": "there are /metrics, /healthz and /readyz"})
            self._answer(HTTPStatus.NOT_FOUND, JSON, text.encode())

    do_HEAD = do_GET  # noqa: N815 - the library's name

    def log_message(self, format: str, *arguments: object) -> None:
        """Scrapers come every few seconds: nothing to write down."""

    def _answer_checks(self, word: str, checks: Mapping[str, Callable[[], str | None]]) -> None:
        failed = {}
        for name, check in checks.items():
            reason = _asked(check)
            if reason is not None:
                failed[name] = safe_text(reason)[: limits.TELEMETRY_REASON_CHARS_MAX]
        told = {"status": f"not {word}" if failed else word, "failed": failed}
        status = HTTPStatus.SERVICE_UNAVAILABLE if failed else HTTPStatus.OK
        self._answer(status, JSON, (json.dumps(told) + "\n").encode())

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _asked(check: Callable[[], str | None]) -> str | None:
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - a check that breaks is a check that fails
        return f"unexpected: {type(error).__name__}"
