"""`lakebed config`: what `lakebed.toml` says, and what is wrong with it."""

from __future__ import annotations

import os
import sys
from importlib import resources
from pathlib import Path  # noqa: TC003 - the command line reads the annotation
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from lakebed.cli.exit_codes import ERROR, FOUND, PARTIAL
from lakebed.cli.sizes import counted
from lakebed.configuration.find import read_found
from lakebed.errors import ConfigError
from lakebed.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakebed.configuration.model import Configuration, SourceConfig

config = App(
    name="config",
    help="""Check a lakebed.toml: indexes, sources, and how they are kept up to date.

    For example:
      lakebed config example > lakebed.toml
      lakebed config check --online
    """,
    help_format="plaintext",
)


@config.command
def check(
    file: Annotated[Path | None, Parameter(help="the file [--config, LAKEBED_CONFIG, else ./lakebed.toml]")] = None,
    /,
    *,
    online: Annotated[
        bool, Parameter(negative="", help="also try the lake, buckets, queues and secrets; writes a test object")
    ] = False,
) -> int:
    """Tell all that is wrong with a configuration, with file and line. Nothing is asked of any store, unless --online.

    Exit codes: 0 all is right, 2 the file is wrong, 3 the file is right, but something in it cannot be reached.

    For example:
      lakebed config check
      lakebed config check /etc/lakebed/lakebed.toml --online
    """
    try:
        found = read_found(file)
    except ConfigError as error:
        lines = str(error).split("\n")
        sys.stderr.write("\n".join(map(safe_text, lines)) + "\n")
        return ERROR
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # a real stream has it
    sources, indexes = counted(len(found.sources), "source"), _indexes(len(found.indexes))
    sys.stdout.write(safe_text(f"{found.path} is right: {sources}, {indexes}, lake {found.lake}") + "\n")
    for note in _notes(found):
        sys.stdout.write(safe_text(f"note: {note}") + "\n")
    return _try_all(found) if online else FOUND


@config.command
def example() -> int:
    """Print a file to begin with, with comments."""
    sys.stdout.write(resources.files("lakebed.configuration").joinpath("example.toml").read_text())
    return FOUND


def _try_all(found: Configuration) -> int:
    from lakebed.configuration.online import try_all

    is_fine = True
    for trial in try_all(found, os.environ):
        mark = "ok   " if trial.is_fine else "FAIL "
        sys.stdout.write(safe_text(f"{mark} {trial.what}: {trial.outcome}") + "\n")
        sys.stdout.flush()
        is_fine = is_fine and trial.is_fine
    return FOUND if is_fine else PARTIAL


def _notes(found: Configuration) -> Iterator[str]:
    """What is not wrong, but may not be meant."""
    used = {source.index for source in found.sources.values()}
    for name in found.indexes:
        if name not in used and not name.startswith("_"):
            yield f"no source writes into [indexes.{name}]"
    for source in found.sources.values():
        transform = source.settings.transform
        yield from (f"[sources.{source.name}]: {note}" for note in (transform.notes if transform else ()))
        yield from _raw_note(found, source)
    if found.receive is None and any(source.kind == "receive" for source in found.sources.values()):
        yield "sources are received, and no [receive] says where: only this machine can send"


def _raw_note(found: Configuration, source: SourceConfig) -> Iterator[str]:
    is_kept = source.kind != "bucket" and source.raw_retention_s is None
    if is_kept and found.indexes[source.index].retention_s is not None:
        yield (
            f"[sources.{source.name}]: events leave [indexes.{source.index}] by its retention; as they came they stay "
            "in raw/ for ever, unless raw_retention is told"
        )


def _indexes(count: int) -> str:
    return f"{count:,} {'index' if count == 1 else 'indexes'}"
