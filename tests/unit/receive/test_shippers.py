"""Real shippers that nobody here wrote: rsyslog, curl, the OpenTelemetry SDK, Elasticsearch's client."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import shutil
import socket
import ssl
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from lakebed.serve.receive.settings import SyslogListener
from tests.rsyslog import rsyslogd
from tests.unit.receive.serving import TOKEN, Running, receiving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.server

LINES = [
    f"order {number} paid by user-{number % 7} with a long ünïcode text {'x' * (number % 50)}" for number in range(300)
]
FORMAT = 'template="RSYSLOG_SyslogProtocol23Format"'
WAIT_SECONDS = 60


def wait_for(running: Running, source: str, shape: str, count: int) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while running.receiver.counts.events[source, shape] < count:
        assert time.monotonic() < deadline, running.receiver.counts
        time.sleep(0.01)


def need(program: str) -> str:
    found = shutil.which(program)
    if found is None and os.environ.get("CI"):
        pytest.fail(f"{program} is missing")
    if found is None:
        pytest.skip(f"{program} is missing")
    return found


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 that signs itself; its key lies beside it."""
    folder = tmp_path_factory.mktemp("tls")
    command = [need("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "certificate.pem"


@pytest.mark.parametrize(
    "options",
    [
        'protocol="tcp" TCP_Framing="octet-counted"',
        'protocol="tcp" TCP_Framing="traditional"',
        'protocol="udp"',
    ],
)
def test_rsyslog_forwards(tmp_path: Path, options: str) -> None:
    transport = "udp" if "udp" in options else "tcp"
    listener = SyslogListener.parse("net", f"{transport}://127.0.0.1:0", ("127.0.0.0/8",))
    with receiving(tmp_path / "lake", http=None, tokens={}, syslog=(listener,)) as running:
        action = f'action(type="omfwd" target="127.0.0.1" port="{running.syslog_port()}" {options} {FORMAT})'
        with rsyslogd(tmp_path / "rsyslog", LINES, action):
            wait_for(running, "net", "syslog", len(LINES))
        check_syslog(running)


def test_rsyslog_forwards_over_tls(tmp_path: Path, certificate: Path) -> None:
    listener = SyslogListener.parse("net", "tls://127.0.0.1:0")
    key = certificate.with_name("key.pem")
    tls: dict[str, Any] = {"tls_certificate": certificate, "tls_key": key}
    with receiving(tmp_path / "lake", http=None, tokens={}, syslog=(listener,), **tls) as running:
        action = f'action(type="omfwd" target="127.0.0.1" port="{running.syslog_port()}" protocol="tcp" {FORMAT}'
        action += ' StreamDriver="ossl" StreamDriverMode="1" StreamDriverAuthMode="x509/certvalid")'
        told = f'defaultNetstreamDriverCAFile="{certificate}"'
        with rsyslogd(tmp_path / "rsyslog", LINES, action, told=told):
            wait_for(running, "net", "syslog", len(LINES))
        check_syslog(running)


def test_senders_over_tls_must_be_signed_by_whom_the_settings_name(tmp_path: Path, certificate: Path) -> None:
    listener = SyslogListener.parse("net", "tls://127.0.0.1:0")
    key = certificate.with_name("key.pem")
    tls: dict[str, Any] = {"tls_certificate": certificate, "tls_key": key, "tls_clients": certificate}
    with receiving(tmp_path / "lake", http=None, tokens={}, syslog=(listener,), **tls) as running:
        for is_known in (False, True):
            context = ssl.create_default_context(cafile=str(certificate))
            if is_known:
                context.load_cert_chain(certificate, key)
            plain = socket.create_connection(("127.0.0.1", running.syslog_port()), timeout=WAIT_SECONDS)
            with contextlib.ExitStack() as held, contextlib.suppress(OSError):
                held.enter_context(plain)
                out = held.enter_context(context.wrap_socket(plain, server_hostname="localhost"))
                out.sendall(b"<13>known\n" if is_known else b"<13>stranger\n")
                held.enter_context(out.unwrap())
        wait_for(running, "net", "syslog", 1)
        assert [row.event["message"] for row in running.rows(source="net")] == ["known"]


def check_syslog(running: Running) -> None:
    rows = running.rows(source="net")
    assert sorted(str(row.event["message"]) for row in rows) == sorted(LINES)
    assert {row.event["app_name"] for row in rows} == {"shop"}
    assert len(running.rows("app_name: shop 'order 42 paid'", source="net")) == 1


def test_rsyslog_writes_into_elasticsearch(tmp_path: Path) -> None:
    with receiving(tmp_path / "lake") as running:
        action = f'action(type="omelasticsearch" server="127.0.0.1" serverport="{running.port}" uid="any" pwd="{TOKEN}"'
        action += (
            ' bulkmode="on" searchIndex="logs-shop" searchType="" template="json" writeoperation="create" bulkid="id"'
        )
        action += ' dynbulkid="on")'
        with rsyslogd(tmp_path / "rsyslog", LINES, action, modules='module(load="omelasticsearch")'):
            wait_for(running, "app", "bulk", len(LINES))
        rows = running.rows("_index: shop")
        assert sorted(str(row.event["message"]) for row in rows) == sorted(LINES)
        assert {row.event["eventTime"] for row in rows if "eventTime" in row.event} == set(), "they tell their time"


def test_the_client_of_elasticsearch_sends_in_bulk(running: Running) -> None:
    from elasticsearch import Elasticsearch, helpers

    with Elasticsearch(running.url, basic_auth=("any", TOKEN), http_compress=True) as client:
        assert client.info()["version"]["number"].startswith("8.")
        actions = [
            {"_op_type": "create", "_index": "logs", "_id": str(number), "message": line}
            for number, line in enumerate(LINES)
        ]
        assert helpers.bulk(client, actions) == (len(LINES), [])
        again, errors = helpers.bulk(client, actions, raise_on_error=False, stats_only=False)
        assert isinstance(errors, list)
        assert (again, {item["create"]["status"] for item in errors}) == (0, {409})
    rows = running.rows()
    assert sorted((int(str(row.event["_id"])), row.event["message"]) for row in rows) == list(enumerate(LINES))


def test_the_opentelemetry_sdk_exports(running: Running) -> None:
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
    from opentelemetry.sdk.resources import Resource

    exporter = OTLPLogExporter(
        endpoint=f"{running.url}/v1/logs",
        headers={"Authorization": f"Bearer {TOKEN}"},
        compression=Compression.Gzip,
    )
    provider = LoggerProvider(Resource.create({"service.name": "shop"}))
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    logger = provider.get_logger("tests.shop")
    for number, line in enumerate(LINES):
        logger.emit(timestamp=1_767_225_600_000_000_000 + number, body=line, attributes={"order": number})
    provider.force_flush()
    provider.shutdown()
    rows = running.rows('resource.attributes.service.name: shop @lb.source_type = "otlp"')
    assert sorted(str(row.event["body"]) for row in rows) == sorted(LINES)
    (row,) = running.rows("attributes.order = 42")
    assert row.time_ns == 1_767_225_600_000_000_042


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_curl_sends(tmp_path: Path, certificate: Path, scheme: str) -> None:
    tls: dict[str, Any] = {"tls_certificate": certificate, "tls_key": certificate.with_name("key.pem")}
    events = "".join(json.dumps({"n": number, "message": line}) + "\n" for number, line in enumerate(LINES))
    (tmp_path / "events.ndjson").write_text(events)
    (tmp_path / "events.ndjson.gz").write_bytes(gzip.compress(events.encode()))
    with receiving(tmp_path / "lake", **(tls if scheme == "https" else {})) as running:
        base = f"{scheme}://127.0.0.1:{running.port}"
        curl = [need("curl"), "--silent", "--fail", "--noproxy", "*", "--cacert", str(certificate)]
        curl += ["-H", f"Authorization: Bearer {TOKEN}"]
        file = ["--data-binary", f"@{tmp_path}/events.ndjson"]
        packed = ["-H", "Content-Encoding: gzip", "--data-binary", f"@{tmp_path}/events.ndjson.gz"]
        chunked = ["-H", "Transfer-Encoding: chunked", *file]
        for body in (file, packed, chunked):
            done = subprocess.run([*curl, *body, f"{base}/v1/logs/app"], capture_output=True, check=True, timeout=60)
            assert json.loads(done.stdout) == {"accepted": len(LINES), "not_json": 0}
        hec = ["-H", f"Authorization: Splunk {TOKEN}", "-d", '{"event":"hello from curl"}']
        done = subprocess.run([*curl, *hec, f"{base}/services/collector"], capture_output=True, check=True, timeout=60)
        assert done.stdout == b'{"text":"Success","code":0}'
        assert len(running.rows()) == 3 * len(LINES) + 1


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with receiving(tmp_path / "lake") as found:
        yield found
