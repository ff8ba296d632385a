"""Ids of what was stored a moment ago, so that a client's retry after a lost answer does not store it twice.

In memory, of this process, bounded in number and age: a retry that comes after a restart, or to another process, is
stored again. A retry that comes while the first is still being written waits for it and has the same outcome.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable


@dataclass
class _Entry:
    digest: bytes
    at_s: float
    outcome: asyncio.Future[None]


class RecentIds:
    """Used by one event loop. `monotonic` tells the age of entries."""

    def __init__(self, count_max: int, age_s: float, monotonic: Callable[[], float]) -> None:
        self._count_max = count_max
        self._age_s = age_s
        self._monotonic = monotonic
        self._entries: OrderedDict[tuple[str, ...], _Entry] = OrderedDict()

    def find(self, key: tuple[str, ...], content: bytes) -> asyncio.Future[None] | None:
        """The outcome of the same content under this id, if it is stored or being stored."""
        self._forget()
        entry = self._entries.get(key)
        if entry is None or entry.digest != _digest(content):
            return None
        return entry.outcome

    def has(self, key: tuple[str, ...]) -> bool:
        """Whether anything is stored, or being stored, under this id."""
        self._forget()
        return key in self._entries

    def begin(self, key: tuple[str, ...], content: bytes, outcome: asyncio.Future[None]) -> None:
        """Notes that this is being stored; what fails is forgotten, so that it may be tried again."""
        self._entries.pop(key, None)
        entry = _Entry(_digest(content), self._monotonic(), outcome)
        self._entries[key] = entry
        while len(self._entries) > self._count_max:
            self._entries.popitem(last=False)
        outcome.add_done_callback(lambda done: self._ended(key, entry, done))

    def _ended(self, key: tuple[str, ...], entry: _Entry, done: asyncio.Future[None]) -> None:
        has_failed = done.cancelled() or done.exception() is not None
        if has_failed and self._entries.get(key) is entry:
            del self._entries[key]

    def _forget(self) -> None:
        oldest_s = self._monotonic() - self._age_s
        while self._entries:
            entry = next(iter(self._entries.values()))
            if entry.at_s >= oldest_s:
                return
            self._entries.popitem(last=False)


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()
