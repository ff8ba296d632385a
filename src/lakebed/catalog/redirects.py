"""Where the objects of merged segments are now.

A source record points to a segment and a number in it. Merging must not rewrite records of millions of objects, so a
commit of a merge says where each old segment's objects went, and who looks an object up follows that. Records take
the new places when their run is written anew (sources.py): a redirect that no record needs any more is forgotten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lakebed.catalog.entries import id_of_key, moved_number
from lakebed.catalog.packed import pack, unpack
from lakebed.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lakebed.catalog.entries import Move

HOPS_MAX = 1_000
"""Merges that one object goes through, one after the other; a lake of years has about ten. A damaged file could have
a circle."""

_LEVEL = 1


class Redirect(NamedTuple):
    """A `Move` by segment ids."""

    into: int
    first: int
    dropped: tuple[int, ...]


class Redirects:
    """Redirects by the id of the old segment."""

    def __init__(self, found: dict[int, Redirect] | None = None) -> None:
        self.by_segment: dict[int, Redirect] = {} if found is None else found

    def __len__(self) -> int:
        return len(self.by_segment)

    def add(self, moves: Iterable[Move]) -> None:
        """Takes what a commit says."""
        for move in moves:
            self.by_segment[id_of_key(move.key)] = Redirect(id_of_key(move.into), move.first, move.dropped)

    def follow(self, segment: int, number: int) -> tuple[int, int] | None:
        """Where the object is now: segment id and number; None when a merge has dropped it."""
        for _ in range(HOPS_MAX):
            found = self.by_segment.get(segment)
            if found is None:
                return segment, number
            new = moved_number(number, found.first, found.dropped)
            if new is None:
                return None
            segment, number = found.into, new
        raise CatalogError(f"segment {segment:016x} moved more than {HOPS_MAX} times; the catalog is damaged")

    def needed(self, segments: Iterable[int]) -> Redirects:
        """Those that lead on from these segments."""
        found: dict[int, Redirect] = {}
        waiting = [segment for segment in segments if segment in self.by_segment]
        while waiting:
            segment = waiting.pop()
            redirect = found[segment] = self.by_segment[segment]
            if redirect.into in self.by_segment and redirect.into not in found:
                waiting.append(redirect.into)
        return Redirects(found)


def store_redirects(redirects: Redirects) -> bytes:
    """The file beside a checkpoint."""
    return pack(msgspec.msgpack.encode(redirects.by_segment), _LEVEL)


def load_redirects(stored: bytes, key: str) -> Redirects:
    """What `store_redirects` was given; raises `CatalogError` when it is damaged."""
    try:
        return Redirects(msgspec.msgpack.decode(unpack(stored, key), type=dict[int, Redirect]))
    except msgspec.MsgspecError as error:
        raise CatalogError(f"'{key}' is damaged: {error}") from error
