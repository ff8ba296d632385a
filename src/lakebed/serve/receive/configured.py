"""The settings of a receiver as `lakebed.toml` tells them, and the state that hears of raw objects."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lakebed.errors import UsageError
from lakebed.ingest.raw import found_raw
from lakebed.secret import Secret
from lakebed.serve.receive.settings import Address, ReceiveSettings, SyslogListener

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lakebed.configuration import Configuration
    from lakebed.serve.receive.batches import Stored
    from lakebed.state.state import State
    from lakebed.storage.store import Store


def receive_settings(configuration: Configuration, environment: Mapping[str, str] | None = None) -> ReceiveSettings:
    """What the file says, with the tokens themselves. Raises `UsageError`, also for a token that is not there."""
    told = configuration.receive
    if told is None:
        raise UsageError(f"'{configuration.path}' has no table [receive]")
    tokens: dict[str, tuple[str, ...]] = {}
    syslog: list[SyslogListener] = []
    for source in configuration.sources.values():
        if source.kind != "receive":
            continue
        secrets = _texts(source.options.get("tokens"))
        tokens[source.name] = tuple(one.read(environment) for one in secrets if isinstance(one, Secret))
        allow = tuple(str(network) for network in _texts(source.options.get("allow")))
        urls = _texts(source.options.get("syslog"))
        syslog += [SyslogListener.parse(source.name, str(url), allow) for url in urls]
    settings = ReceiveSettings(
        tokens={name: found for name, found in tokens.items() if found},
        http=Address.parse(told.http) if told.http and any(tokens.values()) else None,
        syslog=tuple(syslog),
        tls_certificate=told.tls_certificate,
        tls_key=told.tls_key,
        tls_clients=told.tls_clients,
        query_tokens=told.query_tokens,
        wait_seconds=told.wait_seconds,
        batch_bytes=told.batch_bytes,
        body_bytes=told.body_bytes,
        decompressed_bytes=told.decompressed_bytes,
        line_bytes=told.line_bytes,
        connections=told.connections,
        in_flight_bytes=told.in_flight_bytes,
        stop_seconds=told.stop_seconds,
    )
    settings.check()
    return settings


def offer_to(state: State, store: Store, clock: Callable[[], float] = time.time) -> Callable[[Stored], None]:
    """Tells the state of each raw object, so that a runner need not wait for its next listing. Best effort."""

    def offer(stored: Stored) -> None:
        state.work.offer([found_raw(store, stored.source, stored.key, now=clock())])

    return offer


def _texts(found: object) -> tuple[object, ...]:
    """An option that is a list; the file was read with its types already."""
    return found if isinstance(found, tuple) else ()
