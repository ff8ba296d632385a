"""What a connector is: it is given its state, asks its service, and gives back events and the next state.

A connector keeps nothing else between two polls that matters: the same state may be polled again, by another process
on another machine, after a crash. It reads only, and writes nothing anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

STATE_BYTES_MAX = 1_000_000
"""A state is written at every step: some kB, and 16 bytes for each event that is remembered."""


@dataclass(frozen=True)
class Poll:
    """What one poll gave: events as JSON lines without line ends, and the state to poll next.

    `newest_ms` is the time of the newest event that the source has given so far, None when it gave none.
    """

    lines: tuple[bytes, ...]
    state: bytes
    is_caught_up: bool
    newest_ms: int | None = None


class Connector(Protocol):
    """Used by one thread."""

    def poll(self, state: bytes | None) -> Poll:
        """The events that come after a state; None is the beginning.

        Each event that the service shows once or often between two states comes once. Raises `ThrottledError` when
        the service asks to wait, `PullError` when it fails, and `UsageError` when the settings cannot work.
        """

    def close(self) -> None:
        """Closes connections."""
