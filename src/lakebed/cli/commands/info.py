"""`lakebed info`: what is in a lake."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from lakebed.api import open as open_lake
from lakebed.cli.exit_codes import FOUND, NOTHING
from lakebed.cli.rows import Output, open_writer, short_time
from lakebed.cli.sizes import size_text
from lakebed.errors import NotFoundError
from lakebed.query.times import format_time

if TYPE_CHECKING:
    from lakebed.catalog.index_info import IndexInfo
    from lakebed.model import TableRow

COLUMNS = ("index", "events", "earliest", "latest", "raw_bytes", "stored_bytes", "segments", "damaged_objects")


def info(
    *,
    lake: Annotated[
        str | None, Parameter(help="folder or URL of the lake [LAKEBED_LAKE, lakebed.toml, else ./lake]")
    ] = None,
    output: Annotated[
        Output | None, Parameter(name=["--output", "-o"], help="[table on a terminal, else jsonl]")
    ] = None,
) -> int:
    """Show the indexes of a lake: events, their times, sizes.

    Exit codes: 0 done, 1 there is no event yet, 2 error.

    For example:
      lakebed info --lake s3://my-lake
    """
    chosen: Output = output or ("table" if sys.stdout.isatty() else "jsonl")
    with open_lake(lake) as opened:
        if not opened.exists():
            raise NotFoundError(f"no lake at '{opened.url}'; `lakebed index` makes one")
        infos = opened.info()
    writer = open_writer(chosen, COLUMNS, is_table=True)
    for one in infos:
        writer.write(_row(one, is_for_people=chosen == "table"))
    writer.end()
    return FOUND if infos else NOTHING


def _row(one: IndexInfo, *, is_for_people: bool) -> TableRow:
    sizes: tuple[str | int, str | int] = (one.raw_bytes, one.stored_bytes)
    if is_for_people:
        sizes = (size_text(one.raw_bytes), size_text(one.stored_bytes))
    time_text = short_time if is_for_people else format_time
    times = (time_text(one.earliest_ns), time_text(one.latest_ns))
    values = (one.index, one.events, *times, *sizes, one.segments, one.damaged_objects)
    return dict(zip(COLUMNS, values, strict=True))
