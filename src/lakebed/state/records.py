"""What the state hands out and takes: plain values, so that a caller needs no database to make or test them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

BACKFILL_ROAD = "backfill"
"""Objects found on this road wait until no others do: a year of old logs must not delay today's."""


@dataclass(frozen=True)
class WorkObject:
    """A source object that wants to be indexed.

    `road` says how it was found ("sqs", "listing", "backfill", "raw", …), `found_s` when, by the finder's clock.
    With an etag, the etag and the size name its version, as in the catalog; without, time and size.
    """

    source: str
    url: str
    size_bytes: int
    modified_ns: int
    etag: str | None
    road: str
    found_s: float


@dataclass(frozen=True)
class Claimed:
    """An object that its claimer works on until the lease ends. `attempts` counts this one; handed back ones do not."""

    id: int
    object: WorkObject
    attempts: int


@dataclass(frozen=True)
class SetAside:
    """An object that nobody tries any more, until `retry`. `at_s` is by the clock of who set it aside."""

    id: int
    object: WorkObject
    attempts: int
    reason: str
    at_s: float


@dataclass(frozen=True)
class WorkCounts:
    """The objects of one source. `waiting` includes those that wait for a retry, and those whose lease has ended.

    `oldest_s` is the age of the object that was found first and is neither done nor set aside; 0 when there is none.
    """

    waiting: int
    claimed: int
    set_aside: int
    oldest_s: float


@dataclass(frozen=True)
class Cursor:
    """A place in a stream that somebody reads, and the number of its change."""

    value: bytes
    version: int


@dataclass(frozen=True)
class Backfill:
    """A backfill and how far it came: every key up to `after_key` has been offered.

    `options` are what it was started with, `counts` what its runner adds up; both are JSON of the runner's own.
    """

    id: int
    source: str
    options: Mapping[str, object]
    after_key: str
    counts: Mapping[str, int]
    version: int
    created_s: float
    updated_s: float
    outcome: str | None
    """None while it runs; else how it ended: "done", "cancelled", …"""
