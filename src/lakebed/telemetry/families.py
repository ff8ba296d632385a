"""Metrics of what is there at the moment that somebody asks: for `Metrics.watch`."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, TypeVar

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily

from lakebed.catalog.index_info import index_infos
from lakebed.telemetry import limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from prometheus_client.metrics_core import Metric

    from lakebed.catalog.snapshot import Snapshot
    from lakebed.state import WorkCounts
    from lakebed.storage.counting import StoreCounts
    from lakebed.telemetry.shapes import PullStatus, ReceiveCounts

Key = TypeVar("Key", bound=tuple[str, ...])


def work_metrics(counts: Mapping[str, WorkCounts]) -> Iterator[Metric]:
    """Of the table of work, which all runners share: each tells the same."""
    yield _gauge(
        "work_objects",
        "Objects in the table of work.",
        ("source", "state"),
        {
            (source, state): getattr(one, state)
            for source, one in counts.items()
            for state in ("waiting", "claimed", "set_aside")
        },
    )
    oldest = {(source,): one.oldest_s for source, one in counts.items()}
    yield _gauge("work_oldest_seconds", "Age of the object that has waited longest.", ("source",), oldest)


def lake_metrics(snapshot: Snapshot) -> Iterator[Metric]:
    """Of the lake as this process knows it."""
    infos = {info.index: info for info in index_infos(snapshot)}
    for name, text, attribute in [
        ("index_segments", "Segments of an index.", "segments"),
        ("index_events", "Events of an index.", "events"),
        ("index_stored_bytes", "Bytes of an index as stored.", "stored_bytes"),
        ("index_raw_bytes", "Bytes of an index before they were indexed.", "raw_bytes"),
    ]:
        yield _gauge(name, text, ("index",), {(index,): getattr(info, attribute) for index, info in infos.items()})
    yield _gauge("catalog_commit", "Number of the newest commit that is known.", (), {(): snapshot.number})


def store_metrics(counts: StoreCounts) -> Iterator[Metric]:
    """Of the lake's store: what costs money."""
    requests = {(operation,): count for operation, count in dict(counts.by_operation).items()}
    yield _counter("store_requests", "Requests to the store of the lake.", ("operation",), requests)
    yield _counter("store_read_bytes", "Bytes read from the store of the lake.", (), {(): counts.bytes_read})
    yield _counter("store_written_bytes", "Bytes written to the store of the lake.", (), {(): counts.bytes_written})


def receive_metrics(counts: ReceiveCounts) -> Iterator[Metric]:
    """Of a receiver."""
    requests = {(endpoint, str(code)): count for (endpoint, code), count in dict(counts.requests).items()}
    yield _counter("receive_requests", "Requests that were answered.", ("endpoint", "code"), requests)
    events = dict(counts.events)
    yield _counter("receive_events", "Events that were stored and acknowledged.", ("source", "endpoint"), events)
    dropped = dict(counts.dropped)
    yield _counter("receive_dropped", "Messages of syslog that were lost.", ("source", "reason"), dropped)


def pull_metrics(status: Mapping[str, PullStatus]) -> Iterator[Metric]:
    """Of sources that are polled. Those that another process polls have no lag here."""
    for name, text, attribute in [
        ("pull_polls", "Polls that have ended.", "polls"),
        ("pull_failures", "Polls that failed.", "failures"),
        ("pull_events", "Events that were fetched.", "events"),
    ]:
        yield _counter(name, text, ("source",), {(source,): getattr(one, attribute) for source, one in status.items()})
    ours = {source: one for source, one in status.items() if one.is_ours}
    lag = {(source,): one.lag_s for source, one in ours.items()}
    yield _gauge("pull_lag_seconds", "How far what was read is behind.", ("source",), lag)
    last = {(source,): one.last_success_s for source, one in ours.items() if one.last_success_s is not None}
    text = "When the last poll succeeded, in seconds since 1970."
    yield _gauge("pull_last_success_timestamp_seconds", text, ("source",), last)


class Kept:
    """Asks at most every so many seconds: counting a large table for each of several scrapers would be work."""

    def __init__(
        self,
        read: Callable[[], Mapping[str, WorkCounts]],
        *,
        seconds: float = limits.METRIC_COUNTS_KEPT_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._seconds = seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._found: tuple[float, Mapping[str, WorkCounts]] | None = None

    def __call__(self) -> Mapping[str, WorkCounts]:
        """What was read, now or a moment ago."""
        with self._lock:
            now = self._monotonic()
            if self._found is None or now - self._found[0] >= self._seconds:
                self._found = (now, self._read())
            return self._found[1]


def _gauge(name: str, text: str, labels: Sequence[str], values: Mapping[Key, float]) -> Metric:
    family = GaugeMetricFamily(f"lakebed_{name}", text, labels=labels)
    for key in sorted(values):
        family.add_metric(key, values[key])
    return family


def _counter(name: str, text: str, labels: Sequence[str], values: Mapping[Key, float]) -> Metric:
    family = CounterMetricFamily(f"lakebed_{name}", text, labels=labels)
    for key in sorted(values):
        family.add_metric(key, values[key])
    return family
