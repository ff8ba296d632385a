"""A range of the past in a place: how much there is, and the objects of it in pieces that can be done one by one.

Where keys have dates (key_dates.py), a piece is one day of one prefix, and only its keys are listed. Objects without
a date in their keys are chosen by when they were modified; they are one piece, for which all is listed.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from lakebed.errors import LimitError
from lakebed.ingest.discovery import limits
from lakebed.ingest.discovery.key_dates import Stem, date_of_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lakebed.ingest.discovery.place import Place
    from lakebed.storage.store import ObjectInfo

UNDATED = "~"
"""Label of the piece of objects without dates in their keys; behind all days."""


@dataclass(frozen=True)
class Range:
    """From `since` on, and before `until`: times with zones."""

    since: datetime.datetime
    until: datetime.datetime

    def has_day(self, day: datetime.date) -> bool:
        """Whether some of the day (UTC) is inside."""
        start = datetime.datetime.combine(day, datetime.time(), datetime.UTC)
        return start < self.until and start + datetime.timedelta(days=1) > self.since

    def has_moment(self, modified_ns: int) -> bool:
        """Whether this moment is inside."""
        return self.since.timestamp() <= modified_ns / 1e9 < self.until.timestamp()


class Piece(NamedTuple):
    """`day` and `stem` are None for the objects without dates in their keys."""

    label: str
    day: datetime.date | None
    stem: Stem | None


@dataclass
class Amount:
    """Objects and their bytes as stored."""

    objects: int = 0
    size_bytes: int = 0

    def add(self, info: ObjectInfo) -> None:
        """One more."""
        self.objects += 1
        self.size_bytes += info.size_bytes


@dataclass
class Survey:
    """What is there: the pieces in their order, with how much each has; how much of it all the lake has already."""

    pieces: dict[Piece, Amount] = field(default_factory=dict)
    known: Amount = field(default_factory=Amount)
    looked_at: int = 0

    @property
    def total(self) -> Amount:
        """Of all pieces."""
        amounts = self.pieces.values()
        return Amount(sum(one.objects for one in amounts), sum(one.size_bytes for one in amounts))

    def ordered(self, *, newest_first: bool) -> list[Piece]:
        """The pieces, the oldest or the newest day first."""
        return sorted(self.pieces, key=lambda piece: piece.label, reverse=newest_first)


def survey(
    place: Place,
    takes: Callable[[str], bool],
    wanted: Range,
    is_known: Callable[[ObjectInfo], bool],
    *,
    looked: Callable[[Survey], None] = lambda _survey: None,
) -> Survey:
    """Lists a place once. `looked` is told now and then how far it is. Raises `StorageError`, `IngestError`."""
    found = Survey()
    for info in place.list():
        found.looked_at += 1
        if found.looked_at % limits.LIST_TOLD_EVERY == 0:
            looked(found)
        if not takes(info.key):
            continue
        piece = piece_of(info, wanted)
        if piece is None:
            continue
        found.pieces.setdefault(piece, Amount()).add(info)
        if is_known(info):
            found.known.add(info)
        if len(found.pieces) > limits.BACKFILL_PIECES_MAX:
            raise LimitError(
                f"more than {limits.BACKFILL_PIECES_MAX} days and prefixes (limit BACKFILL_PIECES_MAX): "
                "take a shorter range"
            )
    looked(found)
    return found


def piece_of(info: ObjectInfo, wanted: Range) -> Piece | None:
    """The piece that an object belongs to; None when it is outside of the range."""
    dated = date_of_key(info.key)
    if dated is None:
        return Piece(UNDATED, None, None) if wanted.has_moment(info.modified_ns) else None
    stem, day = dated
    return Piece(f"{day.isoformat()}|{stem.key(day)}", day, stem) if wanted.has_day(day) else None


def objects_of(
    place: Place, takes: Callable[[str], bool], wanted: Range, piece: Piece, *, newest_first: bool
) -> Iterator[ObjectInfo]:
    """The objects of one piece. Those without dates come in order of their keys unless the newest are wanted first."""
    if piece.stem is None or piece.day is None:
        found = (info for info in place.list() if takes(info.key) and piece_of(info, wanted) == piece)
        if newest_first:
            yield from _by_time(found)
        else:
            yield from found
        return
    beginning = piece.stem.key(piece.day)
    for info in place.list(beginning):
        if takes(info.key) and piece_of(info, wanted) == piece:
            yield info


def _by_time(found: Iterator[ObjectInfo]) -> list[ObjectInfo]:
    kept: list[ObjectInfo] = []
    for info in found:
        kept.append(info)
        if len(kept) > limits.BACKFILL_SORTED_MAX:
            raise LimitError(
                f"more than {limits.BACKFILL_SORTED_MAX} objects without dates in their keys cannot be put in order "
                "(limit BACKFILL_SORTED_MAX): take them oldest first, or a shorter range"
            )
    return sorted(kept, key=lambda info: -info.modified_ns)
