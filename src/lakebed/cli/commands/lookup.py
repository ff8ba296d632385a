"""`lakebed lookup`: the lookup tables of a lake."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path  # noqa: TC003 - the command line reads the annotation
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from lakebed.api import open as open_lake
from lakebed.cli.exit_codes import FOUND, NOTHING
from lakebed.cli.rows import Output, open_writer, short_time
from lakebed.cli.sizes import counted, size_text
from lakebed.query.times import format_time

if TYPE_CHECKING:
    from lakebed.model import TableRow
    from lakebed.query.lookup.file import LookupFile

COLUMNS = ("name", "bytes", "changed")
ROWS_SHOWN = 20
"""Rows that `show` begins with; `--limit` asks for more."""

LakeOption = Annotated[
    str | None, Parameter(help="folder or URL of the lake [LAKEBED_LAKE, lakebed.toml, else ./lake]")
]
OutputOption = Annotated[Output | None, Parameter(name=["--output", "-o"], help="[table on a terminal, else jsonl]")]

lookup = App(
    name="lookup",
    help="""Keep tables in the lake that `… | lookup NAME key = column` joins to rows.

    CSV with a header, JSON (an array of objects, or one on each line), or MMDB (GeoLite2, IPinfo).

    For example:
      lakebed lookup add assets ./assets.csv
      lakebed search '* | lookup assets ip = src output owner'
    """,
    help_format="plaintext",
)


@lookup.command
def add(name: str, file: Path, /, *, lake: LakeOption = None) -> int:
    """Add FILE as the table NAME, in place of one that has this name."""
    with open_lake(lake) as opened:
        added = opened.lookups.add(name, file)
        described = _described(opened.lookups.open(added.name))
    sys.stdout.write(f"{added.name}: {described}\n")
    return FOUND


@lookup.command(name="list")
def list_tables(*, lake: LakeOption = None, output: OutputOption = None) -> int:
    """Show the tables of a lake. Exit codes: 0 done, 1 there is none, 2 error."""
    chosen: Output = output or ("table" if sys.stdout.isatty() else "jsonl")
    with open_lake(lake) as opened:
        infos = opened.lookups.list()
    writer = open_writer(chosen, COLUMNS, is_table=True)
    is_for_people = chosen == "table"
    for info in infos:
        size = size_text(info.size_bytes) if is_for_people else info.size_bytes
        changed = (short_time if is_for_people else format_time)(info.modified_ns)
        writer.write(dict(zip(COLUMNS, (info.name, size, changed), strict=True)))
    writer.end()
    return FOUND if infos else NOTHING


@lookup.command
def remove(name: str, /, *, lake: LakeOption = None) -> int:
    """Remove the table NAME."""
    with open_lake(lake) as opened:
        opened.lookups.remove(name)
    return FOUND


@lookup.command
def show(
    name: str,
    /,
    *,
    lake: LakeOption = None,
    output: OutputOption = None,
    limit: Annotated[int, Parameter(name=["--limit", "-n"], help="rows at most")] = ROWS_SHOWN,
) -> int:
    """Show the first rows of the table NAME; of an MMDB table the columns of its records."""
    chosen: Output = output or ("table" if sys.stdout.isatty() else "jsonl")
    with open_lake(lake) as opened:
        file = opened.lookups.open(name)
        rows: list[TableRow]
        if file.is_mmdb:
            columns: tuple[str, ...] = ("column",)
            rows = [{"column": column} for column in file.by(["address"]).columns]
        else:
            table = file.rows()
            columns = table.columns
            rows = [dict(zip(columns, row, strict=True)) for row in table.rows]
    writer = open_writer(chosen, columns, is_table=True)
    for row in itertools.islice(rows, max(limit, 0)):
        writer.write(row)
    writer.end()
    return FOUND if rows else NOTHING


def _described(file: LookupFile) -> str:
    if file.is_mmdb:
        return f"an MMDB table of {size_text(file.size_bytes)}, with {counted(len(file.by(['ip']).columns), 'column')}"
    table = file.rows()
    return f"{counted(len(table.rows), 'row')}; columns: {', '.join(table.columns)}"
