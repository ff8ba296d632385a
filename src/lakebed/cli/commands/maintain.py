"""`lakebed maintain`: one round of what keeps a lake small and quick."""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Sequence  # noqa: TC003 - the command line reads the annotation
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from lakebed.catalog.catalog import Catalog
from lakebed.catalog.entries import check_index_name
from lakebed.cli.exit_codes import FOUND, PARTIAL
from lakebed.cli.sizes import counted, size_text
from lakebed.configuration.find import find_file, lake_url, read_found
from lakebed.configuration.upkeep import policy_of
from lakebed.errors import NotFoundError, UsageError
from lakebed.maintenance.round import Maintenance, Policy
from lakebed.query.json_lines import json_text
from lakebed.safe_text import safe_text
from lakebed.storage.open import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakebed.maintenance.report import Report
    from lakebed.storage.store import Store

_RETENTION = re.compile(r"([^=]*)=(forever|([1-9][0-9]{0,5})([hdw]))")
_UNITS_S = {"h": 3_600, "d": 86_400, "w": 604_800}

_FLAG = Parameter(negative="", show_default=False)


def maintain(
    lake: Annotated[
        str | None, Parameter(help="folder or URL of the lake [LAKEBED_LAKE, lakebed.toml, else ./lake]")
    ] = None,
    *,
    retention: Annotated[
        Sequence[str], Parameter(help="how long an index keeps events: web=90d; again for others [lakebed.toml]")
    ] = (),
    minutes: Annotated[float | None, Parameter(help="stop after so long; what is left is for the next time")] = None,
    json: Annotated[bool, _FLAG, Parameter(help="tell what was done as JSON")] = False,
) -> int:
    """Do one round of maintenance: for cron, where no `lakebed run` does it all the time.

    Merges small segments, removes those older than their index keeps events, rewrites those that hold deleted events,
    deletes files that nothing has named for days, and raw objects as `raw_retention` of their sources says. Searches
    and indexers go on meanwhile, and several of these at once do no harm. Retention is that of lakebed.toml, if it is
    this lake's; without one an index keeps everything.

    Exit codes: 0 done, 2 error, 3 some of it could not be done.

    For example:
      lakebed maintain s3://my-lake --retention web=90d --retention dns=30d
      lakebed maintain --minutes 10
    """
    store = open_store(lake or lake_url())
    catalog = Catalog(store)
    if not catalog.is_created:
        raise NotFoundError(f"no lake at '{store.url}'; `lakebed index` makes one")
    configured = _configured(store)
    policy = replace(configured, retention_s={**configured.retention_s, **dict(map(_retention, retention))})
    deadline = float("inf") if minutes is None else time.monotonic() + 60 * minutes
    report = Maintenance(store, catalog, policy, rng=random.SystemRandom()).round(deadline)
    if json:
        sys.stdout.write(json_text(asdict(report)).decode() + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in _lines(report)))
        sys.stderr.write("".join(f"lakebed: {safe_text(error)}\n" for error in report.errors))
    return PARTIAL if report.errors else FOUND


def _configured(store: Store) -> Policy:
    """Retention as the configuration has it. That of another lake does not count: it would expire what is wanted."""
    if find_file() is None:
        return Policy()
    found = read_found()
    if open_store(found.lake).url != store.url:
        return Policy()
    return policy_of(found, store)


def _retention(text: str) -> tuple[str, int | None]:
    found = _RETENTION.fullmatch(text)
    if found is None:
        raise UsageError(f"not a retention: '{text}'; wanted such as web=90d, web=12h or web=forever")
    index, _, number, unit = found.groups()
    return check_index_name(index), int(number) * _UNITS_S[unit] if number else None


def _lines(report: Report) -> Iterator[str]:
    if report.expired:
        yield f"expired {counted(report.expired, 'segment')}"
    if report.merges:
        written = size_text(report.bytes_merged)
        yield f"merged {counted(report.segments_merged, 'segment')} into {report.merges:,}, {written} written"
    if report.rewrites or report.segments_marked:
        yield (
            f"deletions: {counted(report.rewrites, 'segment')} written anew, {size_text(report.bytes_rewritten)}; "
            f"{report.segments_marked:,} held nothing that was deleted"
        )
    if report.deleted_events:
        yield f"{counted(report.deleted_events, 'deleted event')} left the store with the old segments' files"
    if report.raw_deleted:
        size = size_text(report.raw_bytes_deleted)
        are = "is" if report.raw_deleted == 1 else "are"
        yield f"deleted {counted(report.raw_deleted, 'raw object')} that {are} indexed ({size})"
    garbage = report.garbage
    if garbage is not None and (garbage.files_deleted or garbage.commits_deleted):
        size, commits = size_text(garbage.bytes_deleted), counted(garbage.commits_deleted, "old commit")
        yield f"deleted {counted(garbage.files_deleted, 'file')} that nothing names ({size}) and {commits}"
    if garbage is not None and garbage.files_waiting:
        yield f"{counted(garbage.files_waiting, 'file')} will be deleted when no reader can need it any more"
    if report.is_idle and not report.errors:
        yield "nothing to merge, expire or rewrite"
    if report.is_stopped:
        yield "the time is over; there may be more to do"
