"""`/metrics`, `/healthz`, `/readyz` over a real socket."""

from __future__ import annotations

import json
import re
import socket
import urllib.error
import urllib.request
from http.client import HTTPResponse
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from lakebed.errors import StateError, UsageError
from lakebed.telemetry import limits
from lakebed.telemetry.http import TelemetryServer
from lakebed.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from collections.abc import Callable

ANY_PORT = "127.0.0.1:0"


def ask(server: TelemetryServer, path: str, method: str = "GET", **headers: str) -> tuple[int, str, bytes]:
    """Status, content type and body."""
    request = urllib.request.Request(server.url + path, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read()


def told(answer: tuple[int, str, bytes]) -> tuple[int, object]:
    assert answer[1] == "application/json"
    return answer[0], json.loads(answer[2])


def test_metrics_are_told_in_prometheus_format() -> None:
    metrics = Metrics()
    metrics.gone("web")
    with TelemetryServer(ANY_PORT, metrics.registry) as server:
        status, kind, body = ask(server, "/metrics?name=whatever")
        assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
        families = {family.name: family for family in text_string_to_metric_families(body.decode())}
        assert [sample.value for sample in families["lakebed_objects_gone"].samples if "total" in sample.name] == [1]
        assert "process_resident_memory_bytes" in families
        status, kind, body = ask(server, "/metrics", Accept="application/openmetrics-text; version=1.0.0")
        assert (status, kind.split(";")[0], body[-6:]) == (200, "application/openmetrics-text", b"# EOF\n")
        assert ask(server, "/metrics", "HEAD")[::2] == (200, b"")


def test_health_and_readiness_are_different_questions() -> None:
    alive: list[str | None] = [None]
    ready: list[str | None] = [None]
    checks: dict[str, Callable[[], str | None]] = {"lake": lambda: ready[0]}
    with TelemetryServer(ANY_PORT, Metrics().registry, alive={"main": lambda: alive[0]}, ready=checks) as server:
        assert told(ask(server, "/healthz")) == (200, {"status": "healthy", "failed": {}})
        assert told(ask(server, "/readyz")) == (200, {"status": "ready", "failed": {}})
        ready[0] = "cannot write\x1b[2J " + "x" * 1_000
        shown = ("cannot write\\x1b[2J " + "x" * 1_000)[:300]
        assert told(ask(server, "/healthz")) == (200, {"status": "healthy", "failed": {}})
        assert told(ask(server, "/readyz")) == (503, {"status": "not ready", "failed": {"lake": shown}})
        ready[0], alive[0] = None, "stuck"
        assert told(ask(server, "/healthz")) == (503, {"status": "not healthy", "failed": {"main": "stuck"}})
        assert told(ask(server, "/readyz")) == (503, {"status": "not ready", "failed": {"main": "stuck"}})


def test_a_check_that_breaks_fails_and_says_little() -> None:
    def broken() -> str | None:
        raise StateError("password=secret")

    with TelemetryServer(ANY_PORT, Metrics().registry, ready={"state": broken}) as server:
        failed = {"state": "unexpected: StateError"}
        assert told(ask(server, "/readyz")) == (503, {"status": "not ready", "failed": failed})


def test_there_is_nothing_else() -> None:
    with TelemetryServer(ANY_PORT, Metrics().registry) as server:
        wanted = {"error": "there are /metrics, /healthz and /readyz"}
        for path in ("/", "/metrics/", "/../etc/passwd", "/%2e%2e/"):
            assert told(ask(server, path)) == (404, wanted)
        assert ask(server, "/metrics", "POST")[0] == 501


def connect(server: TelemetryServer) -> socket.socket:
    host, _, port = server.url.removeprefix("http://").rpartition(":")
    return socket.create_connection((host, int(port)), timeout=60)


@pytest.mark.parametrize("sent", [b"GET " + b"/" * 70_000, b"GET /metrics HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n"])
def test_a_request_has_bounds(sent: bytes) -> None:
    with TelemetryServer(ANY_PORT, Metrics().registry) as server:
        with connect(server) as client:
            client.sendall(sent)
            answer = HTTPResponse(client)
            answer.begin()
            assert answer.status in (414, 431)
            answer.close()
        assert ask(server, "/healthz")[0] == 200


def test_garbage_and_silence_hold_up_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    with TelemetryServer(ANY_PORT, Metrics().registry) as server:
        silent = [connect(server) for _ in range(limits.TELEMETRY_CONNECTIONS + 3)]
        for client in silent[-3:]:
            client.sendall(b"\0\xff\r\n\r\n")
        assert ask(server, "/readyz")[0] == 200
        assert silent[0].recv(100) == b""  # the oldest was cut off
        for client in silent:
            client.close()
        assert ask(server, "/readyz")[0] == 200
    assert capfd.readouterr() == ("", "")


def test_when_it_is_closed_the_port_is_free_and_clients_are_cut_off() -> None:
    server = TelemetryServer(ANY_PORT, Metrics().registry).start()
    url = server.url
    with connect(server) as client:
        assert ask(server, "/healthz")[0] == 200
        server.close()
        assert client.recv(100) == b""
    with TelemetryServer(url.removeprefix("http://"), Metrics().registry) as again:
        assert again.url == url


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("nowhere", "invalid literal for int() with base 10: 'nowhere'"),
        ("127.0.0.1:70000", "bind(): port must be 0-65535."),
        ("256.0.0.1:1", "name or service not known"),
    ],
)
def test_an_address_that_is_none(address: str, reason: str) -> None:
    message = f"cannot listen at '{address}': {reason}"
    with pytest.raises(UsageError, match=f"^{re.escape(message)}$"):
        TelemetryServer(address, Metrics().registry)


def test_an_address_that_is_taken() -> None:
    with TelemetryServer(ANY_PORT, Metrics().registry) as server:
        address = server.url.removeprefix("http://")
        with pytest.raises(UsageError, match=f"^cannot listen at '{address}': address already in use$"):
            TelemetryServer(address, Metrics().registry)


def test_it_listens_on_ipv6_too() -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        server = TelemetryServer("[::1]:0", Metrics().registry)
    except UsageError:
        pytest.skip("no IPv6 here")
    with server:
        assert server.url.startswith("http://[::1]:")
        assert ask(server, "/healthz")[0] == 200
