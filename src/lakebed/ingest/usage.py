"""What the index `_usage` is told: an event for each object that was indexed, and for each search that was run.

Names of fields are those that people know from elsewhere (`num_bytes_indexed`, `destination_index.name`, …);
docs/usage.md lists them all. An indexing record goes into the commit that makes its object searchable, so that the two
are true together. Texts are kept as they are, and damaged ones readable: this is data, and no terminal's.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakebed import config
from lakebed.ingest.own_events import write_own_events

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.catalog.entries import NewSegment
    from lakebed.ingest.totals import ObjectReport
    from lakebed.query.cost import SearchCost
    from lakebed.storage.store import Store

USAGE_INDEX = "_usage"
INDEXING_RECORD = "indexing_record"
QUERY_RECORD = "query_record"

_FLAWS = ("unparsed_lines", "invalid_utf8", "skipped_members", "transform_errors", "discarded")


@dataclass(frozen=True)
class IndexedObject:
    """An object that a commit makes searchable."""

    source: str
    index: str
    url: str
    size_bytes: int
    modified_ns: int
    report: ObjectReport


@dataclass(frozen=True)
class RunQuery:
    """A search that has ended. `outcome` is "done", "stopped" (before its last row) or "failed" with an `error`."""

    query: str
    indexes: tuple[str, ...] | None
    since_ns: int | None
    until_ns: int | None
    started_ns: int
    cost: SearchCost
    outcome: str
    error: str = ""


def usage_segment(store: Store, events: Sequence[dict[str, object]], now_ns: int) -> NewSegment | None:
    """Writes a segment of these records; a commit must add it. None when there are none. Raises `StorageError`.

    Each has a name of its own: a rebuild of the catalog would take several of one name for versions of one object.
    """
    name = f"usage/{secrets.token_hex(8)}"
    return write_own_events(store, USAGE_INDEX, name, events, now_ns) if events else None


def indexing_record(one: IndexedObject, now_ns: int) -> dict[str, object]:
    """The event of an object. What went wrong with it is named only where something did."""
    report = one.report
    told: dict[str, object] = {
        "time": _moment(now_ns),
        "record_type": INDEXING_RECORD,
        "num_bytes_indexed": report.raw_bytes,
        "num_log_events_indexed": report.events,
        "destination_index": {"name": one.index},
        "index_rule": {"name": one.source},
        "url": _text(one.url),
        "size_bytes": one.size_bytes,
        "modified": _moment(one.modified_ns),
        "lag_ms": (now_ns - one.modified_ns) // 1_000_000,
        "format": report.format,
        "source_type": report.source_type,
        "compression": report.compression,
    }
    told |= {name: getattr(report, name) for name in _FLAWS if getattr(report, name)}
    if report.damage is not None:
        told["damage"] = {"offset": report.damage.offset, "reason": _text(report.damage.reason)}
    return {name: value for name, value in told.items() if value is not None}


def query_record(one: RunQuery) -> dict[str, object]:
    """The event of a search; its time is when the search began."""
    cost = one.cost
    told: dict[str, object] = {
        "time": _moment(one.started_ns),
        "record_type": QUERY_RECORD,
        "query": _text(one.query),
        "indexes": None if one.indexes is None else list(one.indexes),
        "since": None if one.since_ns is None else _moment(one.since_ns),
        "until": None if one.until_ns is None else _moment(one.until_ns),
        "outcome": one.outcome,
        "error": _text(one.error[: config.REASON_CHARS_MAX]) or None,
        "duration_ms": round(cost.milliseconds, 3),
        "num_rows": cost.rows,
        "num_bytes_scanned": cost.bytes_read,
        "num_log_events_scanned": cost.events_scanned,
        "num_log_events_matched": cost.events_matched,
        "requests": cost.requests,
        "segments_considered": cost.segments_considered,
        "segments_opened": cost.segments_opened,
        "segments_missing": cost.segments_missing or None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _text(text: str) -> str:
    """With what is no character of Unicode as an escape: names of files are bytes."""
    return text.encode(errors="backslashreplace").decode()


def _moment(time_ns: int) -> str:
    seconds, fraction = divmod(time_ns, 1_000_000_000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{fraction:09}Z"
