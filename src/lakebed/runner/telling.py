"""What the runner tells, as metrics and as lines of a log: one line for each commit, failure and change."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from structlog.typing import FilteringBoundLogger

    from lakebed.ingest.totals import ObjectReport
    from lakebed.runner.job import Job
    from lakebed.telemetry.metrics import Metrics


class Telling:
    """See `Reports`."""

    def __init__(self, metrics: Metrics, log: FilteringBoundLogger) -> None:
        self._metrics = metrics
        self._log = log

    def indexed(self, jobs: Sequence[tuple[Job, ObjectReport]], *, commit_s: float, segments: int, now_ns: int) -> None:
        """See `Reports`."""
        self._metrics.committed(commit_s, segments)
        lags = []
        for job, report in jobs:
            lag_s = None if job.info is None else (now_ns - job.info.modified_ns) / 1e9
            lags += [] if lag_s is None else [lag_s]
            self._metrics.indexed(job.source.name, job.source.index.index, report, lag_s)
        self._log.info(
            "indexed",
            objects=len(jobs),
            events=sum(report.events for _, report in jobs),
            raw_bytes=sum(report.raw_bytes for _, report in jobs),
            sources=sorted({job.source.name for job, _ in jobs}),
            segments=segments,
            commit_ms=round(commit_s * 1000, 1),
            lag_s=round(sorted(lags)[len(lags) // 2], 3) if lags else None,
        )

    def unchanged(self, job: Job) -> None:
        """Counted; not worth a line."""
        self._metrics.unchanged(job.source.name)

    def gone(self, job: Job) -> None:
        """See `Reports`."""
        self._metrics.gone(job.source.name)
        self._log.info("gone", source=job.source.name, url=job.url)

    def failed(self, job: Job, reason: str) -> None:
        """See `Reports`."""
        self._metrics.failed(job.source.name)
        self._log.warning("failed", source=job.source.name, url=job.url, reason=reason)

    def set_aside(self, source: str, url: str, reason: str) -> None:
        """See `Reports`."""
        self._metrics.set_aside(source)
        self._log.error("set_aside", source=source, url=url, reason=reason)

    def trouble(self, what: str, reason: str) -> None:
        """See `Reports`."""
        self._metrics.trouble(what)
        self._log.error("trouble", part=what, reason=reason)

    def recovered(self, what: str) -> None:
        """See `Reports`."""
        self._metrics.recovered(what)
        self._log.info("recovered", part=what)

    def event(self, name: str, **details: object) -> None:
        """See `Reports`."""
        self._log.info(name, **details)
