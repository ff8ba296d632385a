"""`lakebed parse`: logs to JSON lines, without a lake."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import msgspec
from cyclopts import Parameter

from lakebed.cli.exit_codes import ERROR, FOUND, NOTHING, PARTIAL
from lakebed.cli.sizes import counted
from lakebed.cli.source_options import SourceOptions
from lakebed.ingest.parsed import ParsedObject
from lakebed.rawlogs.sources import STANDARD_INPUT, find_sources
from lakebed.safe_text import safe_text

if TYPE_CHECKING:
    from lakebed.ingest.parsed import ParsedEvent
    from lakebed.rawlogs.sources import Problem

_FLAG = Parameter(negative="", show_default=False)
_OPTIONS = SourceOptions()


def parse(
    *paths: Annotated[str, Parameter(help="files, folders, globs, s3://…; - is standard input [what is piped in]")],
    options: SourceOptions = _OPTIONS,
    metadata: Annotated[
        bool, _FLAG, Parameter(name=["--metadata", "-m"], help="begin each event with its time and how it was read")
    ] = False,
) -> int:
    """Print logs as JSON lines, as an index would have them: any format, any compression. No lake is needed.

    What does not parse is an event with the text as `message`; how many there were is told on standard error.

    Exit codes: 0 done, 1 there is no event, 2 error, 3 some files are damaged or could not be read, 130 cancelled.

    For example:
      lakebed parse /var/log/auth.log | jq .message
      lakebed parse Security.evtx --metadata
      zcat access.log.gz | lakebed parse --format access
    """
    problems: list[Problem] = []

    def tell(problem: Problem) -> None:
        problems.append(problem)
        _say(f"{problem.name}: {problem.reason}")

    settings = options.settings()
    settings.for_engine()
    events = read = damaged = 0
    write = sys.stdout.buffer.write
    for source in find_sources(paths or (STANDARD_INPUT,), tell):
        parsed = ParsedObject(source.url, source.read(), settings, modified_ns=source.modified_ns)
        for event in parsed:
            write(_line(event, with_metadata=metadata))
            events += 1
        read += 1
        report = parsed.report
        if report.damage is not None:
            damaged += 1
            _say(f"{source.name}: damaged at byte {report.damage.offset:,}: {report.damage.reason}")
        if report.transform_errors:
            kept = counted(report.transform_errors, "event")
            _say(f"{source.name}: {kept} could not be transformed and stayed as it came, see `@lb.parse_error`")
        if report.discarded:
            _say(f"{source.name}: {counted(report.discarded, 'event')} left out by the transform")
        if report.unparsed_lines:
            _say(f"{source.name}: {counted(report.unparsed_lines, 'line')} could not be parsed and became `message`")
    sys.stdout.buffer.flush()
    if damaged or any(problem.is_missing for problem in problems):
        return PARTIAL if read else ERROR
    return FOUND if events else NOTHING


def _say(text: str) -> None:
    sys.stderr.write(safe_text(f"lakebed: {text}") + "\n")


def _line(event: ParsedEvent, *, with_metadata: bool) -> bytes:
    if not with_metadata:
        return event.json + b"\n"
    told = msgspec.json.encode({**event.metadata, "@lb.record": event.record})
    if event.json == b"{}":
        return told + b"\n"
    return told[:-1] + b"," + event.json[1:] + b"\n"
