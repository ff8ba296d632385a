"""How a lake is: what is in each index, and which source objects did not become events as they should.

All of it is in the catalog; no segment is opened. Objects that could not be read at all are not in the lake: the run
that tried tells of them, and the next one tries again.
"""

from __future__ import annotations

import calendar
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakebed import config
from lakebed.catalog.entries import index_of_key
from lakebed.catalog.index_info import index_infos

if TYPE_CHECKING:
    from lakebed.catalog.checkpoint import State
    from lakebed.catalog.entries import FlawedObject

_CREATED_PATTERN = "%Y%m%dT%H%M%S"


@dataclass(frozen=True)
class IndexStatus:
    """One index. Times are nanoseconds since 1970 UTC; `indexed_ns` is when its newest segment was begun to be written.

    `raw_bytes` as the sources were, uncompressed; `ratio` is how many of them a stored byte holds. `objects` are those
    that have events. Events of objects that were replaced count until their segment is written anew.
    """

    index: str
    events: int
    objects: int
    segments: int
    raw_bytes: int
    stored_bytes: int
    ratio: float
    earliest_ns: int
    latest_ns: int
    indexed_ns: int


@dataclass(frozen=True)
class ObjectProblems:
    """A source object that did not wholly become events.

    `unparsed_lines` are kept as `message`; the bytes of `invalid_utf8` sequences as characters of Windows-1252;
    `skipped_members` of archives were left out; events with `transform_errors` are kept as they were. What follows byte
    `damage_offset` of the object as stored could not be read. `discarded` events are no problem: a transform was told
    to leave them out.
    """

    index: str
    object: str
    unparsed_lines: int
    invalid_utf8: int
    skipped_members: int
    transform_errors: int
    discarded: int
    damage_offset: int | None
    damage: str


@dataclass(frozen=True)
class LakeStatus:
    """A lake after commit number `commit`. `problems` has the objects with most unparsed lines first.

    `has_all_problems` is False when there may be more than the catalog remembers: the newest 10,000.
    """

    lake: str
    commit: int
    indexes: tuple[IndexStatus, ...]
    problems: tuple[ObjectProblems, ...]
    has_all_problems: bool


def lake_status(url: str, state: State) -> LakeStatus:
    """Reads which source objects there are, and else only what is in memory."""
    flawed = state.snapshot.flawed
    return LakeStatus(
        url,
        state.snapshot.number,
        tuple(_indexes(state)),
        tuple(sorted((_problems(one) for one in flawed), key=_order)),
        len(flawed) < config.FLAWED_OBJECTS_KEPT,
    )


def _indexes(state: State) -> list[IndexStatus]:
    snapshot = state.snapshot
    objects: Counter[str] = Counter()
    for segment, count in state.sources.count_by_segment().items():
        key = snapshot.keys_by_id.get(segment)
        if key is not None:
            objects[index_of_key(key)] += count
    return [
        IndexStatus(
            info.index,
            info.events,
            objects[info.index],
            info.segments,
            info.raw_bytes,
            info.stored_bytes,
            round(info.raw_bytes / info.stored_bytes, 2),
            info.earliest_ns,
            info.latest_ns,
            max(_created_ns(entry.key) for entry in snapshot.entries(info.index)),
        )
        for info in index_infos(snapshot)
    ]


def _created_ns(key: str) -> int:
    created = key.rsplit("/", 1)[1].split("-", 1)[0]
    return calendar.timegm(time.strptime(created, _CREATED_PATTERN)) * 1_000_000_000


def _problems(one: FlawedObject) -> ObjectProblems:
    flaws = one.flaws
    return ObjectProblems(
        one.index,
        one.url,
        flaws.unparsed_lines,
        flaws.invalid_utf8,
        flaws.skipped_members,
        flaws.transform_errors,
        one.discarded,
        one.offset,
        one.reason,
    )


def _order(one: ObjectProblems) -> tuple[object, ...]:
    is_whole = one.damage_offset is None
    counts = (-one.unparsed_lines, -one.transform_errors, -one.skipped_members, -one.invalid_utf8)
    return (*counts, is_whole, one.index, one.object)
