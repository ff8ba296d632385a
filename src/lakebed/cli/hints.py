"""Says on a terminal why there may be nothing to see: no events in that time, a column that no event has.

A name written in another case finds nothing and is no error. Whoever looks for an intruder must not take that for "he
was not here". The searches for this are made after the answer, and only where a person reads it.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from lakebed.arrow import flat_row
from lakebed.query.mentions import Mentions, mentions
from lakebed.query.printer import print_name
from lakebed.query.times import format_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lakebed.api import Lake
    from lakebed.query.run import AnswerRow
    from lakebed.results import SearchResult

SAMPLE_EVENTS = 300
"""Newest events of an index whose columns are known; a column that none of them has is searched for."""

INDEXES_MAX = 10
"""Indexes that are looked at for columns."""

LETTERS_MIN = 3
"""Shorter names are in too many others by chance."""

COLUMNS_MAX = 5
"""Columns of a query that are searched for."""

SEGMENTS_MAX = 200
"""In a lake of more segments, to learn that a column is nowhere would take longer than the search."""


class Watch:
    """Looks at the rows of an answer for columns that hold nothing."""

    def __init__(self, columns: Sequence[str] | None) -> None:
        self._columns = columns
        self._empty = set(columns or ())
        self._has_rows = False

    def see(self, row: AnswerRow) -> None:
        """Looks at one row."""
        self._has_rows = True
        if self._empty:
            flat = flat_row(row, self._columns)
            self._empty -= {name for name in self._empty if flat.get(name) is not None}

    @property
    def is_suspicious(self) -> bool:
        """Whether there is no row, or a column without a value."""
        return not self._has_rows or bool(self._empty)

    @property
    def is_empty(self) -> bool:
        """Whether there is no row."""
        return not self._has_rows


def hints(lake: Lake, query: str, result: SearchResult, watch: Watch) -> list[str]:
    """Lines to show after an answer; mostly none."""
    if not watch.is_suspicious:
        return []
    names = result.indexes
    lines = [_where_events_are(lake, names, result)] if watch.is_empty else []
    if result.cost.segments_in_lake <= SEGMENTS_MAX:
        lines += [_missing(name, near) for name, near in _missing_columns(lake, names, mentions(query))]
    return [line for line in lines if line]


def _where_events_are(lake: Lake, names: Sequence[str] | None, result: SearchResult) -> str:
    infos = lake.info(names)
    if not infos:
        return "nothing found: no index holds events"
    earliest = format_time(min(info.earliest_ns for info in infos))[:19]
    latest = format_time(max(info.latest_ns for info in infos))[:19]
    place = f"in index '{infos[0].index}'" if len(infos) == 1 else f"in {len(infos)} indexes"
    events = f"{sum(info.events for info in infos):,} events {place} are from {earliest} to {latest}"
    if result.cost.segments_considered == 0:
        return f"nothing found: no events in that time; the {events}"
    return f"nothing found; the {events}"


def _missing_columns(lake: Lake, names: Sequence[str] | None, mentioned: Mentions) -> Iterable[tuple[str, str]]:
    """Columns that no event has, each with one that may be meant."""
    wanted = [name for name in mentioned.columns if not name.startswith("@")]
    if not wanted:
        return
    known: set[str] = set()
    for info in lake.info(names)[:INDEXES_MAX]:
        with lake.search("*", index=info.index, limit=SAMPLE_EVENTS) as sample:
            known.update(re.sub(r"\[\d+\]", "[*]", name) for row in sample for name in flat_row(row, None))
    for name in wanted[:COLUMNS_MAX]:
        if re.sub(r"\[\d+\]", "[*]", name) in known:
            continue
        with lake.search(f"{print_name(name)}: *", index=names, limit=1) as found:
            if next(found, None) is None:
                yield name, nearest(name, known)


def nearest(name: str, known: Iterable[str]) -> str:
    """The column that is meant by a name that does not exist; empty when none is like it.

    >>> nearest("eventname", ["eventName", "eventTime"]), nearest("resources.ARN", ["resources[*].ARN"])
    ('eventName', 'resources[*].ARN')
    >>> nearest("bytes", ["body_bytes_sent", "request"]), nearest("zzz", ["request"])
    ('body_bytes_sent', '')
    """
    by_plain = {_plain(column): column for column in sorted(known, reverse=True) if not column.startswith("@")}
    plain = _plain(name)
    inside = [one for one in by_plain if one.endswith(f".{plain}")]
    if len(plain) >= LETTERS_MIN:
        inside = inside or [one for one in by_plain if plain in one]
    found = [plain] if plain in by_plain else sorted(inside, key=len)
    found = found or difflib.get_close_matches(plain, by_plain, n=1, cutoff=0.75)
    return by_plain[found[0]] if found else ""


def _plain(name: str) -> str:
    return name.lower().replace("[*]", "").replace("_", "")


def _missing(name: str, near: str) -> str:
    return f"no event has the column '{name}'" + (f"; did you mean '{near}'?" if near else "")
