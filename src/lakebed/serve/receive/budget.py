"""How many bytes of clients may be in memory at once, not yet durable; beyond that they are told to come again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType


class BusyError(Exception):
    """There is no room now."""


class Budget:
    """Bytes that are held now, of a maximum. Used by one event loop."""

    def __init__(self, bytes_max: int) -> None:
        self.bytes_max = bytes_max
        self.held_bytes = 0

    @property
    def is_full(self) -> bool:
        """Whether not even a small request has room."""
        return self.held_bytes >= self.bytes_max

    def reserve(self) -> Reservation:
        """A place for one request; leave it (`with`) to give everything back."""
        return Reservation(self)


class Reservation:
    """What one request holds; grows while its body comes in."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._held_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.give_back()

    def take(self, count_bytes: int) -> None:
        """Takes more. Raises `BusyError`, then nothing more is taken."""
        if self._budget.held_bytes + count_bytes > self._budget.bytes_max:
            raise BusyError
        self._budget.held_bytes += count_bytes
        self._held_bytes += count_bytes

    def give_back(self) -> None:
        """Gives all of it back; may be called again."""
        self._budget.held_bytes -= self._held_bytes
        self._held_bytes = 0
