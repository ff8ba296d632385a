"""`lakebed index`: logs into a lake."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from lakebed.api import open as open_lake
from lakebed.cli.exit_codes import FOUND, NOTHING, PARTIAL
from lakebed.cli.sizes import counted, size_text
from lakebed.cli.source_options import SourceOptions
from lakebed.query.json_lines import json_text
from lakebed.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lakebed.ingest.run import Progress
    from lakebed.ingest.totals import IndexTotals

_OPTIONS = SourceOptions()

PROBLEMS_SHOWN = 20
"""Damaged and failed objects named on the terminal; the JSON output has up to 1,000 of each."""


def index(
    source: Annotated[str, Parameter(help="a file, a folder, a glob (quote it) or an object-store URL prefix")],
    /,
    *,
    into: Annotated[str, Parameter(help="name of the index")],
    lake: Annotated[
        str | None, Parameter(help="folder or URL of the lake [LAKEBED_LAKE, lakebed.toml, else ./lake]")
    ] = None,
    options: SourceOptions = _OPTIONS,
    output: Annotated[
        Literal["table", "json"], Parameter(name=["--output", "-o"], help="totals for people or for programs")
    ] = "table",
) -> int:
    """Index logs into a lake; creates the lake if there is none.

    Objects that are in the index already are left out; a changed object replaces its earlier events.

    Exit codes: 0 done, 1 nothing found there, 2 error, 3 some objects are damaged or could not be read, 130 cancelled.

    For example:
      lakebed index /var/log/nginx/ --into web
      lakebed index 'archive/**/*.json.gz' --into app --time-field meta.when
      lakebed index door.log --into doors --time '~^<(.{19})>' --zone Europe/Berlin
      lakebed index s3://my-logs/AWSLogs/ --into cloudtrail --lake s3://my-lake --transform ecs
    """
    with open_lake(lake) as opened:
        settings = options.settings(opened.lookups.open)
        with _progress_bar() as progress:
            totals = opened.index(source, into=into, settings=settings, progress=progress)
    if not totals.objects_found:
        sys.stderr.write(safe_text(f"nothing to index: no file or object at '{source}'") + "\n")
    if output == "json":
        sys.stdout.write(json_text(asdict(totals)).decode() + "\n")
    else:
        sys.stdout.write(_totals(totals) + "\n")
        _show_problems(totals)
    if totals.objects_failed or totals.objects_damaged:
        return PARTIAL
    return FOUND if totals.objects_found else NOTHING


@contextmanager
def _progress_bar() -> Iterator[Callable[[Progress], None] | None]:
    """A bar on standard error if that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = [
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[events]:,} events"),
        TimeRemainingColumn(),
    ]
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("indexing", total=None, events=0)

        def show(progress: Progress) -> None:
            total = progress.bytes_found if progress.is_listed else None
            bar.update(task, completed=progress.bytes_done, total=total, events=progress.events)

        yield show


def _totals(totals: IndexTotals) -> str:
    parts = [counted(totals.objects_indexed, "object"), counted(totals.events, "event")]
    parts.append(f"{size_text(totals.raw_bytes)} raw")
    parts.append(f"{size_text(totals.lake_bytes)} in {counted(totals.segments, 'segment')}")
    text = f"indexed {', '.join(parts)} into '{totals.index}' in {totals.seconds:.1f} s"
    if totals.seconds > 0 and totals.raw_bytes:
        text += f" ({size_text(totals.raw_bytes / totals.seconds)}/s)"
    notes = {
        "unchanged": totals.objects_unchanged,
        "replaced": totals.objects_replaced,
        "damaged": totals.objects_damaged,
        "failed": totals.objects_failed,
    }
    told = [f"{count:,} {name}" for name, count in notes.items() if count]
    lines = [text, *([f"objects: {', '.join(told)}"] if told else [])]
    if len(totals.formats) > 1 or "text" in totals.formats:
        shown = sorted(totals.formats.items(), key=lambda item: (-item[1], item[0]))
        lines.append(f"formats: {', '.join(f'{count:,} {name}' for name, count in shown)}")
    return "\n".join([*lines, *_warnings(totals)])


def _warnings(totals: IndexTotals) -> list[str]:
    """What an investigator must know of the events' times, and of lines that were not understood."""
    lines: list[str] = []
    if borrowed := totals.time_sources.get("previous", 0):
        lines.append(f"no time in {counted(borrowed, 'event')}: that of the event before is taken")
    if unknown := totals.time_sources.get("object", 0):
        lines.append(f"no time in {counted(unknown, 'event')}: that of the object's last change is taken")
    if assumed := totals.time_sources.get("zone_assumed", 0):
        lines.append(f"no zone in the times of {counted(assumed, 'event')}: UTC is taken; --zone names another")
    if inferred := totals.time_sources.get("year_inferred", 0):
        lines.append(f"no year in the times of {counted(inferred, 'event')}: the last possible one is taken")
    if totals.unparsed_lines:
        example = f", such as in {totals.unparsed[0].url}" if totals.unparsed else ""
        lines.append(f"{counted(totals.unparsed_lines, 'line')} could not be parsed and became `message`{example}")
    if totals.transform_errors:
        example = f", such as in {totals.untransformed[0].url}" if totals.untransformed else ""
        kept = counted(totals.transform_errors, "event")
        lines.append(f"{kept} could not be transformed and stayed as it came, see `@lb.parse_error`{example}")
    if totals.discarded:
        lines.append(f"{counted(totals.discarded, 'event')} left out by the transform")
    if totals.invalid_utf8:
        sequences = counted(totals.invalid_utf8, "byte sequence")
        lines.append(f"{sequences} that are no UTF-8 became characters of Windows-1252")
    if totals.skipped_members:
        example = f", such as {totals.skipped[0].url}: {totals.skipped[0].reason}" if totals.skipped else ""
        lines.append(f"{counted(totals.skipped_members, 'member')} of archives left out{example}")
    return [safe_text(line) for line in lines]


def _show_problems(totals: IndexTotals) -> None:
    for problem in totals.damaged[:PROBLEMS_SHOWN]:
        text = f"damaged: {problem.url} at byte {problem.offset}: {problem.reason}; what precedes is indexed"
        sys.stderr.write(safe_text(text) + "\n")
    for problem in totals.failed[:PROBLEMS_SHOWN]:
        sys.stderr.write(safe_text(f"failed: {problem.url}: {problem.reason}") + "\n")
