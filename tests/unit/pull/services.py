"""Services on loopback as connectors meet them: pages, cursors, limits, failures. Each keeps a ledger of its events."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import threading
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from lakebed.pull.fetch import World

START_MS = 1_767_225_600_000
"""2026-01-01T00:00:00Z"""


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """What is answered. `cut` ends the connection after so many bytes of the body; -1 before any answer."""

    status: int = 200
    body: bytes = b"[]"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None


def json_reply(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A JSON body."""
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})


class _QuietServer(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is what some tests are about."""


class Service:
    """A server; subclasses say what is answered. `faults` are answered first, in their order; None lets one through."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self._scheme = "http"
        self.certificate: Path | None = None
        self.asked: list[Asked] = []
        self.faults: list[Reply | None] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                size = int(self.headers.get("Content-Length", 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(parts.path, dict(parse_qsl(parts.query)), headers, self.rfile.read(size))
                service.asked.append(asked)
                fault = service.faults.pop(0) if service.faults else None
                self._write(fault if fault is not None else service.answer(asked))

            do_POST = do_GET  # noqa: N815 - as the library wants it

            def _write(self, reply: Reply) -> None:
                if reply.cut == -1:
                    self.close_connection = True
                    return
                self.send_response_only(reply.status)
                told = {"Date": formatdate(service.clock(), usegmt=True), "Content-Length": str(len(reply.body))}
                for name, value in {**told, **reply.headers}.items():
                    for line in value.split("\n"):
                        self.send_header(name, line)
                self.end_headers()
                self.wfile.write(reply.body if reply.cut is None else reply.body[: reply.cut])
                self.wfile.flush()
                self.close_connection = self.close_connection or reply.cut is not None

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        self._server = _QuietServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def answer(self, asked: Asked) -> Reply:
        """The answer of a service in good health."""
        return Reply()

    def use_tls(self, key: Path, certificate: Path) -> None:
        """From now on, connections are encrypted."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "https"
        self.certificate = certificate

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        return f"{self._scheme}://{self.host}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class OktaService(Service):
    """Okta's System Log: events in the order in which they were stored, which is not that of `published`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.events: list[dict[str, object]] = []
        self.stored_ms: list[int] = []
        self.page = 3
        self.expired_before = 0

    def add(self, number: int, published_ms: int, stored_ms: int | None = None) -> None:
        self.events.append({"uuid": f"u-{number}", "n": number, "published": iso(published_ms), "version": "0"})
        self.stored_ms.append(published_ms if stored_ms is None else stored_ms)

    def answer(self, asked: Asked) -> Reply:
        if asked.path != "/api/v1/logs" or asked.query.get("sortOrder") != "ASCENDING" or "until" in asked.query:
            return json_reply({"errorSummary": "not a polling request"}, 400)
        if "after" in asked.query:
            at = int(asked.query["after"])
            if at < self.expired_before:
                return json_reply({"errorCode": "E0000031", "errorSummary": "Invalid cursor"}, 400)
        else:
            since = asked.query["since"]
            at = next((n for n, stored in enumerate(self.stored_ms) if iso(stored) >= since), len(self.events))
        page = self.events[at : at + min(self.page, int(asked.query["limit"]))]
        query = {"sortOrder": "ASCENDING", "limit": asked.query["limit"], "after": str(at + len(page))}
        this = f'<{self.url}{asked.path}?{urlencode(asked.query)}>; rel="self"'
        link = f'{this}\n<{self.url}{asked.path}?{urlencode(query)}>; rel="next"'
        return json_reply(page, headers={"Link": link})


class GithubService(Service):
    """GitHub's audit log: events by time, the last page has no link to a next one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.events: list[dict[str, object]] = []
        self.page = 3

    def add(self, number: int, time_ms: int) -> None:
        self.events.append({"_document_id": f"d-{number}", "n": number, "@timestamp": time_ms, "action": "repo.create"})

    def answer(self, asked: Asked) -> Reply:
        if asked.path != "/orgs/acme/audit-log" or asked.query.get("order") != "asc":
            return json_reply({"message": "Not Found"}, 404)
        since = asked.query["phrase"].removeprefix("created:>=")
        found = sorted(
            (event for event in self.events if iso(int(str(event["@timestamp"])))[:19] + "Z" >= since),
            key=lambda event: (event["@timestamp"], event["_document_id"]),
        )
        after = asked.query.get("after", "")
        rest = [event for event in found if _github_key(event) > after]
        page = rest[: min(self.page, int(asked.query["per_page"]))]
        headers = {}
        if len(rest) > len(page):
            query = {**asked.query, "after": _github_key(page[-1])}
            headers["Link"] = f'<{self.url}{asked.path}?{urlencode(query)}>; rel="next", <{self.url}/x>; rel="first"'
        return json_reply(page, headers=headers)


def _github_key(event: Mapping[str, object]) -> str:
    return f"{event['@timestamp']} {event['_document_id']}"


def iso(time_ms: int) -> str:
    """As Okta and GitHub write times."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time_ms // 1000)) + f".{time_ms % 1000:03d}Z"


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A key and a certificate of 127.0.0.1 that is its own authority."""
    if shutil.which("openssl") is None and not os.environ.get("CI"):
        pytest.skip("no openssl to make a certificate with")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-subj", "/CN=localhost.test", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    command += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return key, certificate


class FakeTime:
    """A clock that only moves when it is told to, or somebody sleeps."""

    def __init__(self, now: float = START_MS / 1000) -> None:
        self.now = now
        self.passed = 1000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.go(seconds)

    def go(self, seconds: float) -> None:
        self.now += seconds
        self.passed += seconds

    def world(self, **environment: str) -> World:
        import random

        from lakebed.pull.fetch import World

        return World(self.clock, self.monotonic, self.sleep, random.Random(1), environment)
