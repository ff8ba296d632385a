"""Turns what a writer did into the commit that is right for the lake as it is now.

This is where two writers meet: the work was done against an older state, and is fitted to the newest one each time
another commit came first. An object that another writer has recorded meanwhile is not indexed twice: our events of it
are marked dead. A changed object replaces its earlier events: theirs are marked dead.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from lakebed.catalog.commit import FORMAT_VERSION, CommitFile
from lakebed.catalog.entries import NewSegment, SourceRecord, source_digest
from lakebed.catalog.sources import known_from_record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lakebed.catalog.checkpoint import State
    from lakebed.catalog.snapshot import Snapshot
    from lakebed.catalog.source_run import KnownSource


@dataclass(frozen=True)
class Changes:
    """What a writer wants to commit. `action` is for people: `create`, `index`.

    `seen` has for source objects (by digest) the version that the lake had when the writer read them. If it still has
    that one, the writer's replaces it; if another writer was faster, the one modified later stays.
    """

    action: str
    add: Sequence[NewSegment] = ()
    sources: Sequence[SourceRecord] = ()
    seen: Mapping[bytes, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of it. `commit` is None when nothing was left to write: all objects were there already."""

    commit: CommitFile | None
    recorded: int = 0
    replaced: int = 0
    duplicates: int = 0
    duplicate_events: int = 0


@dataclass
class _Plan:
    snapshot: Snapshot
    added: dict[str, NewSegment]
    dead: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    sources: dict[bytes, SourceRecord] = field(default_factory=dict)

    def kill(self, parts: tuple[tuple[str, int], ...]) -> None:
        """Marks events of objects as dead, in our segments or in the lake's."""
        for key, number in parts:
            self.dead[key].add(number)

    def kill_known(self, known: KnownSource) -> None:
        """The same by segment id; segments that are gone (merged away, expired) need no mark."""
        keys = self.snapshot.keys_by_id
        for segment, number in known.parts:
            key = keys.get(segment)
            if key is not None:
                self.dead[key].add(number)


def plan_commit(state: State, changes: Changes, *, writer: str, token: str, time_ns: int) -> Outcome:
    """The commit that comes after `state`. Pure: reads the state, changes nothing."""
    plan = _Plan(state.snapshot, {segment.key: segment for segment in changes.add})
    replaced = duplicates = duplicate_events = 0
    for record in changes.sources:
        digest = source_digest(record.index, record.url)
        ours = plan.sources.get(digest)
        known = known_from_record(ours) if ours else state.sources.find(record.index, record.url)
        is_as_seen = known is not None and ours is None and changes.seen.get(digest) == known.version
        if known is not None and not _replaces(record, known, is_as_seen=is_as_seen):
            plan.kill(record.parts)
            duplicates += 1
            duplicate_events += record.events
            continue
        if ours is not None:
            plan.kill(ours.parts)
        elif known is not None:
            plan.kill_known(known)
            replaced += 1
        plan.sources[digest] = record
    commit = _commit_of(
        plan, changes, CommitFile(FORMAT_VERSION, state.snapshot.number + 1, writer, token, time_ns, "")
    )
    is_empty = not (commit.add or commit.remove or commit.dead or commit.sources) and changes.action != "create"
    return Outcome(None if is_empty else commit, len(commit.sources), replaced, duplicates, duplicate_events)


def _replaces(record: SourceRecord, known: KnownSource, *, is_as_seen: bool) -> bool:
    """Whether the record is of another version than the known one, and the one to stay."""
    return record.version != known.version and (is_as_seen or record.modified_ns >= known.modified_ns)


def _commit_of(plan: _Plan, changes: Changes, frame: CommitFile) -> CommitFile:
    """Fills the commit. A segment whose objects are all dead is not added, or is removed."""
    add: list[NewSegment] = []
    remove: list[str] = []
    dead: dict[str, tuple[int, ...]] = {}
    for key, segment in plan.added.items():
        numbers = tuple(sorted(plan.dead.pop(key, set()).union(segment.dead)))
        if len(numbers) < segment.objects:
            add.append(msgspec.structs.replace(segment, dead=numbers))
    for key, fresh in plan.dead.items():
        entry = plan.snapshot.entry(key)
        if entry is None:
            continue
        numbers = tuple(sorted(fresh.union(entry.dead)))
        if len(numbers) >= entry.objects:
            remove.append(key)
        elif numbers != entry.dead:
            dead[key] = numbers
    sources = tuple(plan.sources.values())
    return msgspec.structs.replace(
        frame, action=changes.action, add=tuple(add), remove=tuple(remove), dead=dead, sources=sources
    )
