"""Whether a lake is what its catalog says: commits and checkpoints agree, and every segment is there and is itself.

Reads all commit files, lists the segments, and reads the end of each. Writes nothing. What is found in a lake that is
written meanwhile is true of the state that the check began with; files that came later are told as orphans.
"""

from __future__ import annotations

import functools
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lakebed import config
from lakebed.catalog.entries import OWN_INDEX_PREFIX, SEGMENT_FOLDER
from lakebed.catalog.load import load_state
from lakebed.catalog.replay import check_replay
from lakebed.catalog.segment_file import check_segment
from lakebed.errors import LakebedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lakebed.catalog.checkpoint import State
    from lakebed.catalog.entries import SegmentEntry
    from lakebed.storage.store import Store

AT_ONCE = 2_000
"""Segments whose addresses are in memory together: some megabytes."""

ORPHANS_TOLD = 1_000
"""Files in no state that are named; all are counted."""


@dataclass(frozen=True)
class Problem:
    """Something that must not be: the file or segment, and what is wrong with it."""

    where: str
    what: str


@dataclass
class Verified:
    """What a check has found. `orphans` are segment files that the catalog does not name: leftovers, or new ones."""

    commit: int = 0
    segments: int = 0
    objects: int = 0
    checkpoints: int = 0
    problems: list[Problem] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    orphan_count: int = 0
    orphan_bytes: int = 0

    def add(self, where: str, what: str) -> None:
        """Notes a problem."""
        self.problems.append(Problem(where, what))


def verify(store: Store, deep: Callable[[SegmentEntry, bytes], str] | None = None) -> Verified:
    """Checks a lake. `deep` reads a segment through and says what is wrong with it, nothing when it is well.

    Requests: those of opening, one for each commit file, one for each segment. Raises `StorageError`.
    """
    found = Verified()
    for where, what in check_replay(store, found):
        found.add(where, what)
    try:
        state = load_state(store)
    except LakebedError as error:
        found.add("catalog", str(error))
        return found
    found.commit, found.segments = state.snapshot.number, state.snapshot.segment_count
    _check_entries(state, found)
    _check_files(store, state, found, deep)
    try:
        _check_sources(state, found)
    except LakebedError as error:
        found.add("catalog", str(error))
    return found


def _check_entries(state: State, found: Verified) -> None:
    keys: dict[int, str] = {}
    for entry in state.snapshot.entries():
        other = keys.setdefault(entry.segment_id, entry.key)
        if other != entry.key:
            found.add(entry.key, f"has the number of '{other}'")
        numbers = list(entry.dead)
        if numbers != sorted(set(numbers)) or any(not 0 <= number < entry.objects for number in numbers):
            found.add(entry.key, f"its dead objects {numbers} are not some of its {entry.objects}")
        if entry.swept > state.snapshot.number:
            found.add(entry.key, f"is said to be swept up to commit {entry.swept}, which is to come")


def _check_files(
    store: Store, state: State, found: Verified, deep: Callable[[SegmentEntry, bytes], str] | None
) -> None:
    entries = {entry.key: entry for entry in state.snapshot.entries()}
    there: list[SegmentEntry] = []
    for info in store.list(SEGMENT_FOLDER):
        entry = entries.pop(info.key, None)
        if entry is None:
            found.orphan_count += 1
            found.orphan_bytes += info.size_bytes
            if len(found.orphans) < ORPHANS_TOLD:
                found.orphans.append(info.key)
        elif info.size_bytes != entry.size_bytes:
            found.add(entry.key, f"has {info.size_bytes:,} bytes; the catalog says {entry.size_bytes:,}")
        else:
            there.append(entry)
    for key in entries:
        found.add(key, "is not there")
    there.sort(key=lambda entry: (entry.pack, entry.address_offset))
    check = functools.partial(_segment_problem, store, deep)
    with ThreadPoolExecutor(config.REMOTE_PARALLELISM) as pool:
        for start in range(0, len(there), AT_ONCE):
            some = there[start : start + AT_ONCE]
            try:
                addresses = state.addresses.find(state.snapshot, some)
            except LakebedError as error:
                found.add("catalog", f"addresses of {len(some)} segments cannot be read: {error}")
                continue
            told = pool.map(check, some, [addresses[entry.key] for entry in some])
            for entry, what in zip(some, told, strict=True):
                if what:
                    found.add(entry.key, what)


def _segment_problem(
    store: Store, deep: Callable[[SegmentEntry, bytes], str] | None, entry: SegmentEntry, address: bytes
) -> str:
    try:
        what = check_segment(store, entry, address)
        return what or (deep(entry, address) if deep is not None else "")
    except LakebedError as error:
        return str(error)


def _check_sources(state: State, found: Verified) -> None:
    """Records lead to live objects, no two to the same; and every live object has one, or it would come twice."""
    snapshot = state.snapshot
    pointed: Counter[int] = Counter()
    seen: set[tuple[int, int]] = set()
    for segment, number in state.sources.places():
        key = snapshot.keys_by_id.get(segment)
        entry = None if key is None else snapshot.entry(key)
        if entry is None:
            continue  # expired, or all of its objects replaced
        if number >= entry.objects:
            found.add(entry.key, f"a source record points to object {number} of {entry.objects}")
        elif number in entry.dead:
            found.add(entry.key, f"a source record points to object {number}, which is dead")
        elif (segment, number) in seen:
            found.add(entry.key, f"two source records point to object {number}")
        else:
            seen.add((segment, number))
            pointed[segment] += 1
    found.objects = sum(pointed.values())
    for entry in _recorded(snapshot.entries()):
        live = entry.objects - len(entry.dead)
        if pointed[entry.segment_id] < live:
            found.add(entry.key, f"{live - pointed[entry.segment_id]} of {live} live objects have no source record")


def _recorded(entries: Iterable[SegmentEntry]) -> Iterable[SegmentEntry]:
    """What Lakebed writes itself comes from no source."""
    return (entry for entry in entries if not entry.index.startswith(OWN_INDEX_PREFIX))
