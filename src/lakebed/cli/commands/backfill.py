"""`lakebed backfill`: logs of the past into the lake."""

from __future__ import annotations

import datetime
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from lakebed.cli.exit_codes import CANCELLED, FOUND, NOTHING, PARTIAL
from lakebed.cli.sizes import counted, size_text
from lakebed.errors import UsageError
from lakebed.query.json_lines import json_text
from lakebed.runner import limits

if TYPE_CHECKING:
    from types import FrameType

    from lakebed.configuration import Configuration
    from lakebed.ingest.discovery.range import Range, Survey
    from lakebed.runner.backfill import Order, Progress
    from lakebed.runner.runner import Runner
    from lakebed.runner.source import Source

_FLAG = Parameter(negative="")


def backfill(
    source: Annotated[str, Parameter(help="name of a source in the configuration")],
    /,
    *,
    since: Annotated[str, Parameter(name="--from", help="'2025-01-31', '2025-01-31T12:00:00Z', or '90d' ago")],
    until: Annotated[str, Parameter(name="--to", help="and before then")] = "now",
    newest_first: Annotated[bool, _FLAG, Parameter(help="the newest day first")] = False,
    objects_per_second: Annotated[float | None, Parameter(help="at most so many objects a second")] = None,
    megabytes_per_second: Annotated[float | None, Parameter(help="at most so much a second, as stored")] = None,
    dry_run: Annotated[bool, _FLAG, Parameter(help="only tell how much there is")] = False,
    offer_only: Annotated[
        bool, _FLAG, Parameter(help="leave the work to the processes of `lakebed run` on the same state")
    ] = False,
    output: Annotated[Literal["text", "json"], Parameter(name=["--output", "-o"])] = "text",
) -> int:
    """Index what a source has of a range of the past, and is not in the lake yet.

    Objects belong to the range by the first date in their keys, where these have one (whole days, UTC); else by when
    they were last modified. A backfill that was stopped goes on where it was, when it is asked for in the same words.
    What comes in meanwhile goes before: `lakebed run` may run beside it, and shares the work.

    Exit codes: 0 done, 1 there is nothing, 2 error, 3 stopped before its end, or objects could not be indexed.

    For example:
      lakebed backfill cloudtrail --from 2025-01-01 --to 2025-02-01 --dry-run
      lakebed backfill cloudtrail --from 365d --newest-first --megabytes-per-second 50
    """
    from lakebed.configuration.find import read_found
    from lakebed.runner.backfill import Order
    from lakebed.runner.source import source_of

    told = read_found()
    chosen = source_of(told, told.source(source))
    for rate in (objects_per_second, megabytes_per_second):
        if rate is not None and rate <= 0:
            raise UsageError("a rate is larger than 0")
    order = Order(
        _range(since, until),
        (since, until),
        newest_first,
        objects_per_second,
        megabytes_per_second * 1e6 if megabytes_per_second else None,
    )
    _tell_of_retention(told, chosen.index.index, order)
    return _Command(told, chosen, order, output).run(is_dry=dry_run, is_worker=not offer_only)


