"""What telemetry must know of counts that upper layers keep: it stands below them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


class RoundReport(Protocol):
    """What a round of maintenance did: counts by the names of `MAINTENANCE_KINDS`, and errors."""

    errors: list[str]


class ReceiveCounts(Protocol):
    """What a receiver has counted since it started."""

    @property
    def requests(self) -> Mapping[tuple[str, int], int]:
        """By endpoint and status."""

    @property
    def events(self) -> Mapping[tuple[str, str], int]:
        """By source and endpoint."""

    @property
    def dropped(self) -> Mapping[tuple[str, str], int]:
        """By source and reason."""


class PullStatus(Protocol):
    """How a pulled source does, since the process started."""

    @property
    def is_ours(self) -> bool:
        """Whether this process polls it."""

    @property
    def polls(self) -> int:
        """Polls that have ended."""

    @property
    def events(self) -> int:
        """Events that were fetched."""

    @property
    def failures(self) -> int:
        """Polls that failed."""

    @property
    def last_success_s(self) -> float | None:
        """When the last one succeeded, in seconds since 1970."""

    @property
    def lag_s(self) -> float:
        """How far what was read is behind."""
