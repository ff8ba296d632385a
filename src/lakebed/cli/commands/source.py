"""`lakebed source`: what a source of logs would become."""

from __future__ import annotations

import shutil
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from lakebed.cli.exit_codes import FOUND, NOTHING
from lakebed.cli.sizes import counted, size_text
from lakebed.cli.source_names import named_source
from lakebed.cli.source_options import SourceOptions
from lakebed.ingest.preview import preview_source
from lakebed.query.json_lines import json_text
from lakebed.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakebed.ingest.preview import FieldSeen, Preview

FIELDS_SHOWN = 40
"""Fields that the terminal shows; the JSON output has all."""

NAME_WIDTH_MAX = 40
"""Longer names of fields push what follows aside."""

source = App(
    name="source",
    help="""Look at a source of logs before it is indexed.

    For example:
      lakebed source preview s3://my-logs/AWSLogs/
      lakebed source preview app.csv --column when --column user --column text
    """,
    help_format="plaintext",
)

_OPTIONS = SourceOptions()


@source.command
def preview(
    source: Annotated[
        str,
        Parameter(
            help="name of a source in lakebed.toml, or a file, a folder, a glob (quote it), an object-store URL prefix"
        ),
    ],
    /,
    *,
    options: SourceOptions = _OPTIONS,
    events: Annotated[int, Parameter(name=["--events", "-n"], help="events to show")] = 5,
    output: Annotated[Literal["text", "json"], Parameter(name=["--output", "-o"])] = "text",
) -> int:
    """Show what indexing a source would make of it: by its first object that has events, a few megabytes of it.

    The first events as an index would have them; what was detected, and why; fields with their types and the share of
    events that have them; what could not be understood. Nothing is written. Options that are given with the name of a
    source stand in place of what the lakebed.toml says; `./NAME` is a file.

    Exit codes: 0 done, 1 there is no event, 2 error.

    For example:
      lakebed source preview nginx --config /etc/lakebed/lakebed.toml
      lakebed source preview /var/log/nginx/
      lakebed source preview 's3://my-logs/**/*.gz' --format text -n 20
    """
    named, settings = named_source(source), options.settings()
    if named is None:
        found = preview_source(source, settings, events=events)
    else:
        named = named.with_options(settings)
        found = preview_source(named.url, named.settings, events=events, takes=named.takes)
    if output == "json":
        sys.stdout.buffer.write(json_text(_to_dict(found)) + b"\n")
    else:
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # a real stream has it
        for line in _lines(found):
            sys.stdout.write(line + "\n")
    return FOUND if found.events_seen else NOTHING


def _to_dict(found: Preview) -> dict[str, object]:
    import msgspec

    told = asdict(found)
    told["events"] = [
        {"record": event.record, "metadata": event.metadata, "event": msgspec.Raw(event.json)} for event in found.events
    ]
    return told


def _lines(found: Preview) -> Iterator[str]:
    objects = "many objects" if found.objects is None else counted(found.objects, "object")
    size = size_text(found.looked_at_bytes)
    part = f"all {size}" if found.is_whole else f"the first {size}"
    yield safe_text(f"{found.url}, the first of {objects} with events")
    yield safe_text(f"  format       {found.format}: {found.why}")
    yield safe_text(f"  source type  {found.source_type}")
    yield f"  compression  {found.compression}"
    yield f"  events       {found.events_seen:,} in {part}"
    times = ", ".join(f"{name} in {count:,}" for name, count in found.time_sources.items())
    yield f"  time         {times or 'none'}"
    for warning in found.warnings:
        yield safe_text(f"  warning      {warning}")
    if found.fields:
        yield ""
        yield from _field_lines(found.fields)
    for event in found.events:
        yield ""
        yield safe_text(f"{event.record}  " + "  ".join(f"{name}={value}" for name, value in event.metadata.items()))
        yield safe_text(event.json.decode("utf-8", "surrogatepass"))


def _field_lines(fields: tuple[FieldSeen, ...]) -> Iterator[str]:
    width = min(NAME_WIDTH_MAX, max(len(safe_text(one.name)) for one in fields[:FIELDS_SHOWN]))
    columns = shutil.get_terminal_size().columns
    for one in fields[:FIELDS_SHOWN]:
        line = safe_text(f"  {one.name:{width}}  {one.coverage:4.0%}  {one.types:8}  {', '.join(one.values)}")
        yield line if len(line) <= columns else line[: columns - 1] + "…"
    if len(fields) > FIELDS_SHOWN:
        yield f"  … and {counted(len(fields) - FIELDS_SHOWN, 'more field')}"
