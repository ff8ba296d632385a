"""What a round of maintenance did, for logs, metrics and the command line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lakebed.maintenance.garbage import GarbageReport

ERRORS_MAX = 100
"""Errors that a report keeps; a store that is away fails every job in the same way."""


@dataclass
class Report:
    """Counts of one round. Bytes of merges and of rewrites for deletions are told apart."""

    merges: int = 0
    merges_void: int = 0
    segments_merged: int = 0
    bytes_read: int = 0
    bytes_merged: int = 0
    """Written by merges, compressed."""

    rewrites: int = 0
    bytes_rewritten: int = 0
    """Written to carry out deletions and to leave out replaced objects, compressed."""

    segments_marked: int = 0
    """Found to hold no event of a deletion, without being written."""

    deleted_events: int = 0
    expired: int = 0
    raw_deleted: int = 0
    """Raw objects that were indexed, and older than their source keeps them."""

    raw_bytes_deleted: int = 0
    garbage: GarbageReport | None = None
    """None: it was not time to look for garbage."""

    merges_left: int = 0
    sweeps_left: int = 0
    """Due, but the round was over."""

    is_stopped: bool = False
    """The deadline came, or `stop` was called: there is more to do."""

    errors: list[str] = field(default_factory=list)

    @property
    def is_idle(self) -> bool:
        """Whether nothing was to be done."""
        done = (self.merges, self.merges_void, self.rewrites, self.segments_marked, self.expired, self.raw_deleted)
        return not any(done)

    def fail(self, what: str, error: Exception) -> None:
        """Notes what could not be done; the round goes on with the rest."""
        if len(self.errors) < ERRORS_MAX:
            self.errors.append(f"{what}: {error}")
