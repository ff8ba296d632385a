"""What one indexing run did: counted while it runs, shown at its end."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from lakebed.ingest.opening.front import Findings

PROBLEMS_KEPT = 1000
"""Damaged and failed objects that a report names; the counts have all."""


class ObjectReport(msgspec.Struct, frozen=True):
    """What the engine says of one source object at its end."""

    events: int
    raw_bytes: int
    format: str | None = None
    source_type: str | None = None
    compression: str | None = None
    unparsed_lines: int = 0
    invalid_utf8: int = 0
    duplicate_keys: int = 0
    damage: ObjectDamage | None = None
    time_sources: dict[str, int] = {}
    transform_errors: int = 0
    """Events that could not be transformed, and are kept as they came."""
    discarded: int = 0
    """Events that the transform left out."""
    skipped_members: int = 0
    skipped: list[tuple[str, str]] = []
    """Members that were left out, with the reason; some of them by name."""


class ObjectDamage(msgspec.Struct, frozen=True):
    """Where the object could not be read on, in bytes as stored, and why."""

    offset: int
    reason: str


def opened_report(report: ObjectReport, findings: Findings) -> ObjectReport:
    """What the engine says of an object together with what opening it found."""
    damage = report.damage
    if damage is None and findings.damage is not None:
        damage = ObjectDamage(findings.damage.offset, findings.damage.reason)
    return msgspec.structs.replace(
        report,
        format=findings.format or report.format,
        compression=findings.compression or report.compression,
        unparsed_lines=report.unparsed_lines + findings.unparsed,
        damage=damage,
        skipped_members=findings.skipped_count,
        skipped=findings.skipped,
    )


@dataclass(frozen=True)
class Problem:
    """An object that is damaged (what precedes is indexed), failed (nothing of it is indexed), or not all parsed."""

    url: str
    reason: str
    offset: int | None = None


@dataclass
class IndexTotals:
    """Counts of one run. `stored_bytes` as the sources store them, `raw_bytes` uncompressed, `lake_bytes` written."""

    index: str = ""
    objects_found: int = 0
    objects_indexed: int = 0
    objects_unchanged: int = 0
    objects_replaced: int = 0
    objects_damaged: int = 0
    objects_failed: int = 0
    events: int = 0
    stored_bytes: int = 0
    raw_bytes: int = 0
    lake_bytes: int = 0
    segments: int = 0
    commits: int = 0
    unparsed_lines: int = 0
    invalid_utf8: int = 0
    duplicate_keys: int = 0
    transform_errors: int = 0
    discarded: int = 0
    skipped_members: int = 0
    formats: dict[str, int] = field(default_factory=dict)
    time_sources: dict[str, int] = field(default_factory=dict)
    unparsed: list[Problem] = field(default_factory=list)
    untransformed: list[Problem] = field(default_factory=list)
    damaged: list[Problem] = field(default_factory=list)
    skipped: list[Problem] = field(default_factory=list)
    failed: list[Problem] = field(default_factory=list)
    seconds: float = 0.0


class Counter:
    """The totals while several workers add to them."""

    def __init__(self, index: str) -> None:
        self.totals = IndexTotals(index)
        self.is_listed = False
        self.bytes_found = 0
        self.bytes_done = 0
        self._lock = threading.Lock()

    def found(self, size_bytes: int) -> None:
        """The listing came to one more object."""
        with self._lock:
            self.totals.objects_found += 1
            self.bytes_found += size_bytes

    def unchanged(self, size_bytes: int) -> None:
        """An object was in the lake already."""
        with self._lock:
            self.totals.objects_unchanged += 1
            self.bytes_done += size_bytes

    def read(self, size_bytes: int) -> None:
        """Bytes of some object came."""
        with self._lock:
            self.totals.stored_bytes += size_bytes
            self.bytes_done += size_bytes

    def ended(self, url: str, report: ObjectReport) -> None:
        """An object was read to its end."""
        totals = self.totals
        with self._lock:
            totals.events += report.events
            totals.raw_bytes += report.raw_bytes
            totals.unparsed_lines += report.unparsed_lines
            totals.invalid_utf8 += report.invalid_utf8
            totals.duplicate_keys += report.duplicate_keys
            totals.transform_errors += report.transform_errors
            totals.discarded += report.discarded
            name = report.format or "empty"
            totals.formats[name] = totals.formats.get(name, 0) + 1
            for source, count in report.time_sources.items():
                totals.time_sources[source] = totals.time_sources.get(source, 0) + count
            if report.unparsed_lines:
                _keep(totals.unparsed, Problem(url, f"{report.unparsed_lines} lines could not be parsed"))
            if report.transform_errors:
                events = "event" if report.transform_errors == 1 else "events"
                reason = f"{report.transform_errors} {events} could not be transformed"
                _keep(totals.untransformed, Problem(url, reason))
            totals.skipped_members += report.skipped_members
            for name, reason in report.skipped:
                _keep(totals.skipped, Problem(f"{url}!{name}", reason))
            if report.damage is not None:
                totals.objects_damaged += 1
                _keep(totals.damaged, Problem(url, report.damage.reason, report.damage.offset))

    def failed(self, url: str, reason: str) -> None:
        """An object could not be read."""
        with self._lock:
            self.totals.objects_failed += 1
            _keep(self.totals.failed, Problem(url, reason))

    def committed(self, *, recorded: int, replaced: int, duplicates: int, segments: int, lake_bytes: int) -> None:
        """A commit went through."""
        with self._lock:
            self.totals.commits += 1
            self.totals.objects_indexed += recorded
            self.totals.objects_replaced += replaced
            self.totals.objects_unchanged += duplicates
            self.totals.segments += segments
            self.totals.lake_bytes += lake_bytes


def _keep(problems: list[Problem], problem: Problem) -> None:
    if len(problems) < PROBLEMS_KEPT:
        problems.append(problem)
