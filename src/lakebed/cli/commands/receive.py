"""`lakebed receive`: takes events that are pushed."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING

from lakebed.cli.exit_codes import CANCELLED, FOUND, PARTIAL
from lakebed.cli.server_packages import server_packages

if TYPE_CHECKING:
    from lakebed.configuration import Configuration

SAME_SIGNAL_S = 0.5
"""Signals within so short a time are one: some supervisors send them to the process and to its group."""


def receive() -> int:
    """Take events that are pushed: newline JSON, Splunk HEC, Elasticsearch _bulk, OTLP, syslog.

    Where it listens stands in the table [receive] of a lakebed.toml, who may send in its sources of kind "receive".
    What is answered with success is durable in the lake, under raw/<source>/, and `lakebed run` indexes it. SIGTERM
    and Ctrl-C write what is waiting and answer it, within `stop_seconds`; a second one ends the process at once.

    Logs are lines of JSON on standard error.

    Exit codes: 0 stopped, 2 error, 3 stopped with something not written, which was not acknowledged; 130 ended at once.

    For example:
      lakebed receive
      lakebed receive --config /etc/lakebed.toml
      curl -H "Authorization: Bearer $TOKEN" --data-binary @events.ndjson http://localhost:8088/v1/logs/app
    """
    import asyncio

    from lakebed.configuration.find import read_found

    code = asyncio.run(_serve(read_found()))
    if code == PARTIAL:
        sys.stderr.flush()
        os._exit(code)  # a thread that hangs in a request must not hold the process
    return code


async def _serve(configuration: Configuration) -> int:
    with server_packages("receive"):
        from lakebed.serve.receive.service import open_server, places
        from lakebed.telemetry.logs import configure
    import asyncio

    log = configure(stream=sys.stderr, secrets=configuration.secrets())
    with open_server(configuration, log) as server:
        told_at: list[float] = []

        def stop() -> None:
            now = time.monotonic()
            if told_at and now - told_at[0] > SAME_SIGNAL_S:
                os._exit(CANCELLED)
            if not told_at:
                log.info("stopping")
                server.stop()
                told_at.append(now)

        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop)
        await server.run(lambda: log.info("listening", places=places(server)))
        counts = server.receiver.counts
        log.info(
            "stopped",
            requests=sum(counts.requests.values()),
            stored=sum(counts.events.values()),
            dropped=sum(counts.dropped.values()),
            is_clean=not server.has_given_up,
        )
        return PARTIAL if server.has_given_up else FOUND