@dataclass
class _Command:
    told: Configuration
    source: Source
    order: Order
    output: str

    def run(self, *, is_dry: bool, is_worker: bool) -> int:
        from lakebed.catalog.catalog import Catalog
        from lakebed.runner.backfill import Offerer
        from lakebed.runner.runner import Runner, owner_name
        from lakebed.runner.usage_records import UsageRecords
        from lakebed.state import open_state
        from lakebed.storage.open import open_store

        stop = _stop_on_signals()
        store = open_store(self.told.lake)
        catalog = Catalog(store)
        with open_state(self.told.state_url()) as state:
            order = self.order.resumed(state, self.source.name)
            alone = replace(self.source, queue=None, list_every_s=None)
            usage = UsageRecords(store) if self.told.usage.objects else None
            runner = Runner(store, catalog, state, [alone], self.told.run, usage=usage)
            offerer = Offerer(
                state,
                catalog,
                self.source,
                order,
                owner=owner_name(),
                is_stopping=stop,
                told=self._told,
                looked=self._looked,
                offered=runner.wake,
            )
            found = offerer.survey()
            if is_dry or not found.total.objects:
                self._show(found, None)
                return FOUND if found.total.objects else NOTHING
            if is_worker:
                runner.start()
            try:
                ended, progress = offerer.run(found)
                if is_worker:
                    _wait_until_quiet(runner, stop)
            finally:
                if is_worker:
                    runner.stop()
            counts = state.work.counts().get(self.source.name)
        left = {"waiting": counts.waiting, "set_aside": counts.set_aside} if counts else {"waiting": 0, "set_aside": 0}
        self._show(found, {"offered": progress.offered, **left, "is_done": ended.outcome is not None})
        is_left = left["set_aside"] or (is_worker and left["waiting"])
        return PARTIAL if ended.outcome is None or is_left else FOUND

    def _show(self, found: Survey, ended: dict[str, object] | None) -> None:
        total = found.total
        if self.output == "json":
            amounts = {"objects": total.objects, "bytes": total.size_bytes}
            days: dict[str, int] = {}
            for piece, amount in found.pieces.items():
                day = piece.day.isoformat() if piece.day else "undated"
                days[day] = days.get(day, 0) + amount.objects
            known = {"known_objects": found.known.objects, "known_bytes": found.known.size_bytes}
            told = {**amounts, **known, "objects_by_day": dict(sorted(days.items())), **(ended or {})}
            sys.stdout.write(json_text(told).decode() + "\n")
            return
        in_lake = f"{found.known.objects:,} of them in the lake already"
        sys.stdout.write(f"{counted(total.objects, 'object')}, {size_text(total.size_bytes)}; {in_lake}\n")
        if ended is None:
            return
        words = "done" if ended["is_done"] else "stopped; the same command goes on"
        sys.stdout.write(
            f"{words}: {ended['offered']:,} taken up, {ended['waiting']:,} wait, {ended['set_aside']:,} set aside\n"
        )

    def _looked(self, found: Survey) -> None:
        _on_terminal(f"looked at {counted(found.looked_at, 'object')}")

    def _told(self, progress: Progress) -> None:
        total = progress.survey.total
        share = progress.done_bytes / total.size_bytes if total.size_bytes else 1.0
        _on_terminal(f"{share:4.0%}  {counted(progress.done_objects, 'object')} of {total.objects:,}")


def _wait_until_quiet(runner: Runner, stop: threading.Event) -> None:
    """Until nothing was in hand for some seconds."""
    quiet_since = time.monotonic()
    while not stop.wait(limits.RUNNER_TICK_S):
        if not runner.is_idle:
            quiet_since = time.monotonic()
        if time.monotonic() - quiet_since > limits.BACKFILL_QUIET_S:
            return


def _range(since: str, until: str) -> Range:
    from lakebed.ingest.discovery.range import Range
    from lakebed.query.moments import parse_moment

    now_ns = time.time_ns()
    first = parse_moment(since, now_ns)
    last = parse_moment(until, now_ns)
    assert first is not None, "a text was given"
    assert last is not None, "a text was given"
    if first >= last:
        raise UsageError(f"nothing is between '{since}' and '{until}'")
    return Range(*(datetime.datetime.fromtimestamp(ns / 1e9, datetime.UTC) for ns in (first, last)))


def _tell_of_retention(told: Configuration, index: str, order: Order) -> None:
    """That what is asked for would not stay, before it is paid for."""
    from lakebed.configuration.durations import duration_text

    keep_s = told.indexes[index].retention_s
    if keep_s is not None and order.wanted.since.timestamp() < time.time() - keep_s:
        kept = duration_text(keep_s)
        sys.stderr.write(f"lakebed: [indexes.{index}] keeps {kept}: older events leave it again with the next round\n")


def _stop_on_signals() -> threading.Event:
    told = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        if told.is_set():
            os._exit(CANCELLED)
        told.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return told


def _on_terminal(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()
