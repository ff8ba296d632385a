"""Which copy of an object's events counts, when several segments hold some: told from the segments alone.

A segment that no commit names may be a leftover of a killed indexer; it may hold an older version of an object; it may
be an input of a merge whose output lies there too. What tells them apart: all events of one reading of an object have
one time at which it was received, and each has its record number in the object. So of two readings the later counts.
Copies of one reading whose records overlap are the same events: the segment made later counts, as a merge or a rewrite
is made after what it is made of. Copies that do not overlap are parts of one large object: all count.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from lakebed.decoding import from_json
from lakebed.execute.leaf import LeafRun, LeafTask, run_to_the_end
from lakebed.native import SegmentReader, engine_errors
from lakebed.query.compile import compile_query
from lakebed.query.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from lakebed.catalog.segment_file import FoundSummary
    from lakebed.storage.store import Store

Url = tuple[str, str]
"""(index, URL of the object)."""


@dataclass(frozen=True)
class SegmentFile:
    """A segment as it lies in the store."""

    key: str
    size_bytes: int
    address: bytes
    summary: FoundSummary

    modified_ns: int = 0

    @property
    def age(self) -> tuple[str, str, int, str]:
        """Sorts the later made last. A merged segment has the time of its newest input in its key, and `-gN` behind it
        for the N merges that it came from; what was only written anew is the later file.
        """
        created, _, rest = self.key.rsplit("/", 1)[1].partition("-")
        generation = rest.partition("-")[0] if rest.startswith("g") else ""
        return created, generation, self.modified_ns, self.key


class Reading(NamedTuple):
    """The events of an object in a segment: when it was received, and its first and last record there."""

    received_ns: int
    first: int
    last: int


@dataclass
class Choice:
    """`parts` are the objects' places that count, `dead` those that do not, by segment."""

    parts: dict[Url, list[tuple[str, int]]] = field(default_factory=dict)
    dead: dict[str, set[int]] = field(default_factory=dict)


def choose(files: Sequence[SegmentFile], readings: Callable[[SegmentFile, set[str]], Mapping[str, Reading]]) -> Choice:
    """Chooses for every object. `readings` is asked for the objects of a segment that others hold too."""
    places: dict[Url, dict[str, list[int]]] = {}
    choice = Choice()
    for file in files:
        for number, one in enumerate(file.summary.objects):
            if one.events:
                places.setdefault((file.summary.index, one.url), {}).setdefault(file.key, []).append(number)
            else:
                choice.dead.setdefault(file.key, set()).add(number)
    shared: dict[str, set[str]] = {}
    for (_, url), by_key in places.items():
        if len(by_key) > 1:
            for key in by_key:
                shared.setdefault(key, set()).add(url)
    by_age = sorted(files, key=lambda file: file.age, reverse=True)
    found = {file.key: readings(file, shared[file.key]) for file in by_age if file.key in shared}
    ages = {file.key: place for place, file in enumerate(by_age)}
    for name, by_key in places.items():
        keys = sorted(by_key, key=lambda key: ages[key])
        kept = set(keys) if len(keys) == 1 else _kept(keys, {key: found[key][name[1]] for key in keys})
        for key in keys:
            if key in kept:
                choice.parts.setdefault(name, []).extend((key, number) for number in by_key[key])
            else:
                choice.dead.setdefault(key, set()).update(by_key[key])
    return choice


def _kept(keys: Iterable[str], readings: Mapping[str, Reading]) -> set[str]:
    """The segments whose copy counts; `keys` has the segment that was made last first."""
    newest = max(one.received_ns for one in readings.values())
    kept: dict[str, Reading] = {}
    for key in keys:
        one = readings[key]
        if one.received_ns == newest and all(
            one.last < other.first or other.last < one.first for other in kept.values()
        ):
            kept[key] = one
    return set(kept)


def read_readings(store: Store, file: SegmentFile, urls: set[str]) -> dict[str, Reading]:
    """Reads when and which records of these objects are in a segment, from all of its events."""
    plan = compile_query("* | table @lb.received", newest_first=False).plan_bytes()
    with engine_errors(file.key):
        reader = SegmentReader(file.address, file.key)
    task = LeafTask(file.key, file.address, index=file.summary.index)
    times: dict[bytes, int] = {}
    found: dict[str, Reading] = {}
    for part in run_to_the_end(LeafRun(task, plan, store.get_ranges, reader, is_aggregate=False)):
        for _, url, record, data in part.rows:
            if url not in urls:
                continue
            received = times.get(data)
            if received is None:
                text = from_json(data, dict[str, str])["@lb.received"]
                received = times[data] = parse_time(text) or 0
            known = found.get(url)
            if known is None or received > known.received_ns:
                found[url] = Reading(received, record, record)
            elif received == known.received_ns:
                found[url] = Reading(received, min(record, known.first), max(record, known.last))
    return found
