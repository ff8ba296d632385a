"""What the runner tells while it works: the seam to metrics and logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.ingest.totals import ObjectReport
    from lakebed.runner.job import Job


class Reports(Protocol):
    """Called from any thread; must not wait, and must not raise."""

    def indexed(self, jobs: Sequence[tuple[Job, ObjectReport]], *, commit_s: float, segments: int, now_ns: int) -> None:
        """These objects became visible by one commit."""

    def unchanged(self, job: Job) -> None:
        """The object was in the lake already."""

    def gone(self, job: Job) -> None:
        """The object was deleted before it was read."""

    def failed(self, job: Job, reason: str) -> None:
        """The object could not be read, or its store failed; it will be tried again."""

    def set_aside(self, source: str, url: str, reason: str) -> None:
        """Nobody tries this object, or reads this message, any more."""

    def trouble(self, what: str, reason: str) -> None:
        """A part of the runner fails: `lake`, `state`, `source NAME`, `queue NAME`; it goes on after a while."""

    def recovered(self, what: str) -> None:
        """It works again."""

    def event(self, name: str, **details: object) -> None:
        """Something that belongs into the log."""


class NoReports:
    """Tells nobody."""

    def indexed(self, jobs: Sequence[tuple[Job, ObjectReport]], *, commit_s: float, segments: int, now_ns: int) -> None:
        """See `Reports`."""

    def unchanged(self, job: Job) -> None:
        """See `Reports`."""

    def gone(self, job: Job) -> None:
        """See `Reports`."""

    def failed(self, job: Job, reason: str) -> None:
        """See `Reports`."""

    def set_aside(self, source: str, url: str, reason: str) -> None:
        """See `Reports`."""

    def trouble(self, what: str, reason: str) -> None:
        """See `Reports`."""

    def recovered(self, what: str) -> None:
        """See `Reports`."""

    def event(self, name: str, **details: object) -> None:
        """See `Reports`."""
