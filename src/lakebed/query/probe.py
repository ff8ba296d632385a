"""Looks at one task of a search without reading a value: which pages are left, and what reading them would cost.

The engine itself is run up to the point where it asks for values: the buckets of the term index, then the schema and
the directories of row groups are fed to it. So what is told is what a search does, and not a second idea of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from lakebed.execute.leaf import leaf_search
from lakebed.native import SegmentReader, engine_errors, search_outlook

if TYPE_CHECKING:
    from lakebed.execute.leaf import LeafTask, ReadRanges
    from lakebed.native import LeafSearch


class Reads(msgspec.Struct, frozen=True):
    """Requests, and what they bring."""

    requests: int = 0
    bytes: int = 0

    def __add__(self, other: Reads) -> Reads:
        return Reads(self.requests + other.requests, self.bytes + other.bytes)

    def times(self, factor: float) -> Reads:
        """As many times as much, rounded."""
        return Reads(round(self.requests * factor), round(self.bytes * factor))


class _Term(msgspec.Struct, frozen=True):
    term: str
    pages: int | None = None


class _Outlook(msgspec.Struct, frozen=True):
    terms: list[_Term]
    pages_in_time: int
    pages_left: int
    groups_left: int
    is_direct: bool
    pages_known: int
    filter: Reads
    first_filter: Reads
    output: Reads


@dataclass(frozen=True)
class Probe:
    """What is known of one task. `least` and `most` are of a search that finds nothing in its caches."""

    pages_in_time: int
    pages_left: int
    terms: dict[str, int]
    """Token → pages that hold it."""
    least: Reads
    most: Reads
    own: Reads
    """What looking cost."""


@dataclass(frozen=True)
class ProbePlan:
    """What of a plan decides how much is read."""

    plan: bytes
    is_aggregate: bool
    takes_everything: bool
    """Whether every event passes: no filter, and no bound of time."""
    limit: int | None


def probe(task: LeafTask, wanted: ProbePlan, read: ReadRanges) -> Probe:
    """Reads metadata only. Raises what a search over the segment would raise.

    A reader of its own is used: one that knows the schema would let the engine go on to values, and cost less.
    """
    with engine_errors(task.key):
        search = leaf_search(task, wanted.plan, SegmentReader(task.address, task.key))
        outlook = _outlook(search)
        spent = Reads()
        if outlook.terms and search.needs():
            spent += _feed(search, task, read)
            outlook = _outlook(search)
        needs = search.needs()
        waiting = Reads(len(needs), sum(length for _, length in needs))
        if not needs or outlook.is_direct:
            rest = (waiting, waiting)
        else:
            spent += _feed(search, task, read)
            outlook = _outlook(search)
            rest = _rest(outlook, waiting, wanted)
    terms = {term.term: term.pages for term in outlook.terms if term.pages is not None}
    return Probe(outlook.pages_in_time, outlook.pages_left, terms, spent + rest[0], spent + rest[1], spent)


def _outlook(search: LeafSearch) -> _Outlook:
    return msgspec.json.decode(search_outlook(search), type=_Outlook)


def _feed(search: LeafSearch, task: LeafTask, read: ReadRanges) -> Reads:
    needs = search.needs()
    search.feed(read(task.key, needs))
    return Reads(len(needs), sum(length for _, length in needs))


def _rest(outlook: _Outlook, opening: Reads, wanted: ProbePlan) -> tuple[Reads, Reads]:
    """The least and the most that is read after the directories known so far."""
    unknown = outlook.pages_left / outlook.pages_known - 1 if outlook.pages_known else 0.0
    # The directories of groups that come later cost about what the first cost, each with a request.
    most = (outlook.filter + opening).times(unknown) + outlook.filter
    if wanted.is_aggregate:
        return most, most
    rows = outlook.output.times(1 + unknown) if wanted.limit is None else outlook.output
    if wanted.limit is not None and wanted.takes_everything and not unknown:
        return most + rows, most + rows
    if wanted.limit is not None:
        return outlook.first_filter, most + rows
    return (most + rows if wanted.takes_everything else most), most + rows
