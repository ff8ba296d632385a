"""What indexing a source would make of it, by its first object: events, what was detected and why, fields, warnings.

Nothing is written and no lake is needed. The events are those that an index would have (see `parsed`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from lakebed import config
from lakebed.errors import IngestError
from lakebed.ingest.discover import discover
from lakebed.ingest.parsed import ParsedEvent, ParsedObject
from lakebed.native import Fields, formats

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakebed.ingest.discover import SourceObject
    from lakebed.ingest.settings import SourceSettings
    from lakebed.ingest.totals import ObjectReport

PREVIEW_BYTES = 4 * config.MIB
"""Uncompressed text that a preview looks at: some thousand events, read in a moment from any store."""

OBJECTS_COUNTED_MAX = 10_000
"""Objects that are listed to say how many there are; a bucket of millions is not listed for a preview."""

EMPTY_OBJECTS_MAX = 20
"""Objects without an event that are passed over; services write many that say only that nothing happened."""


class _Summary(msgspec.Struct):
    """What the engine says of fields."""

    events: int
    rows: list[tuple[str, int, int, str, object, object, str]]


@dataclass(frozen=True)
class FieldSeen:
    """A field of the events looked at: the share of them that have it, types, and its most frequent values."""

    name: str
    coverage: float
    types: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Preview:
    """What a source would become. `why` says what gave the format away; `objects` is None where there are too many.

    `transform_errors` are events that a transform could not work with, `discarded` those that it left out.
    """

    url: str
    objects: int | None
    format: str
    source_type: str
    why: str
    compression: str
    looked_at_bytes: int
    is_whole: bool
    events_seen: int
    events: tuple[ParsedEvent, ...] = ()
    fields: tuple[FieldSeen, ...] = ()
    time_sources: dict[str, int] = field(default_factory=dict)
    transform_errors: int = 0
    discarded: int = 0
    warnings: tuple[str, ...] = ()


def preview_source(
    source: str, settings: SourceSettings, *, events: int = 5, takes: Callable[[str], bool] | None = None
) -> Preview:
    """Looks at the first object of a source that has events: at `events` of them, and at the fields of some thousand.

    `takes` says of which keys objects are the source's; by default of all.
    Raises `IngestError` when there is no such source or nothing in it, `UsageError` for settings that mean nothing,
    `StorageError` when it cannot be read.
    """
    found = (one for one in discover(source) if takes is None or takes(one.info.key))
    objects = [one for _, one in zip(range(OBJECTS_COUNTED_MAX), found, strict=False)]
    count = None if next(found, None) else len(objects)
    if not objects:
        raise IngestError(f"nothing to look at: no file or object at '{source}'")
    for one in objects[:EMPTY_OBJECTS_MAX]:
        preview = _preview_object(one, count, settings, events)
        if preview.events_seen:
            break
    return preview


def _preview_object(one: SourceObject, count: int | None, settings: SourceSettings, shown: int) -> Preview:
    chunks = one.store.stream(one.info, config.STREAM_CHUNK_BYTES)
    parsed = ParsedObject(one.url, chunks, settings, modified_ns=one.info.modified_ns, bytes_max=PREVIEW_BYTES)
    fields = Fields()
    first: list[ParsedEvent] = []
    types: dict[str, int] = {}
    for event in parsed:
        fields.push(event.json + b"\n")
        source_type = event.metadata["@lb.source_type"]
        types[source_type] = types.get(source_type, 0) + 1
        if len(first) < shown:
            first.append(event)
    report = parsed.report
    format_ = report.format or "empty"
    return Preview(
        url=one.url,
        objects=count,
        format=format_,
        source_type=", ".join(sorted(types, key=lambda name: -types[name])),
        why=_why(format_, settings),
        compression=report.compression or "none",
        looked_at_bytes=report.raw_bytes,
        is_whole=not parsed.is_cut,
        events_seen=sum(types.values()),
        events=tuple(first),
        fields=_fields_seen(fields),
        time_sources={name: count for name, count in report.time_sources.items() if count},
        transform_errors=report.transform_errors,
        discarded=report.discarded,
        warnings=(*_warnings(report), *(settings.transform.notes if settings.transform else ())),
    )


def _why(format_: str, settings: SourceSettings) -> str:
    if settings.format is not None:
        return "it was asked for"
    signs: dict[str, str] = {one["name"]: one["sign"] for one in msgspec.json.decode(formats())}
    return signs.get(format_, "by its first bytes")


def _fields_seen(fields: Fields) -> tuple[FieldSeen, ...]:
    summary = msgspec.json.decode(fields.summary(), type=_Summary)
    seen = []
    for name, count, _, types, _, _, top in summary.rows:
        values = tuple(_shown(value) for value, _ in msgspec.json.decode(top, type=list[tuple[msgspec.Raw, int]]))
        seen.append(FieldSeen(name, count / summary.events, types, values))
    return tuple(seen)


def _shown(value: msgspec.Raw) -> str:
    """Text as it is, other values as JSON, numbers as they are spelled."""
    text = bytes(value).decode()
    return str(msgspec.json.decode(text)) if text.startswith('"') else text


def _warnings(report: ObjectReport) -> list[str]:
    told = {
        "{} kept as `message`: they could not be parsed": (report.unparsed_lines, "line"),
        "{} not UTF-8": (report.invalid_utf8, "byte sequence"),
        "{} came twice in one object": (report.duplicate_keys, "name"),
        "{} kept as it came: the transform cannot work with it, `@lb.parse_error` says why": (
            report.transform_errors,
            "event",
        ),
        "{} left out by the transform": (report.discarded, "event"),
        "{} of an archive left out": (report.skipped_members, "member"),
        "{} without a time: that of the event before is taken": (report.time_sources.get("previous", 0), "event"),
        "{} without a time: that of the object's last change is taken": (report.time_sources.get("object", 0), "event"),
    }
    warnings = [
        text.format(f"{count:,} {thing}{'' if count == 1 else 's'}") for text, (count, thing) in told.items() if count
    ]
    if report.damage is not None:
        warnings.insert(0, f"damaged at byte {report.damage.offset:,}: {report.damage.reason}")
    return warnings
