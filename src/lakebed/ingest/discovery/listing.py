"""Finds new objects by listing: for folders, and for stores that send no notifications.

A whole listing of millions of objects is slow and costs money, so it is made now and then. In between only the ends
are listed: where keys have dates, the new ones stand behind those of the last days (key_dates.py). What comes late, or
under a prefix that was not there, is found by the next whole listing. A place whose keys have no dates is always
listed as a whole.

What is known already is not looked up again by a lister that has seen it: a set of 64-bit numbers remembers.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from lakebed.ingest.discovery import limits
from lakebed.ingest.discovery.key_dates import Stem, date_of_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lakebed.ingest.discovery.place import Place
    from lakebed.storage.store import ObjectInfo

LIST_PAGE = 1000
"""Objects that stores return for one request."""


class Ends(msgspec.Struct):
    """What a place looked like when it was listed last: kept in the state, so that any runner goes on from it."""

    whole_s: float = 0.0
    """When the last whole listing began; 0: never."""
    listed_s: float = 0.0
    """When the last listing of any kind ended."""
    objects: int = 0
    """Objects of the last whole listing."""
    stems: list[tuple[Stem, str]] = []
    """The stems of its keys, with the newest day of each in ISO 8601."""
    is_dated: bool = False
    """Whether every key had a date, and the stems are all here."""


def load_ends(value: bytes | None) -> Ends:
    """From the state; what cannot be read (another version's) is as if there was nothing."""
    if value is None:
        return Ends()
    try:
        return msgspec.json.decode(value, type=Ends)
    except msgspec.DecodeError:
        return Ends()


@dataclass
class Lister:
    """Lists one place again and again. Used by one thread at a time.

    `is_known` says whether the lake has this object in this version. `since_ns` leaves out what was last modified
    before. `settle_s` is for places where files are written in place: one that was changed a moment ago is left for the
    next time, since it may grow yet. `takes` says which keys are wanted.
    """

    place: Place
    is_known: Callable[[str, ObjectInfo], bool]
    clock: Callable[[], float]
    since_ns: int | None = None
    settle_s: float = 0.0
    takes: Callable[[str], bool] = lambda _key: True
    _seen: set[int] = field(default_factory=set)
    _seen_since: float = 0.0
    _unsettled: dict[str, float] = field(default_factory=dict)

    def new_objects(self, ends: Ends) -> Iterator[tuple[str, ObjectInfo]]:
        """Addresses and what is known of objects that are not in the lake; changes `ends` when all were listed.

        Raises `StorageError`, `IngestError`; `ends` is as it was then.
        """
        now = self.clock()
        try:
            if self._is_whole_due(ends, now):
                if not 0 <= now - self._seen_since < limits.WHOLE_LISTING_S:
                    self._seen.clear()  # what was dropped from the table of work, or lost with it, is found again
                    self._seen_since = now
                yield from self._whole(ends, now)
            else:
                yield from self._ends(ends)
        except BaseException:  # also when the caller wants no more: nobody may have heard of what was told last
            self.forget()
            raise
        ends.listed_s = self.clock()

    def forget(self) -> None:
        """What was told may not have been heard: it is found again."""
        self._seen.clear()

    def _is_whole_due(self, ends: Ends, now: float) -> bool:
        pages = ends.objects / LIST_PAGE
        wait = max(limits.WHOLE_LISTING_S, pages * limits.WHOLE_LISTING_S_PER_PAGE)
        is_cheap = pages <= len(ends.stems)
        return not ends.is_dated or is_cheap or not 0 <= now - ends.whole_s < wait

    def _whole(self, ends: Ends, now: float) -> Iterator[tuple[str, ObjectInfo]]:
        newest: dict[Stem, datetime.date] = {}
        is_dated = True
        count = 0
        for info in self.place.list():
            count += 1
            if is_dated:
                found = date_of_key(info.key)
                is_dated = found is not None and len(newest) <= limits.STEMS_MAX
                if found is not None:
                    stem, day = found
                    newest[stem] = max(day, newest.get(stem, day))
            if self._is_new(info):
                yield self.place.url_of(info.key), info
        ends.whole_s, ends.objects, ends.is_dated = now, count, is_dated
        ends.stems = [(stem, day.isoformat()) for stem, day in newest.items()] if is_dated else []

    def _ends(self, ends: Ends) -> Iterator[tuple[str, ObjectInfo]]:
        today = datetime.datetime.fromtimestamp(self.clock(), datetime.UTC).date()
        stems: list[tuple[Stem, str]] = []
        for stem, last in ends.stems:
            newest = datetime.date.fromisoformat(last)
            start = min(newest, today) - datetime.timedelta(days=limits.LISTED_DAYS)
            for info in self.place.list(stem.text, stem.key(start)):
                found = date_of_key(info.key)
                if found and found[0] == stem:
                    newest = max(newest, min(found[1], today + datetime.timedelta(days=1)))
                if self._is_new(info):
                    yield self.place.url_of(info.key), info
            stems.append((stem, newest.isoformat()))
        ends.stems = stems

    def _is_new(self, info: ObjectInfo) -> bool:
        if not self.takes(info.key):
            return False
        number = hash((info.key, info.etag or info.modified_ns, info.size_bytes))
        if number in self._seen:
            return False
        if self.since_ns is not None and info.modified_ns < self.since_ns:
            return False
        if not self._is_settled(info):
            return False
        if len(self._seen) < limits.LISTED_OBJECTS_KEPT:
            self._seen.add(number)
        return not self.is_known(self.place.url_of(info.key), info)

    def _is_settled(self, info: ObjectInfo) -> bool:
        """Whether a file has been left alone for a while, or has been growing for so long that it is taken as it is."""
        if not self.settle_s:
            return True
        now = self.clock()
        if now - info.modified_ns / 1e9 >= self.settle_s:
            self._unsettled.pop(info.key, None)
            return True
        since = self._unsettled.setdefault(info.key, now)
        if now - since >= limits.SETTLE_S_MAX or len(self._unsettled) > limits.UNSETTLED_MAX:
            self._unsettled.pop(info.key, None)
            return True
        return False
