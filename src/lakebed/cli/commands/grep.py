"""`lakebed grep`: the query language straight over log files."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from lakebed.cli.exit_codes import ERROR, FOUND, NOTHING, PARTIAL
from lakebed.cli.lines import Color, LineWriter, shown_name, wants_color
from lakebed.cli.source_options import SourceOptions
from lakebed.errors import UsageError
from lakebed.query.compile import compile_query
from lakebed.query.moments import parse_moment
from lakebed.rawlogs.search import RawSearch
from lakebed.rawlogs.sources import STANDARD_INPUT, find_sources, names_several
from lakebed.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lakebed.cli.rows import Output
    from lakebed.ingest.settings import SourceSettings
    from lakebed.rawlogs.sources import Problem

_FLAG = Parameter(negative="", show_default=False)


@Parameter(name="*")
@dataclass(frozen=True)
class Reading:
    """Which events are looked at."""

    since: Annotated[
        str | None, Parameter(help="events from then on: '24h' ago, '2026-01-31', '2026-01-31T12:00:00Z'")
    ] = None
    until: Annotated[str | None, Parameter(help="events before then")] = None
    text: Annotated[bool, _FLAG, Parameter(name=["--text", "-a"], help="search files that are no text, too")] = False


@Parameter(name="*")
@dataclass(frozen=True)
class Showing:
    """What is shown of the events that match."""

    count: Annotated[
        bool, _FLAG, Parameter(name=["--count", "-c"], help="only how many events match, of each file that has some")
    ] = False
    files_with_matches: Annotated[
        bool, _FLAG, Parameter(name=["--files-with-matches", "-l"], help="only the names of files that have a match")
    ] = False
    limit: Annotated[int | None, Parameter(name=["--limit", "-n"], help="most rows; 0 is all [all]")] = None
    output: Annotated[
        Literal["raw", "table", "jsonl", "csv"] | None,
        Parameter(
            name=["--output", "-o"],
            help="raw: records as they stand in their file [raw; where the query chooses columns: table on a terminal, "
            "else jsonl]",
        ),
    ] = None
    with_filename: Annotated[
        bool, _FLAG, Parameter(name=["--with-filename", "-H"], help="file names first [of several, on a terminal]")
    ] = False
    no_filename: Annotated[bool, _FLAG, Parameter(name=["--no-filename", "-I"], help="no file names")] = False
    color: Annotated[Color, Parameter(help="mark what was found")] = "auto"

    def has_names(self, paths: Sequence[str], *, unless_piped: bool = False) -> bool:
        """Whether file names stand before what is found in them. Records in a pipe are data, and stay what they are."""
        is_asked = names_several(paths) and not self.no_filename and (sys.stdout.isatty() or not unless_piped)
        return self.with_filename or is_asked


_READING = Reading()
_OPTIONS = SourceOptions()
_SHOWING = Showing()


def grep(
    query: Annotated[str, Parameter(help="what to find, in the query language; quote it")],
    /,
    *paths: Annotated[
        str, Parameter(help="files, folders, globs, s3://…; - is standard input [what is piped in, else this folder]")
    ],
    showing: Showing = _SHOWING,
    reading: Reading = _READING,
    options: SourceOptions = _OPTIONS,
) -> int:
    """Search log files as they are, packed or in archives too, in any format of `lakebed index`. No lake is needed.

    Events are printed as they stand in their files, in that order, one a line. A query with stages prints its answer as
    `lakebed search` does, but `head` takes the first events of the files, not the newest.

    Exit codes: 0 found, 1 nothing, 2 error, 3 some files could not be read, 130 cancelled.

    For example:
      lakebed grep '203.0.113.77' /var/log/nginx/
      lakebed grep 'status >= 500 and not path: "/health*"' access.log*
      lakebed grep 'eventName: ConsoleLogin errorMessage: *' 'AWSLogs/**/*.json.gz' | jq .sourceIPAddress
      lakebed grep 'error | groupbycount(message) | head 10' app.log.zst
      kubectl logs -f web | lakebed grep 'level = error or latency_ms > 1000'
    """
    named = paths or ((".",) if sys.stdin.isatty() else (STANDARD_INPUT,))
    problems: list[Problem] = []

    def tell(problem: Problem) -> None:
        problems.append(problem)
        sys.stderr.write(safe_text(f"lakebed: {problem.name}: {problem.reason}") + "\n")

    search = _start(query, named, showing.limit, reading, options.settings(), tell)
    if not search.gives_records and (showing.count or showing.files_with_matches or showing.output == "raw"):
        raise UsageError("this query gives a table: leave --count, --files-with-matches and --output raw out")
    has_color = wants_color(showing.color)
    if showing.files_with_matches or showing.count:
        has_names = showing.files_with_matches or showing.has_names(named)
        _write_counts(search, has_names=has_names, has_counts=not showing.files_with_matches, has_color=has_color)
    elif search.gives_records and showing.output in {None, "raw"}:
        _write_records(search, query, has_names=showing.has_names(named, unless_piped=True), has_color=has_color)
    else:
        _write_rows(search, query, None if showing.output == "raw" else showing.output)
    for note in search.notes:
        sys.stderr.write(safe_text(f"note: {note}") + "\n")
    if any(problem.is_missing for problem in problems):
        return PARTIAL if search.sources_read else ERROR
    return FOUND if search.cost.rows else NOTHING


def _start(
    query: str,
    paths: Sequence[str],
    limit: int | None,
    reading: Reading,
    settings: SourceSettings,
    tell: Callable[[Problem], None],
) -> RawSearch:
    now_ns = time.time_ns()
    compiled = compile_query(
        query,
        since_ns=parse_moment(reading.since, now_ns),
        until_ns=parse_moment(reading.until, now_ns),
        limit=limit or None,
    )
    return RawSearch(
        compiled,
        find_sources(paths, tell),
        tell=tell,
        source_settings=settings,
        takes_binary=reading.text,
    )


def _write_records(search: RawSearch, query: str, *, has_names: bool, has_color: bool) -> None:
    words: tuple[str, ...] = ()
    if has_color:
        from lakebed.query.mentions import mentions

        words = mentions(query).words
    writer = LineWriter(has_names=has_names, has_color=has_color, words=words)
    for source, lines in search.texts():
        writer.write(source.name, lines)


def _write_counts(search: RawSearch, *, has_names: bool, has_counts: bool, has_color: bool) -> None:
    for source, found in search.counts(None if has_counts else 1):
        if has_names and not found:
            continue
        name = shown_name(source.name, has_color=has_color) if has_names else ""
        shown = f"{found}" if has_counts else ""
        sys.stdout.write(f"{name}{':' if name and shown else ''}{shown}\n")
        sys.stdout.flush()


def _write_rows(search: RawSearch, query: str, output: Output | None) -> None:
    chosen: Output = output or ("table" if sys.stdout.isatty() else "jsonl")
    if chosen == "jsonl":
        for lines in search.lines():
            sys.stdout.buffer.write(lines)
            sys.stdout.buffer.flush()
        return
    from lakebed.cli.rows import open_writer
    from lakebed.query.mentions import mentions

    compiled = search.compiled
    writer = open_writer(chosen, compiled.columns, is_table=compiled.gives_table, mentioned=mentions(query))
    for row in search:
        writer.write(row)
    writer.end()
