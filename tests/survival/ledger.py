"""What was sent: which events each version of each object had. What is in the lake is compared with it."""

from __future__ import annotations

import collections
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass
class Sent:
    """One object: the events of its versions, the last one last. A deleted one has no version that must be there."""

    versions: list[list[int]] = field(default_factory=list)
    is_deleted: bool = False


@dataclass
class Ledger:
    """Objects by key. Every event has a number of its own."""

    objects: dict[str, Sent] = field(default_factory=dict)
    _next: int = 0

    def write(self, key: str, events: int) -> list[int]:
        """Numbers for the events of a new version of an object."""
        numbers = list(range(self._next, self._next + events))
        self._next += events
        self.objects.setdefault(key, Sent()).versions.append(numbers)
        return numbers

    def delete(self, key: str) -> None:
        """The object is gone: what was read of it before may stay, or it was never read."""
        self.objects[key].is_deleted = True

    @property
    def wanted(self) -> list[int]:
        """The events that must be there, sorted."""
        return sorted(number for sent in self.objects.values() if not sent.is_deleted for number in sent.versions[-1])

    def wrongs(self, found: Iterable[int]) -> list[str]:
        """What is wrong with the events that were found; empty when every accepted event is there once."""
        counts = collections.Counter(found)
        told: list[str] = [f"event {number} is there {count} times" for number, count in counts.items() if count > 1]
        for key, sent in self.objects.items():
            there = [sum(number in counts for number in version) for version in sent.versions]
            whole = [count == len(version) for count, version in zip(there, sent.versions, strict=True)]
            if sent.is_deleted:
                parts = [place for place, count in enumerate(there) if count and not whole[place]]
                if parts or sum(count > 0 for count in there) > 1:
                    told.append(f"deleted '{key}': of its versions {there} events are there")
            elif there[:-1] != [0] * (len(there) - 1) or not whole[-1]:
                told.append(f"'{key}': of its versions {there} events are there, wanted the last one's only")
        known = {number for sent in self.objects.values() for version in sent.versions for number in version}
        told += [f"event {number} was never sent" for number in counts if number not in known]
        return told
