"""The events of one source object as an index would have them, without a lake.

They are built into small segments in memory and read back: so what a preview shows is what indexing does, by the same
code, metadata included.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from lakebed import config
from lakebed.ingest.opening.front import Opening
from lakebed.ingest.totals import ObjectReport, opened_report
from lakebed.native import Builder, LeafSearch, SegmentReader, engine_errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from typing_extensions import Buffer

    from lakebed.ingest.settings import SourceSettings
    from lakebed.native import Segment

SEGMENT_BYTES = 4 * config.MIB
"""Uncompressed text that is held at a time; of segments that nobody keeps, the size only costs memory."""

METADATA = ("@lb.time", "@lb.time_source", "@lb.source_type", "@lb.parse_error")


@dataclass(frozen=True)
class ParsedEvent:
    """One event: its number in the object, its JSON text, and its metadata by name, without what it does not have."""

    record: int
    json: bytes
    metadata: dict[str, str]


class ParsedObject:
    """An object that is being parsed: iterate it once; `report` tells how it went, when that has ended.

    `bytes_max`: after so much uncompressed text no more is read; `is_cut` tells whether there was more. Raises
    `StorageError` and `IngestError` when the object cannot be read or opened.

    >>> from lakebed.ingest.settings import SourceSettings
    >>> one = ParsedObject("file:///a.log", [b'{"a": 1}'], SourceSettings(), modified_ns=0)
    >>> [event.json for event in one], one.report.format
    ([b'{"a":1}'], 'json')
    """

    def __init__(
        self,
        url: str,
        chunks: Iterable[Buffer],
        settings: SourceSettings,
        *,
        modified_ns: int,
        bytes_max: int | None = None,
    ) -> None:
        self.is_cut = False
        self.report = ObjectReport(events=0, raw_bytes=0)
        self._url = url
        self._modified_ns = modified_ns
        self._settings = settings
        self._opening = Opening(chunks, settings)
        self._bytes_max = bytes_max
        self._builder = Builder(index="", segment_bytes=SEGMENT_BYTES)
        self._taken_bytes = 0

    def __iter__(self) -> Iterator[ParsedEvent]:
        builder = self._builder
        with engine_errors(self._url):
            builder.begin_object(
                self._url,
                modified_ns=self._modified_ns,
                received_ns=self._modified_ns,
                settings=self._settings.for_engine(),
            )
            with contextlib.closing(self._opening.members()) as members:
                for number, member in enumerate(members):
                    if number or member.settings is not None:
                        builder.begin_member((member.settings or self._settings).for_engine())
                    for chunk in member.chunks:
                        if builder.feed(chunk):
                            yield from self._take()
                        if self._has_enough():
                            break
                    if self.is_cut:
                        break
            report = msgspec.json.decode(builder.end_object(), type=ObjectReport)
            yield from self._take()
        self.report = opened_report(report, self._opening.findings)
        if self.is_cut:  # where it was cut is no damage
            self.report = msgspec.structs.replace(self.report, damage=None)

    def _has_enough(self) -> bool:
        read_bytes = self._taken_bytes + self._builder.raw_bytes
        self.is_cut = self._bytes_max is not None and read_bytes >= self._bytes_max
        return self.is_cut

    def _take(self) -> Iterator[ParsedEvent]:
        self._taken_bytes += self._builder.raw_bytes
        segment = self._builder.take_segment()
        if segment is None:
            return
        metadata = dict(_rows(segment, METADATA))
        for record, text in sorted(_rows(segment, None)):
            yield ParsedEvent(record, text, json.loads(metadata[record]))


def _rows(segment: Segment, columns: tuple[str, ...] | None) -> Iterator[tuple[int, bytes]]:
    """Record number and JSON of every row."""
    plan = {"version": 2, "filter": {"op": "all", "of": []}, "since_ns": None, "until_ns": None, "newest_first": False}
    plan |= {"limit": None, "columns": columns, "aggregate": None, "use_index": False}
    search = LeafSearch(msgspec.json.encode(plan), SegmentReader(segment.address, "memory"))
    data = memoryview(segment.data)
    while needs := search.needs():
        search.feed([data[offset : offset + length] for offset, length in needs])
        yield from ((record, text) for _, _, record, text in search.take_rows())
    yield from ((record, text) for _, _, record, text in search.take_rows())
