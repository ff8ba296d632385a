"""Says that a query names a field that no event in its time range has: a slip must not look like "nothing there".

What the search learned of segments is used first; the schemas of a few more are read when that is not enough. Where
segments are left that nobody looked at, the warning says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lakebed.query.fields import Schema, general_name, plan_columns, schema_of
from lakebed.query.functions.base import TIMESTAMP
from lakebed.query.near import nearest
from lakebed.query.stages.base import AggregateStage
from lakebed.query.stages.head import Head
from lakebed.query.stages.table import Table
from lakebed.query.stages.where import Where

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.execute.leaf import LeafTask, ReadRanges
    from lakebed.execute.readers import ReaderCache
    from lakebed.query.compile import CompiledQuery

SCHEMAS_MAX = 256
"""Segments whose schemas are compared with a query, in the order of the search. Those that it opened cost nothing."""

SCHEMAS_READ_MAX = 8
"""Schemas that are read for this alone: about as many requests as one search of a few segments makes."""

WARNINGS_MAX = 5
"""Names of one query that are told; more are a query for other data, which one warning says."""

BELOW_SHOWN = 2
"""Fields below a name that a warning shows."""


@dataclass
class _Known:
    """What the segments looked at have."""

    fields: dict[str, bool] = field(default_factory=dict)
    looked_at: int = 0
    is_complete: bool = True

    def add(self, schema: Schema) -> None:
        self.looked_at += 1
        self.is_complete &= schema.is_complete
        for name, holds_others in schema.fields.items():
            self.fields[name] = self.fields.get(name, True) and holds_others


def missing_fields(
    compiled: CompiledQuery, tasks: Sequence[LeafTask], readers: ReaderCache, read: ReadRanges, *, has_rows: bool
) -> list[str]:
    """A sentence for each name that no segment of the search has. `tasks` are its segments in its order, each once."""
    wanted = fields_wanted(compiled)
    if not wanted or not tasks:
        return []
    known = _look(tasks, wanted, readers, read)
    if not known.looked_at or not known.is_complete:
        return []
    place = "" if known.looked_at == len(tasks) else f" in {known.looked_at:,} of the {len(tasks):,} segments"
    found = [_warning(name, known, place, has_rows=has_rows) for name in wanted]
    return [warning for warning in found if warning][:WARNINGS_MAX]


def fields_wanted(compiled: CompiledQuery) -> list[str]:
    """Names of the event's own fields that a query looks at, in the order of its plan.

    In the plan's filter and aggregate names are the event's own. At the root they are until a stage makes new ones.
    """
    found = dict.fromkeys(plan_columns({key: compiled.plan[key] for key in ("filter", "aggregate")}))
    stages = () if compiled.is_aggregate else compiled.root_stages
    for stage in stages:
        if not isinstance(stage, Where | Head | Table | AggregateStage):
            break
        own = stage.columns_after(None) if isinstance(stage, Table) else sorted(stage.reads() or ())
        found.update(dict.fromkeys(name for name in own or () if not name.startswith("@")))
        if stage.gives_table:
            break
    return list(found)


def _look(tasks: Sequence[LeafTask], wanted: Sequence[str], readers: ReaderCache, read: ReadRanges) -> _Known:
    """Stops as soon as every name is known."""
    known = _Known()
    general = [general_name(name) for name in wanted]
    unknown: list[LeafTask] = []
    for task in tasks[:SCHEMAS_MAX]:
        schema = schema_of(task, readers, None)
        if schema is None:
            unknown.append(task)
            continue
        known.add(schema)
        if all(known.fields.get(name) is False for name in general):
            return known
    for task in unknown[:SCHEMAS_READ_MAX]:
        schema = schema_of(task, readers, read)
        if schema is not None:
            known.add(schema)
        if all(known.fields.get(name) is False for name in general):
            break
    return known


def _warning(name: str, known: _Known, place: str, *, has_rows: bool) -> str:
    general = general_name(name)
    if general not in known.fields:
        if name == TIMESTAMP:
            return f"no event{place} has the column '{name}'; the time of events is '@lb.time'"
        near = nearest(name, (one for one, holds_others in known.fields.items() if not holds_others))
        return f"no event{place} has the column '{name}'" + (f"; did you mean '{near}'?" if near else "")
    if has_rows or not known.fields[general]:
        return ""
    below = [one for one in known.fields if one.startswith((f"{general}.", f"{general}["))]
    shown = ", ".join(f"'{one}'" for one in below[:BELOW_SHOWN])
    return f"the column '{name}' holds others; did you mean one of them, such as {shown}?"
