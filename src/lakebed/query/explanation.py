"""What `explain` tells of a query: how it was understood, what is read for it, and about how much.

Plain data, with a form for people (`str`) and one for programs (`to_dict`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from lakebed.query.times import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator

CONDITIONS_SHOWN_MAX = 50
"""Conditions that the text lists; a list of thousands of addresses is one idea. The data has `CONDITIONS_MAX`."""

TERMS_SHOWN_MAX = 8
"""Terms of one condition that the text lists."""


@dataclass(frozen=True)
class Condition:
    """One term of the filter, in the order in which it is decided."""

    text: str
    terms: tuple[str, ...]
    """Tokens that the index is asked for because of it; empty when it cannot help."""
    why_not: str | None = None
    """Why the index cannot help; None when it can."""


@dataclass(frozen=True)
class StagePlace:
    """One stage, and where it runs: `leaf` (beside the data), `root` (over what the leaves found), or both."""

    text: str
    place: str


@dataclass(frozen=True)
class Remaining:
    """What is left after one step of pruning. `pages` and `events` None: the step does not tell."""

    step: str
    segments: int
    pages: int | None
    events: int | None = None


@dataclass(frozen=True)
class Bounds:
    """The least and the most that something may come to."""

    least: int
    most: int

    def __str__(self) -> str:
        return f"{self.least:,}" if self.least == self.most else f"{self.least:,} to {self.most:,}"


@dataclass(frozen=True)
class TermPages:
    """A token, and in how many of the pages of the segments looked at it stands."""

    term: str
    pages: int


@dataclass(frozen=True)
class Explanation:
    """How a query is run, told without running it: nothing of an event was read for it."""

    query: str
    """The query as it was understood."""
    indexes: tuple[str, ...] | None
    """Indexes that are opened; None is all."""
    since_ns: int | None
    until_ns: int | None
    newest_first: bool
    filter: str
    """The filter that is decided for each event: constants folded, implied terms dropped, the cheapest first."""
    conditions: tuple[Condition, ...]
    terms: tuple[TermPages, ...]
    """Tokens that the index was asked for, the rarest first."""
    columns: tuple[str, ...] | None
    """Columns of the events that are read for the answer, besides those of the conditions; None: all of an event."""
    aggregate: str | None
    """The stage whose work the leaf parts do."""
    limit: int | None
    stages: tuple[StagePlace, ...]
    remaining: tuple[Remaining, ...]
    requests: Bounds
    """Requests to the store of a search that finds nothing in its caches."""
    bytes: Bounds
    stops_early: bool
    """Whether the search ends before it has looked at all that is left, as soon as it has its rows."""
    segments_sampled: int
    """Segments that were looked at; fewer than are left by time means that the numbers are extrapolated."""
    is_extrapolated: bool
    own_requests: int
    """What explaining cost."""
    own_bytes: int
    warnings: tuple[str, ...] = field(default=())

    def to_dict(self) -> dict[str, object]:
        """The same as JSON values."""
        return asdict(self)

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"query      {self.query}"
        yield f"indexes    {', '.join(self.indexes) if self.indexes is not None else 'all'}"
        order = "newest" if self.newest_first else "oldest"
        yield f"time       {_time_text(self.since_ns, self.until_ns)}, {order} first"
        yield ""
        yield "leaf       beside the data, segment by segment"
        yield f"  filter   {self.filter}"
        yield from self._condition_lines()
        if self.aggregate is not None:
            yield f"  gives    {self.aggregate}: one mergeable partial a segment"
        else:
            yield f"  gives    {'whole events' if self.columns is None else 'columns ' + ', '.join(self.columns)}"
        if self.limit is not None:
            yield f"  limit    {self.limit:,} rows"
        yield "root"
        root = [stage for stage in self.stages if stage.place != "leaf"]
        for stage in root:
            yield f"  {stage.text}"
        if not root:
            yield "  hands the rows on" if self.aggregate is None else "  merges the partials"
        yield ""
        yield from self._cost_lines()

    def _condition_lines(self) -> Iterator[str]:
        for condition in self.conditions[:CONDITIONS_SHOWN_MAX]:
            if condition.terms:
                shown = ", ".join(condition.terms[:TERMS_SHOWN_MAX])
                more = len(condition.terms) - TERMS_SHOWN_MAX
                answer = f"index: {shown}" + (f" and {more} more" if more > 0 else "")
            else:
                answer = f"no index: {condition.why_not}"
            yield f"           {condition.text}   [{answer}]"
        if len(self.conditions) > CONDITIONS_SHOWN_MAX:
            yield f"           … {len(self.conditions) - CONDITIONS_SHOWN_MAX:,} more"
        if self.terms:
            rarest = ", ".join(f"{term.term} in {term.pages:,}" for term in self.terms[:TERMS_SHOWN_MAX])
            yield f"  terms    pages that hold them, all looked up at once: {rarest}"

    def _cost_lines(self) -> Iterator[str]:
        yield "what is left            segments        pages       events"
        for step in self.remaining:
            pages = "" if step.pages is None else f"{step.pages:,}"
            events = "" if step.events is None else f"{step.events:,}"
            yield f"  {step.step:20}{step.segments:>10,}{pages:>13}{events:>13}".rstrip()
        yield ""
        yield f"requests   {self.requests}"
        yield f"bytes      {self.bytes}"
        if self.stops_early:
            yield "           stops as soon as it has its rows; the most is when there are not enough of them"
        if self.is_extrapolated:
            yield f"           extrapolated from {self.segments_sampled:,} segments"
        yield f"           explaining took {self.own_requests:,} requests, {self.own_bytes:,} bytes, and no event data"
        yield from (f"warning    {warning}" for warning in self.warnings)


def _time_text(since_ns: int | None, until_ns: int | None) -> str:
    if since_ns is None and until_ns is None:
        return "all"
    since = "the beginning" if since_ns is None else format_time(since_ns)
    until = "the end" if until_ns is None else format_time(until_ns)
    return f"{since} to {until}"
