"""`lakebed pull`: asks a service for its events, as `lakebed run` does."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from lakebed.cli.exit_codes import FOUND, NOTHING
from lakebed.cli.server_packages import server_packages
from lakebed.cli.sizes import counted, size_text
from lakebed.errors import LakebedError, ThrottledError, UsageError
from lakebed.safe_text import safe_text

if TYPE_CHECKING:
    from lakebed.configuration import Configuration, SourceConfig
    from lakebed.pull.schedule import PullWorker
    from lakebed.pull.turn import Turn


def pull(
    source: Annotated[str, Parameter(help="name of a source in lakebed.toml, of kind okta, github or rest")],
    /,
    *,
    once: Annotated[bool, Parameter(negative=(), help="end when there is nothing more")] = False,
    restart: Annotated[
        bool,
        Parameter(negative=(), help="forget the place: begin where the source is configured to; events may come twice"),
    ] = False,
    dry_run: Annotated[
        bool, Parameter(negative=(), help="print the first events as JSON lines; write nothing anywhere")
    ] = False,
) -> int:
    """Ask a service for its events and keep them in the lake, under `raw/SOURCE/`, for `lakebed run` to index.

    It goes on from where the source was left, until it is interrupted. `lakebed run` does the same for all sources:
    this is to try one. With --dry-run it begins where the source is configured to; no state or lake is needed.

    Exit codes: 0 there were events, 1 there were none, 2 error, 130 interrupted.

    For example:
      lakebed pull okta --dry-run
      lakebed pull github --once
    """
    from lakebed.configuration.find import read_found

    configuration = read_found()
    found = configuration.source(source)
    with server_packages("pull"):
        import lakebed.pull.fetch
        import lakebed.state  # noqa: F401 - both are used from here on
    if dry_run:
        return _show(found)
    return _pull(configuration, found, once=once, restart=restart)


def _show(source: SourceConfig) -> int:
    from lakebed.pull.fetch import World
    from lakebed.pull.kinds import check_options, make_connector

    connector = make_connector(check_options(source.kind, source.options), World())
    try:
        poll = connector.poll(None)
    finally:
        connector.close()
    sys.stdout.buffer.write(b"".join(line + b"\n" for line in poll.lines))
    sys.stdout.buffer.flush()
    rest = "that is all" if poll.is_caught_up else "there are more"
    sys.stderr.write(f"{counted(len(poll.lines), 'event')}; {rest}\n")
    return FOUND if poll.lines else NOTHING


def _pull(configuration: Configuration, source: SourceConfig, *, once: bool, restart: bool) -> int:
    from lakebed.pull.schedule import PullSource, PullWorker
    from lakebed.pull.turn import cursor_name
    from lakebed.state import open_state
    from lakebed.storage.open import open_store

    events = 0

    def told(_source: str, turn: Turn) -> None:
        nonlocal events
        events += turn.events
        if turn.key is not None:
            text = f"{counted(turn.events, 'event')}, {size_text(turn.bytes)}: {turn.key}"
            sys.stdout.write(safe_text(text) + "\n")
            sys.stdout.flush()

    def failed(_source: str, error: LakebedError) -> None:
        if not once or isinstance(error, ThrottledError):
            sys.stderr.write(safe_text(f"lakebed: {error}") + "\n")

    store = open_store(configuration.lake)
    owner = f"{socket.gethostname()}/{os.getpid()}/pull"
    asked = PullSource(source.name, source.kind, source.options)
    with open_state(configuration.state_url()) as state:
        worker = PullWorker([asked], state, store, owner=owner, on_turn=told, on_error=failed)
        if restart:
            state.cursors.forget(cursor_name(source.name))
        stop = threading.Event()
        if not once:
            worker.run(stop)
            return FOUND if events else NOTHING
        try:
            _until_caught_up(worker, source.name)
        finally:
            stop.set()
            worker.run(stop)  # gives the source back: who mends a token tries again at once
    return FOUND if events else NOTHING


def _until_caught_up(worker: PullWorker, source: str) -> None:
    """A wait that the service asks for is waited; any other failure ends it."""
    while True:
        wait_s = worker.step(source)
        status = worker.status()[source]
        if not status.is_ours:
            raise UsageError(f"another process pulls '{source}'; it does so until it ends")
        if status.is_caught_up:
            return
        if status.failure is not None and not isinstance(status.failure, ThrottledError):
            raise status.failure
        time.sleep(wait_s)
