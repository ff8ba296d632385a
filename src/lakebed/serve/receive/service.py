"""Puts a receiver together from a configuration: lake, state, ports, metrics, and what it tells in its log."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Protocol

from lakebed.errors import LakebedError
from lakebed.serve.receive.configured import offer_to, receive_settings
from lakebed.serve.receive.receiver import Receiver
from lakebed.serve.receive.server import ReceiveServer
from lakebed.state import open_state
from lakebed.storage.counting import CountingStore
from lakebed.storage.open import open_store
from lakebed.telemetry.families import receive_metrics, store_metrics
from lakebed.telemetry.http import TelemetryServer
from lakebed.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakebed.configuration import Configuration
    from lakebed.serve.receive.batches import Stored


class Log(Protocol):
    """A structured log."""

    def info(self, event: str, **details: object) -> None:
        """Something that is as it should be."""

    def warning(self, event: str, **details: object) -> None:
        """Something that works again by itself, or that somebody should know."""

    def error(self, event: str, **details: object) -> None:
        """Something that should not happen."""


@contextlib.contextmanager
def open_server(configuration: Configuration, log: Log) -> Iterator[ReceiveServer]:
    """A server that is bound to its ports and does not run yet. Call it in its event loop.

    Raises `UsageError` and `StateError`.
    """
    settings = receive_settings(configuration)
    store = CountingStore(open_store(configuration.lake))
    with open_state(configuration.state_url()) as state:
        offer = offer_to(state, store)

        def stored(one: Stored) -> None:
            try:
                offer(one)
            except LakebedError as error:  # a listing finds it, too
                log.warning("state_not_told", source=one.source, key=one.key, reason=str(error))

        receiver = Receiver(
            settings,
            store,
            on_stored=stored,
            on_failed=lambda source, error: log.warning("not_stored", source=source, reason=str(error)),
            on_error=lambda where, error: log.error("internal_error", where=where, kind=type(error).__name__),
        )
        server = ReceiveServer(receiver)
        try:
            with _operating(configuration, receiver, store):
                yield server
        finally:
            server.close()


@contextlib.contextmanager
def _operating(configuration: Configuration, receiver: Receiver, store: CountingStore) -> Iterator[None]:
    """Serves metrics and health beside the receiver, where the configuration says."""
    address = configuration.receive.metrics if configuration.receive is not None else None
    if address is None:
        yield
        return
    metrics = Metrics()
    metrics.watch("receive", lambda: receive_metrics(receiver.counts))
    metrics.watch("store", lambda: store_metrics(store.counts))
    with TelemetryServer(address, metrics.registry, ready={"receive": lambda: _why_not_ready(receiver)}):
        yield


def _why_not_ready(receiver: Receiver) -> str | None:
    if receiver.is_stopping:
        return "it is shutting down"
    if receiver.batches.last_error is not None:
        return f"cannot store: {receiver.batches.last_error}"
    return "too much is waiting to be written" if receiver.budget.is_full else None


def places(server: ReceiveServer) -> list[str]:
    """Where it listens, as URLs; of syslog with its source."""
    settings = server.receiver.settings
    scheme = "http" if settings.tls_certificate is None else "https"
    found = [f"{scheme}://{server.http_address}"] if server.http_address else []
    for listener, address in zip(settings.syslog, server.syslog_addresses, strict=True):
        found.append(f"{listener.transport}://{address} {listener.source}")
    return found
