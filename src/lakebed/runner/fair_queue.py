"""A queue in which sources take turns, so that a busy one does not delay the others, nor a broken one hold them up."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """First in, first out for each name; names in turn. Of one name at most `at_once` items are out at a time.

    Not bounded: who puts must look at its own budget.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._items: OrderedDict[str, deque[T]] = OrderedDict()
        self._out: dict[str, int] = {}
        self._changed = threading.Condition()

    def put(self, name: str, item: T) -> None:
        """Adds an item at the end of its name's queue."""
        with self._changed:
            self._items.setdefault(name, deque()).append(item)
            self._changed.notify()

    def get(self, timeout_s: float) -> tuple[str, T] | None:
        """The next item, and its name for `gave_back`; None when none came in time."""
        with self._changed:
            found = self._take()
            if found is None:
                self._changed.wait(timeout_s)
                found = self._take()
            return found

    def gave_back(self, name: str) -> None:
        """One item of this name is worked off."""
        with self._changed:
            left = self._out.get(name, 0) - 1
            if left > 0:
                self._out[name] = left
            else:
                self._out.pop(name, None)
            self._changed.notify()

    def clear(self) -> list[T]:
        """Takes all that waits, out of turn."""
        with self._changed:
            found = [item for items in self._items.values() for item in items]
            self._items.clear()
            return found

    def __len__(self) -> int:
        with self._changed:
            return sum(len(items) for items in self._items.values())

    def _take(self) -> tuple[str, T] | None:
        for name in self._items:
            if self._out.get(name, 0) < self._at_once:
                break
        else:
            return None
        items = self._items[name]
        item = items.popleft()
        if items:
            self._items.move_to_end(name)
        else:
            del self._items[name]
        self._out[name] = self._out.get(name, 0) + 1
        return name, item
