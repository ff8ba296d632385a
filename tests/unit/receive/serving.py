"""A receiver that runs in a thread of the test, on ports that the system picks, and what it has stored."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import http.client
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import lakebed
from lakebed.errors import StorageError
from lakebed.model import Row
from lakebed.serve.receive.receiver import Receiver
from lakebed.serve.receive.server import ReceiveServer
from lakebed.serve.receive.settings import Address, ReceiveSettings
from lakebed.storage.open import open_store
from lakebed.storage.wrapper import StoreWrapper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from typing_extensions import Buffer

    from lakebed.storage.store import Store

TOKEN = "token-of-app-0123456789"
OTHER_TOKEN = "token-of-web-0123456789"
CHANNEL = "8c1d1a5e-0000-4000-8000-000000000000"
NOW = 1_767_323_045.25
A = b'"2026-01-02T03:04:05.250Z"'
RESOURCE = b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1","body":{"stringValue":"hi"}}]}]}]}'
TOKENS = {"app": (TOKEN, "second-token-of-app-0123"), "web": (OTHER_TOKEN,)}
LOOPBACK = Address("127.0.0.1", 0)
START_SECONDS = 60


class FullStore(StoreWrapper):
    """Nothing can be written."""

    def put(self, key: str, data: Buffer) -> None:
        raise StorageError("the disk is full")


@dataclass
class Answer:
    """What came back over HTTP."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Running:
    """A receiver that runs."""

    server: ReceiveServer
    lake: str
    errors: list[tuple[str, BaseException]] = field(default_factory=list)
    stop: Callable[[], None] = lambda: None

    @property
    def receiver(self) -> Receiver:
        return self.server.receiver

    @property
    def port(self) -> int:
        assert self.server.http_address is not None
        return self.server.http_address.port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def syslog_port(self, place: int = 0) -> int:
        return self.server.syslog_addresses[place].port

    def send(
        self, path: str, body: bytes | str = b"", *, method: str = "POST", token: str | None = TOKEN, **headers: str
    ) -> Answer:
        """One request; names of headers have `_` for `-`."""
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            told.setdefault("Authorization", f"Bearer {token}")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, body.encode() if isinstance(body, str) else body, told)
            response = connection.getresponse()
            return Answer(response.status, response.read(), {k.lower(): v for k, v in response.getheaders()})

    def raw(self, source: str = "app") -> list[bytes]:
        """The lines of all raw objects of a source, in the order of their keys."""
        return raw_lines(open_store(self.lake), source)

    def rows(self, query: str = "*", source: str = "app", **settings: Any) -> list[Row]:
        """What a search finds after what was received of a source is indexed."""
        lake = lakebed.open(self.lake)
        with contextlib.closing(lake):
            lake.index(f"{self.lake}/raw/{source}/", into=source, **settings)
            return [row for row in lake.search(query) if isinstance(row, Row)]


def raw_lines(store: Store, source: str) -> list[bytes]:
    """The lines of all raw objects of a source, in the order of their keys."""
    keys = [info.key for info in store.list(f"raw/{source}/")]
    return [line for key in keys for line in gzip.decompress(store.get(key)).split(b"\n") if line]


@contextlib.contextmanager
def receiving(lake: Path | str, *, store: Store | None = None, **told: Any) -> Iterator[Running]:
    """Runs a receiver for the time of a `with`, and fails when it ends otherwise than asked."""
    told.setdefault("tokens", TOKENS)
    told.setdefault("http", LOOPBACK)
    told.setdefault("wait_seconds", 0.01)
    more = {name: told.pop(name) for name in ("clock", "on_stored") if name in told}
    settings = ReceiveSettings(**told)
    errors: list[tuple[str, BaseException]] = []
    ready = threading.Event()
    running: list[Running] = []
    failed: list[BaseException] = []

    async def serve() -> None:
        receiver = Receiver(
            settings,
            store or open_store(str(lake)),
            on_error=lambda where, error: errors.append((where, error)),
            **more,
        )
        server = ReceiveServer(receiver)
        loop = asyncio.get_running_loop()

        def stop() -> None:
            loop.call_soon_threadsafe(server.stop)

        running.append(Running(server, str(lake), errors, stop))
        await server.run(ready.set)

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:  # noqa: BLE001 - raised again in the test's thread
            failed.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=run, name="receiver")
    thread.start()
    try:
        assert ready.wait(START_SECONDS), "the receiver did not start"
        if failed:
            raise failed[0]
        yield running[0]
    finally:
        with contextlib.suppress(RuntimeError, IndexError):  # it has ended already
            running[0].stop()
        thread.join(START_SECONDS)
    assert not thread.is_alive(), "the receiver did not end"
    if failed:
        raise failed[0]
    assert errors == []


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()
