"""Fields and values for completion, from a bounded look at the newest data; it says when that is not all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from lakebed.execute.leaf import LeafRun, LeafTask, run_to_the_end
from lakebed.model import Table
from lakebed.native import engine_errors, finish_partial, merge_partials
from lakebed.query.compile import compile_query
from lakebed.query.fields import FieldCount, counts_of, schema_of
from lakebed.query.printer import print_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.execute.leaf import ReadRanges
    from lakebed.execute.readers import ReaderCache
    from lakebed.model import Scalar

SEGMENTS_LOOKED_AT = 4
"""Newest segments whose fields and values are suggested: two or three small reads each, at a key press."""


@dataclass
class FieldFacts:
    """What is known of a field."""

    kinds: dict[str, int] = field(default_factory=dict)
    """Kind of value → number of values in the events looked at."""

    @property
    def values(self) -> int:
        """Values of all kinds."""
        return sum(self.kinds.values())


@dataclass
class FieldSample:
    """The fields of the newest segments."""

    fields: dict[str, FieldFacts] = field(default_factory=dict)
    rows: int = 0
    """Events whose values were counted."""
    is_complete: bool = True
    """Whether these are all fields of the data."""


@dataclass(frozen=True)
class ValueSample:
    """Values of one field with their counts, the most frequent first."""

    values: list[tuple[Scalar, int]] = field(default_factory=list)
    rows: int = 0
    """Events that were looked at."""
    is_complete: bool = True
    """Whether these are all values of the data."""


Memo = dict[str, tuple[list[FieldCount], int]]
"""Segment key → the fields of its newest row group, and its rows; segments never change."""

MEMO_MAX = 64
"""Segments that a memo holds."""


def sample_fields(tasks: Sequence[LeafTask], readers: ReaderCache, read: ReadRanges, memo: Memo) -> FieldSample:
    """The names from the schemas, kinds and counts from the newest row group of each. No event is read."""
    sample = FieldSample(is_complete=len(tasks) <= SEGMENTS_LOOKED_AT)
    for task in tasks[:SEGMENTS_LOOKED_AT]:
        schema = schema_of(task, readers, read)
        if schema is None:
            sample.is_complete = False
            continue
        sample.is_complete &= schema.is_complete
        for name, holds_others in schema.fields.items():
            if not holds_others:
                sample.fields.setdefault(name, FieldFacts())
        if task.key not in memo:
            if len(memo) >= MEMO_MAX:
                memo.clear()
            memo[task.key] = counts_of(task, -1, readers, read)
        counts, rows = memo[task.key]
        sample.rows += rows
        for count in counts:
            kinds = sample.fields.setdefault(count.name, FieldFacts()).kinds
            kinds[count.kind] = kinds.get(count.kind, 0) + count.values
    return sample


def sample_values(
    name: str,
    tasks: Sequence[LeafTask],
    readers: ReaderCache,
    read: ReadRanges,
    *,
    since_ns: int | None = None,
    until_ns: int | None = None,
) -> ValueSample:
    """Counts the values of one column in the newest row groups of the newest segments; reads that column only."""
    plan = compile_query(f"* | groupbycount({print_name(name)})", since_ns=since_ns, until_ns=until_ns).plan_bytes()
    partials: list[bytes] = []
    rows = 0
    is_complete = len(tasks) <= SEGMENTS_LOOKED_AT
    for task in tasks[:SEGMENTS_LOOKED_AT]:
        reader = readers.find(task.key, task.address)
        is_complete &= reader.groups <= 1
        newest = msgspec.structs.replace(task, groups=(max(0, reader.groups - 1), reader.groups))
        for part in run_to_the_end(LeafRun(newest, plan, read, reader, is_aggregate=True)):
            if part.is_last and part.partial is not None:
                partials.append(part.partial)
                rows += part.cost.get("events_matched", 0)
    with engine_errors():
        table = Table.from_json(finish_partial(plan, merge_partials(plan, partials)))
    values: list[tuple[Scalar, int]] = []
    for value, count in table.rows:
        if value is not None and isinstance(count, int):
            values.append((value, count))
    return ValueSample(values, rows, is_complete)
