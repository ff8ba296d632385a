"""What the runner tells, as lines of JSON: one for each commit, failure and change, not one for each object."""

from __future__ import annotations

import datetime
import threading
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, TextIO

import msgspec

from lakebed import config
from lakebed.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lakebed.ingest.totals import ObjectReport
    from lakebed.maintenance.report import Report as RoundReport
    from lakebed.runner.job import Job


class LogReports:
    """Writes to a stream. Texts from logs and keys of objects are made harmless, and cut."""

    def __init__(self, stream: TextIO, *, clock: Callable[[], float] = time.time) -> None:
        self._stream = stream
        self._clock = clock
        self._lock = threading.Lock()

    def indexed(self, jobs: Sequence[tuple[Job, ObjectReport]], *, commit_s: float, segments: int, now_ns: int) -> None:
        """See `Reports`."""
        lags = sorted(now_ns - job.info.modified_ns for job, _ in jobs if job.info)
        self.event(
            "indexed",
            objects=len(jobs),
            events=sum(report.events for _, report in jobs),
            raw_bytes=sum(report.raw_bytes for _, report in jobs),
            sources=sorted({job.source.name for job, _ in jobs}),
            segments=segments,
            commit_ms=round(commit_s * 1000, 1),
            lag_s=round(lags[len(lags) // 2] / 1e9, 3) if lags else None,
        )

    def unchanged(self, job: Job) -> None:
        """Not worth a line."""

    def gone(self, job: Job) -> None:
        """See `Reports`."""
        self.event("gone", source=job.source.name, url=job.url)

    def failed(self, job: Job, reason: str) -> None:
        """See `Reports`."""
        self.event("failed", source=job.source.name, url=job.url, reason=reason)

    def set_aside(self, source: str, url: str, reason: str) -> None:
        """See `Reports`."""
        self.event("set_aside", source=source, url=url, reason=reason)

    def trouble(self, what: str, reason: str) -> None:
        """See `Reports`."""
        self.event("trouble", part=what, reason=reason)

    def recovered(self, what: str) -> None:
        """See `Reports`."""
        self.event("recovered", part=what)

    def maintained(self, report: RoundReport) -> None:
        """See `Reports`."""
        told = {name: value for name, value in asdict(report).items() if value}
        self.event("maintained", **told)

    def event(self, name: str, **details: object) -> None:
        """See `Reports`. A stream that is gone must not stop the work."""
        moment = datetime.datetime.fromtimestamp(self._clock(), datetime.UTC).isoformat(timespec="milliseconds")
        told = {"time": moment.replace("+00:00", "Z"), "event": name}
        line = msgspec.json.encode(told | {key: _harmless(value) for key, value in details.items()})
        with self._lock:
            try:
                self._stream.write(line.decode() + "\n")
                self._stream.flush()
            except (OSError, ValueError):
                return


def _harmless(value: object) -> object:
    if isinstance(value, str):
        cut = value if len(value) <= config.LOGGED_TEXT_MAX else value[: config.LOGGED_TEXT_MAX] + "…"
        return safe_text(cut)
    if isinstance(value, list):
        return [_harmless(one) for one in value]
    return value
