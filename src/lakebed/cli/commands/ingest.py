"""`lakebed ingest`: what waits to be indexed, and what was set aside."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from lakebed.cli.exit_codes import FOUND, NOTHING, PARTIAL
from lakebed.cli.sizes import counted
from lakebed.errors import UsageError
from lakebed.query.json_lines import json_text
from lakebed.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lakebed.state import Backfill, SetAside, WorkCounts
    from lakebed.state.state import State

SHOWN = 20
"""Objects set aside that the terminal shows, the newest first."""

SHOWN_MAX = 1_000
"""And that the JSON output has."""

ingest = App(
    name="ingest",
    help="""Look at what waits to be indexed, and decide about what was set aside.

    An object that could not be indexed some times is set aside with its reason, and its events are missing until it is
    tried again with success.

    For example:
      lakebed ingest status
      lakebed ingest retry --source web
      lakebed ingest drop --url s3://my-logs/broken.gz
    """,
    help_format="plaintext",
)
SourceName = Annotated[str | None, Parameter(help="of this source only")]
Url = Annotated[str | None, Parameter(help="only the object at this address")]


@ingest.command
def status(
    *,
    source: SourceName = None,
    output: Annotated[Literal["text", "json"], Parameter(name=["--output", "-o"])] = "text",
) -> int:
    """Show how much waits of each source, backfills that run, and the objects that were set aside.

    Objects that a queue of notifications tells of wait in the queue and are not shown here.

    Exit codes: 0 nothing is set aside, 2 error, 3 objects are set aside.
    """
    with _state() as state:
        counts = {name: one for name, one in state.work.counts().items() if source in {None, name}}
        aside = state.work.set_aside(SHOWN if output == "text" else SHOWN_MAX, source)
        backfills = state.backfills.list(source, has_outcome=False)
    if output == "json":
        told = {
            "sources": {name: asdict(one) for name, one in counts.items()},
            "backfills": [asdict(one) for one in backfills],
            "set_aside": [asdict(one) for one in aside],
        }
        sys.stdout.write(json_text(told).decode() + "\n")
    else:
        for line in _lines(counts, backfills, aside):
            sys.stdout.write(safe_text(line) + "\n")
    return PARTIAL if aside else FOUND


@ingest.command
def retry(*, source: SourceName = None, url: Url = None) -> int:
    """Let objects that were set aside be tried again: all, those of a source, or one.

    Exit codes: 0 done, 1 there was none, 2 error.
    """
    with _state() as state:
        count = state.work.retry(source, url)
    sys.stdout.write(f"{counted(count, 'object')} will be tried again\n")
    return FOUND if count else NOTHING


@ingest.command
def drop(
    *,
    source: SourceName = None,
    url: Url = None,
    all: Annotated[bool, Parameter(negative="", help="all that was set aside")] = False,
) -> int:
    """Forget objects that were set aside, without indexing them: those of a source, one, or all.

    A listing finds an object again that is still there.

    Exit codes: 0 done, 1 there was none, 2 error.
    """
    if not (source or url or all):
        raise UsageError("what shall be dropped? --source NAME, --url URL or --all")
    with _state() as state:
        count = state.work.drop(source, url)
    sys.stdout.write(f"{counted(count, 'object')} dropped\n")
    return FOUND if count else NOTHING


def _state() -> State:
    from lakebed.configuration.find import read_found
    from lakebed.state import open_state

    return open_state(read_found().state_url())


def _lines(counts: Mapping[str, WorkCounts], backfills: Sequence[Backfill], aside: Sequence[SetAside]) -> Iterator[str]:
    if not counts:
        yield "nothing waits"
    for name, one in counts.items():
        parts = [f"{one.waiting:,} waiting", f"{one.claimed:,} in work", f"{one.set_aside:,} set aside"]
        oldest = f", the oldest for {one.oldest_s:.0f} s" if one.waiting + one.claimed else ""
        yield f"{name}: {', '.join(parts)}{oldest}"
    for backfill in backfills:
        offered = backfill.counts.get("offered", 0)
        yield f"backfill {backfill.id} of {backfill.source}: {counted(offered, 'object')} offered"
    if aside:
        yield ""
        yield "set aside, the newest first:"
    for thing in aside:
        when = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(thing.at_s))
        yield f"  {when}  {thing.object.source}  {thing.object.url}: {thing.reason}"
