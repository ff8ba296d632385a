"""Bounds the bytes that all runs of an executor have read and not yet worked off.

Many threads wait for a distant store with a few kB each; the same number with megabytes each would need gigabytes.
"""

from __future__ import annotations

import threading


class ByteBudget:
    """Hands out bytes up to a limit; whoever wants more than there are waits. One large wish is granted alone."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._used = 0
        self._changed = threading.Condition()

    @property
    def used_bytes(self) -> int:
        """Bytes handed out now."""
        return self._used

    def take(self, size: int) -> None:
        """Waits until so many bytes are free, or none is in use."""
        with self._changed:
            self._changed.wait_for(lambda: self._used == 0 or self._used + size <= self._limit)
            self._used += size

    def give_back(self, size: int) -> None:
        """Ends what `take` began."""
        with self._changed:
            self._used -= size
            self._changed.notify_all()
