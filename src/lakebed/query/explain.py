"""`explain`: how a query would be run, told without running it.

The catalog says how many segments are left by index and time. For pages, terms and bytes the engine is asked segment by
segment (`probe.py`): of every one while they are few, of a sample when they are many.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import msgspec

from lakebed.execute.leaf import LeafTask, PlanFacts
from lakebed.execute.readers import ReaderCache
from lakebed.execute.tasks import TaskList, order_entries, split_tasks
from lakebed.native import check_plan, engine_errors
from lakebed.query.conditions import conditions_of
from lakebed.query.explanation import Bounds, Explanation, Remaining, StagePlace, TermPages
from lakebed.query.fields import plan_columns
from lakebed.query.parser import parse_query
from lakebed.query.printer import print_filter
from lakebed.query.probe import Probe, ProbePlan, Reads, probe
from lakebed.query.stages.head import Head
from lakebed.query.stages.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.catalog.checkpoint import State
    from lakebed.catalog.entries import SegmentEntry
    from lakebed.execute.threads import ThreadExecutor
    from lakebed.query.compile import CompiledQuery
    from lakebed.storage.store import Store

PROBES_MAX = 32
"""Segments, or parts of large ones, that are looked at. Each takes one or two rounds of small reads; with more the
numbers hardly get better, and explaining would cost what it is meant to save."""


@dataclass(frozen=True)
class _Sample:
    """Probes of some of the tasks, and how many tasks each stands for."""

    probes: list[Probe]
    entries: list[SegmentEntry]
    tasks: int

    @property
    def factor(self) -> float:
        return self.tasks / len(self.probes) if self.probes else 0.0


def explain(compiled: CompiledQuery, state: State, store: Store, executor: ThreadExecutor) -> Explanation:
    """Reads metadata of at most `PROBES_MAX` segments. Raises what the search would raise at its start."""
    plan = compiled.plan_bytes()
    with engine_errors():
        check_plan(plan)
    facts = msgspec.json.decode(plan, type=PlanFacts)
    of_index = state.snapshot.prune(compiled.indexes)
    in_time = state.snapshot.prune(compiled.indexes, facts.since_ns, facts.until_ns)
    wanted = [] if facts.takes_nothing else order_entries(in_time, newest_first=facts.newest_first)
    is_all = facts.takes_everything and facts.since_ns is None and facts.until_ns is None
    limit = None if compiled.is_aggregate else facts.limit
    split = split_tasks(
        TaskList(state, wanted),
        plan,
        ReaderCache(),
        executor.parallelism,
        newest_first=facts.newest_first,
        is_aggregate=compiled.is_aggregate,
    )
    count = len(split.tasks)
    if is_all and limit is not None:
        count = _tasks_for(split.entries, split.bounds, limit, newest_first=facts.newest_first)
        if count > 1:  # while these are read, as many more may be begun as there are threads
            count = min(len(split.tasks), count + executor.parallelism)
    places = _spread(count)
    probe_plan = ProbePlan(plan, compiled.is_aggregate, is_all, limit)
    tasks = [split.tasks[place] for place in places]
    sample = _Sample(_probes(tasks, probe_plan, store, executor), [split.entries[place] for place in places], count)
    least, most = _bounds(sample, tasks, limit)
    everything = state.snapshot.entries()
    steps = [_step("in the lake", everything), _step("of the indexes", of_index), _step("in the time", in_time)]
    if facts.takes_nothing:
        steps.append(Remaining("can pass the filter", 0, 0, 0))
    elif count == len(split.tasks):
        steps += _sampled_steps(sample)
    return Explanation(
        query=str(parse_query(compiled.text)),
        indexes=compiled.indexes,
        since_ns=facts.since_ns,
        until_ns=facts.until_ns,
        newest_first=facts.newest_first,
        filter=print_filter(compiled.leaf_filter),
        conditions=conditions_of(compiled.leaf_filter, compiled.plan),
        terms=_terms(sample.probes),
        columns=_columns(compiled),
        aggregate=None if compiled.leaf_aggregate is None else str(compiled.leaf_aggregate),
        limit=limit,
        stages=_stages(compiled),
        remaining=tuple(steps),
        requests=Bounds(least.requests, most.requests),
        bytes=Bounds(least.bytes, most.bytes),
        stops_early=limit is not None,
        segments_sampled=len({task.key for task in tasks}),
        is_extrapolated=sample.factor > 1,
        own_requests=sum(one.own.requests for one in sample.probes),
        own_bytes=sum(one.own.bytes for one in sample.probes),
    )


def _tasks_for(entries: Sequence[SegmentEntry], bounds: Sequence[int], limit: int, *, newest_first: bool) -> int:
    """How many tasks, in their order, hold the first rows when every event passes."""
    rows = count = 0
    sign = 1 if newest_first else -1
    reach: int | None = None
    for entry, bound in zip(entries, bounds, strict=True):
        if reach is not None and rows >= limit and sign * bound < reach:
            break
        far = sign * (entry.min_time_ns if newest_first else entry.max_time_ns)
        reach = far if reach is None else min(reach, far)
        rows += entry.events
        count += 1
    return count


def _spread(count: int) -> list[int]:
    """Places that are looked at: all, or the first and others at even distances."""
    if count <= PROBES_MAX:
        return list(range(count))
    return [number * count // PROBES_MAX for number in range(PROBES_MAX)]


def _probes(tasks: Sequence[LeafTask], plan: ProbePlan, store: Store, executor: ThreadExecutor) -> list[Probe]:
    """On the executor's threads: a distant store is waited for once, not once a segment."""
    calls = [executor.call(functools.partial(probe, task, plan, store.get_ranges)) for task in tasks]
    return [call.result() for call in calls]


