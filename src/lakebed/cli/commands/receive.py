"""`lakebed receive`: takes events that are pushed."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from lakebed.cli.exit_codes import CANCELLED, FOUND, PARTIAL
from lakebed.errors import LakebedError, UsageError
from lakebed.safe_text import safe_text

if TYPE_CHECKING:
    from lakebed.configuration import Configuration
    from lakebed.serve.receive.batches import Stored
    from lakebed.serve.receive.server import ReceiveServer


def receive() -> int:
    """Take events that are pushed: newline JSON, Splunk HEC, Elasticsearch _bulk, OTLP, syslog.

    Where it listens stands in the table [receive] of a lakebed.toml, who may send in its sources of kind "receive".
    What is answered with success is durable in the lake, under raw/<source>/, and `lakebed run` indexes it. SIGTERM
    and Ctrl-C write what is waiting and answer it, within `stop_seconds`; a second one ends the process at once.

    Exit codes: 0 stopped, 2 error, 3 stopped with something not written, which was not acknowledged; 130 ended at once.

    For example:
      lakebed receive
      lakebed receive --config /etc/lakebed.toml
      curl -H "Authorization: Bearer $TOKEN" --data-binary @events.ndjson http://localhost:8088/v1/logs/app
    """
    import asyncio

    from lakebed.configuration.find import read_found

    configuration = read_found()
    return asyncio.run(_serve(configuration))


async def _serve(configuration: Configuration) -> int:
    import asyncio

    from lakebed.serve.receive.configured import offer_to, receive_settings
    from lakebed.serve.receive.receiver import Receiver
    from lakebed.storage.open import open_store

    try:
        from lakebed.serve.receive.server import ReceiveServer
        from lakebed.state import open_state
    except ImportError as error:
        raise UsageError(f"{error.name} is not installed: pip install 'lakebed[server]'") from error
    settings = receive_settings(configuration)
    store = open_store(configuration.lake)
    with open_state(configuration.state_url()) as state:
        offer = offer_to(state, store)

        def stored(one: Stored) -> None:
            try:
                offer(one)
            except LakebedError as error:
                _say(f"note: the state was not told of '{one.key}', a listing finds it: {error}")

        receiver = Receiver(
            settings, store, on_stored=stored, on_error=lambda where, error: _say(f"{where}: {type(error).__name__}")
        )
        server = ReceiveServer(receiver)
        is_told = False

        def stop() -> None:
            nonlocal is_told
            if is_told:
                os._exit(CANCELLED)
            is_told = True
            server.stop()

        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop)
        await server.run(lambda: _say(_listening(server)))
        lost = receiver.batches.is_waiting or server.has_given_up
        _say(_totals(server))
    return PARTIAL if lost else FOUND


def _listening(server: ReceiveServer) -> str:
    settings = server.receiver.settings
    scheme = "http" if settings.tls_certificate is None else "https"
    places = [f"{scheme}://{server.http_address}"] if server.http_address else []
    for listener, address in zip(settings.syslog, server.syslog_addresses, strict=True):
        places.append(f"{listener.transport}://{address} for '{listener.source}'")
    return f"listening on {', '.join(places)}"


def _totals(server: ReceiveServer) -> str:
    counts = server.receiver.counts
    text = f"stopped after {sum(counts.requests.values()):,} requests and {sum(counts.events.values()):,} lines stored"
    dropped = sum(counts.dropped.values())
    return f"{text}, {dropped:,} messages of syslog dropped" if dropped else text


def _say(text: str) -> None:
    sys.stderr.write(f"lakebed: {safe_text(text)}\n")
    sys.stderr.flush()
