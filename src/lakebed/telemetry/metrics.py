"""Metrics in Prometheus' terms, in a registry of their own. docs/operations.md lists them; a test compares.

Two kinds: what happens is counted when it happens (`Metrics`), what is there is read when somebody asks (`watch`).
Labels are names that a configuration or the code gives, never parts of a log; even so no label may have more than
`METRIC_LABELS_MAX` values, and what comes after those is `other`.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from lakebed.native import engine_version
from lakebed.safe_text import safe_text
from lakebed.telemetry import limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from prometheus_client.metrics_core import Metric

    from lakebed.ingest.totals import ObjectReport
    from lakebed.telemetry.shapes import RoundReport

LAG_BUCKETS_S = (0.5, 1, 2, 3, 5, 10, 30, 60, 300, 900, 3_600, 6 * 3_600, 86_400)
COMMIT_BUCKETS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
OTHER = "other"


class Metrics:
    """All that a process counts. Every method may be called from any thread, does not wait and does not raise."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._labels = _Labels()
        ProcessCollector(registry=self.registry)
        Info("lakebed_build", "What runs here.", registry=self.registry).info({"version": engine_version})
        of_object = ("source", "index")
        self._objects = self._counter("objects_indexed", "Objects that became searchable.", of_object)
        self._events = self._counter("events_indexed", "Events of these objects.", of_object)
        self._bytes = self._counter("bytes_indexed", "Bytes of these objects after decompression.", of_object)
        self._unparsed = self._counter("lines_unparsed", "Lines that became events as mere text.", of_object)
        self._damaged = self._counter("objects_damaged", "Objects that could not be read to their end.", of_object)
        self._unchanged = self._counter("objects_unchanged", "Objects that were in the lake already.", ("source",))
        self._gone = self._counter("objects_gone", "Objects that were deleted before they were read.", ("source",))
        self._failures = self._counter("object_failures", "Failed tries to index an object.", ("source",))
        self._set_aside = self._counter("objects_set_aside", "Objects that are not tried any more.", ("source",))
        self._lag = Histogram(
            "lakebed_lag_seconds",
            "From when an object was written to when it was searchable.",
            ("source",),
            buckets=LAG_BUCKETS_S,
            registry=self.registry,
        )
        self._commit = Histogram(
            "lakebed_commit_seconds",
            "Time that a commit of indexed objects took.",
            buckets=COMMIT_BUCKETS_S,
            registry=self.registry,
        )
        self._segments = self._counter("segments_written", "Segments that commits of indexed objects added.")
        self._troubles = self._counter("part_failures", "Times that a part of the process began to fail.", ("part",))
        self._up = Gauge(
            "lakebed_part_up", "1 while a part of the process works, 0 while not.", ("part",), registry=self.registry
        )
        self._rounds = self._counter("maintenance_rounds", "Rounds of maintenance.")
        self._maintained = self._counter("maintenance_done", "What these rounds did, by kind.", ("kind",))
        self._scrape_failures = self._counter("scrape_failures", "Metrics that could not be read.", ("what",))

    def indexed(self, source: str, index: str, report: ObjectReport, lag_s: float | None) -> None:
        """An object became searchable, so long after it had been written (as far as that is known)."""
        labels = self._labels.known(source=source, index=index)
        self._objects.labels(**labels).inc()
        self._events.labels(**labels).inc(report.events)
        self._bytes.labels(**labels).inc(report.raw_bytes)
        if report.unparsed_lines:
            self._unparsed.labels(**labels).inc(report.unparsed_lines)
        if report.damage is not None:
            self._damaged.labels(**labels).inc()
        if lag_s is not None:
            self._lag.labels(labels["source"]).observe(max(0.0, lag_s))

    def committed(self, seconds: float, segments: int) -> None:
        """A commit of indexed objects went through."""
        self._commit.observe(seconds)
        self._segments.inc(segments)

    def unchanged(self, source: str) -> None:
        """An object was in the lake already."""
        self._unchanged.labels(**self._labels.known(source=source)).inc()

    def gone(self, source: str) -> None:
        """An object was deleted before it was read."""
        self._gone.labels(**self._labels.known(source=source)).inc()

    def failed(self, source: str) -> None:
        """An object could not be indexed this time."""
        self._failures.labels(**self._labels.known(source=source)).inc()

    def set_aside(self, source: str) -> None:
        """An object is not tried any more."""
        self._set_aside.labels(**self._labels.known(source=source)).inc()

    def trouble(self, part: str) -> None:
        """A part (`lake`, `state`, `source web`) does not work."""
        labels = self._labels.known(part=part)
        self._troubles.labels(**labels).inc()
        self._up.labels(**labels).set(0)

    def recovered(self, part: str) -> None:
        """A part works; also said of one at the start, so that it can be seen before it fails."""
        self._up.labels(**self._labels.known(part=part)).set(1)

    def maintained(self, report: RoundReport) -> None:
        """A round of maintenance has ended."""
        self._rounds.inc()
        for kind in MAINTENANCE_KINDS:
            self._maintained.labels(kind).inc(getattr(report, kind))
        self._maintained.labels("errors").inc(len(report.errors))

    def watch(self, what: str, read: Callable[[], Iterable[Metric]]) -> None:
        """Reads further metrics whenever somebody asks. A failure leaves these out, and is counted."""
        self.registry.register(_Watched(read, self._scrape_failures.labels(what)))

    def _counter(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Counter:
        return Counter(f"lakebed_{name}", text, labels, registry=self.registry)


MAINTENANCE_KINDS = (
    "merges",
    "merges_void",
    "segments_merged",
    "bytes_merged",
    "rewrites",
    "bytes_rewritten",
    "segments_marked",
    "deleted_events",
    "expired",
    "raw_deleted",
)
"""Counts of a round of maintenance that are told."""


class _Watched(Collector):
    def __init__(self, read: Callable[[], Iterable[Metric]], failures: Counter) -> None:
        self._read = read
        self._failures = failures

    def collect(self) -> Iterator[Metric]:
        try:
            found = list(self._read())
        except Exception:  # noqa: BLE001 - the other metrics are told all the same; the counter says that these are not
            self._failures.inc()
            return
        yield from found

    def describe(self) -> Iterator[Metric]:
        """Nothing is read when it is registered."""
        return iter(())


class _Labels:
    """Remembers which values each label has had."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[str, set[str]] = {}

    def known(self, **labels: str) -> dict[str, str]:
        """The values as they are told."""
        with self._lock:
            return {name: self._one(name, value) for name, value in labels.items()}

    def _one(self, name: str, value: str) -> str:
        seen = self._seen.setdefault(name, set())
        told = safe_text(value[: limits.METRIC_LABEL_CHARS_MAX])
        if told not in seen:
            if len(seen) >= limits.METRIC_LABELS_MAX:
                return OTHER
            seen.add(told)
        return told