def _bounds(sample: _Sample, tasks: Sequence[LeafTask], limit: int | None) -> tuple[Reads, Reads]:
    least, most = Reads(), Reads()
    opened: set[str] = set()
    is_open = True
    for task, one in zip(tasks, sample.probes, strict=True):
        most += one.most
        if not is_open:
            continue
        # Parts of one segment share what the first of them learned of it, when it was quick enough.
        is_first = task.key not in opened
        least += one.least if is_first else Reads(one.least.requests - 1, one.least.bytes - one.own.bytes)
        opened.add(task.key)
        if limit is not None and one.pages_left and sample.tasks > 1:
            least = Reads(least.requests - one.least.requests, least.bytes - one.least.bytes) + one.own
            is_open = False  # its rows may be enough
    if sample.factor > 1:
        least = Reads() if limit is not None else least.times(sample.factor)
        most = most.times(sample.factor)
    return least, most


def _step(name: str, entries: Sequence[SegmentEntry]) -> Remaining:
    pages, events = sum(entry.pages for entry in entries), sum(entry.events for entry in entries)
    return Remaining(name, len(entries), pages, events)


def _sampled_steps(sample: _Sample) -> list[Remaining]:
    """After the times of pages, and after the index, where it was asked."""
    places = list(zip(sample.entries, sample.probes, strict=True))

    def step(name: str, pages: dict[str, int]) -> Remaining:
        segments = sum(1 for count in pages.values() if count)
        return Remaining(name, round(segments * sample.factor), round(sum(pages.values()) * sample.factor))

    in_time: dict[str, int] = {}
    left: dict[str, int] = {}
    for entry, one in places:
        in_time[entry.key] = in_time.get(entry.key, 0) + one.pages_in_time
        left[entry.key] = left.get(entry.key, 0) + one.pages_left
    steps = [step("by times of pages", in_time)]
    if any(one.terms for one in sample.probes):
        steps.append(step("by the term index", left))
    return steps


def _terms(probes: Sequence[Probe]) -> tuple[TermPages, ...]:
    found: dict[str, int] = {}
    for one in probes:
        for term, pages in one.terms.items():
            found[term] = found.get(term, 0) + pages
    return tuple(TermPages(term, pages) for term, pages in sorted(found.items(), key=lambda pair: (pair[1], pair[0])))


def _columns(compiled: CompiledQuery) -> tuple[str, ...] | None:
    if compiled.leaf_aggregate is not None:
        return tuple(dict.fromkeys(plan_columns({"aggregate": compiled.plan["aggregate"]})))
    columns = compiled.plan["columns"]
    return None if columns is None else tuple(cast("list[str]", columns))


def _stages(compiled: CompiledQuery) -> tuple[StagePlace, ...]:
    """A stage whose limit or columns the leaf knows runs in both places."""
    found: list[StagePlace] = []
    at_root = list(compiled.root_stages)
    is_open = True
    for stage in parse_query(compiled.text).stages:
        if stage not in at_root:
            found.append(StagePlace(str(stage), "leaf"))
            continue
        helps = isinstance(stage, Head | Table) and is_open
        is_open = is_open and helps
        found.append(StagePlace(str(stage), "leaf and root" if helps else "root"))
    return tuple(found)
