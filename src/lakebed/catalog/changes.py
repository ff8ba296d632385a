"""Turns what a writer did into the commit that is right for the lake as it is now.

This is where writers meet: the work was done against an older state, and is fitted to the newest one each time another
commit came first. An object that another writer has recorded meanwhile is not indexed twice: our events of it are
marked dead. A changed object replaces its earlier events: theirs are marked dead. A merge of segments that are not
there any more is void; events that were replaced or deleted after the merge had read them stay so in its result.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from lakebed.catalog.commit import FORMAT_VERSION, CommitFile
from lakebed.catalog.entries import Deletion, Move, NewSegment, SourceRecord, index_of_key, source_digest
from lakebed.catalog.sources import known_from_record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lakebed.catalog.checkpoint import State
    from lakebed.catalog.snapshot import Snapshot
    from lakebed.catalog.source_run import KnownSource


@dataclass(frozen=True)
class Changes:
    """What a writer wants to commit. `action` is for people: `create`, `index`, `merge`, `expire`, `delete`, `sweep`.

    `seen` has for source objects (by digest) the version that the lake had when the writer read them. If it still has
    that one, the writer's replaces it; if another writer was faster, the one modified later stays.

    `remove` are segments to be gone; those that are gone already are left out. With `moves` it is a merge: all of these
    must still be there, each `into` is one of `add`, and that one's `swept` is the number of the snapshot whose
    deletions were carried out.
    `deletions` get their number and time from the commit. `swept` marks segments that hold no event of any deletion up
    to that number.
    """

    action: str
    add: Sequence[NewSegment] = ()
    sources: Sequence[SourceRecord] = ()
    seen: Mapping[bytes, bytes] = field(default_factory=dict)
    remove: Sequence[str] = ()
    moves: Sequence[Move] = ()
    deletions: Sequence[Deletion] = ()
    swept: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of it. `commit` is None when nothing was left to write: all objects were there already.

    `is_void`: a merge came too late, for this `reason`; nothing was written, and its output is an orphan.
    """

    commit: CommitFile | None
    recorded: int = 0
    replaced: int = 0
    duplicates: int = 0
    duplicate_events: int = 0
    is_void: bool = False
    reason: str = ""


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
    reason = _void_reason(state.snapshot, changes)
    if reason:
        return Outcome(None, is_void=True, reason=reason)
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
    has_news = commit.add or commit.remove or commit.dead or commit.sources or commit.deletions or commit.swept
    is_empty = not has_news and changes.action != "create"
    return Outcome(None if is_empty else commit, len(commit.sources), replaced, duplicates, duplicate_events)


def _replaces(record: SourceRecord, known: KnownSource, *, is_as_seen: bool) -> bool:
    """Whether the record is of another version than the known one, and the one to stay."""
    return record.version != known.version and (is_as_seen or record.modified_ns >= known.modified_ns)


def _void_reason(snapshot: Snapshot, changes: Changes) -> str:
    """Why a merge cannot be committed any more; empty when it can."""
    outputs = {segment.key: segment for segment in changes.add}
    for move in changes.moves:
        entry, output = snapshot.entry(move.key), outputs[move.into]
        assert move.key in changes.remove, "what is moved is removed"
        assert index_of_key(move.key) == index_of_key(move.into), "a merge stays within an index"
        if entry is None:
            return f"segment '{move.key}' is gone"
        if entry.swept > output.swept:
            # The output would be searched for deletions that must not hit this one, or did.
            return f"deletions were carried out in segment '{move.key}' meanwhile"
    return ""


def _commit_of(plan: _Plan, changes: Changes, frame: CommitFile) -> CommitFile:
    """Fills the commit. A segment whose objects are all dead is not added, or is removed."""
    remove = [key for key in dict.fromkeys(changes.remove) if plan.snapshot.entry(key) is not None]
    _carry_dead_over(plan, changes.moves)
    for key in changes.remove:
        plan.dead.pop(key, None)
    add = _added(plan)
    added = {segment.key for segment in add}
    dead: dict[str, tuple[int, ...]] = {}
    for key, fresh in plan.dead.items():
        entry = plan.snapshot.entry(key)
        if entry is None:
            continue
        numbers = tuple(sorted(fresh.union(entry.dead)))
        if len(numbers) >= entry.objects:
            remove.append(key)
        elif numbers != entry.dead:
            dead[key] = numbers
    return msgspec.structs.replace(
        frame,
        action=changes.action,
        add=tuple(add),
        remove=tuple(remove),
        dead=dead,
        sources=tuple(plan.sources.values()),
        moves=tuple(move for move in changes.moves if move.into in added),
        deletions=tuple(
            msgspec.structs.replace(one, number=frame.number, time_ns=frame.time_ns) for one in changes.deletions
        ),
        swept=_swept(plan.snapshot, changes.swept, remove),
    )


def _carry_dead_over(plan: _Plan, moves: Sequence[Move]) -> None:
    """What is dead in the inputs of a merge is dead in its output, also what became so after it was read."""
    for move in moves:
        entry = plan.snapshot.entry(move.key)
        known = () if entry is None else entry.dead
        for number in plan.dead[move.key].union(known):
            new = move.number(number)
            if new is not None:
                plan.dead[move.into].add(new)


def _added(plan: _Plan) -> list[NewSegment]:
    found: list[NewSegment] = []
    for key, segment in plan.added.items():
        numbers = tuple(sorted(plan.dead.pop(key, set()).union(segment.dead)))
        if len(numbers) < segment.objects:
            found.append(msgspec.structs.replace(segment, dead=numbers))
    return found


def _swept(snapshot: Snapshot, wanted: Mapping[str, int], remove: Sequence[str]) -> dict[str, int]:
    """Marks that say something new."""
    found: dict[str, int] = {}
    for key, number in wanted.items():
        entry = snapshot.entry(key)
        if entry is not None and entry.swept < number and key not in remove:
            found[key] = number
    return found
