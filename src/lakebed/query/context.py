"""What a run of a query gives to its stages: the time range, the lake's tables, nested searches, a place for notes."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

from lakebed.errors import UsageError
from lakebed.query.times import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from lakebed.query.lookup.file import LookupFile
    from lakebed.query.parser import Query
    from lakebed.query.record import Record

NOTES_MAX = 100
"""Notes of one answer; more would hide each other."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is known of a search when it is planned. Times are event times in ns, None where there is no bound."""

    since_ns: int | None = None
    until_ns: int | None = None
    newest_first: bool = True
    data_range: tuple[int, int] | None = None
    """Times of the first and the last event that the lake may hold for it, where somebody has looked."""

    @property
    def first_ns(self) -> int | None:
        """Where the events begin, as far as it is known."""
        if self.since_ns is not None or self.data_range is None:
            return self.since_ns
        return self.data_range[0]

    @property
    def last_ns(self) -> int | None:
        """Where the events end, as far as it is known."""
        if self.until_ns is not None:
            return self.until_ns - 1
        return None if self.data_range is None else self.data_range[1]

    @property
    def seconds(self) -> Fraction | None:
        """Length of the time range; None when an end is open."""
        if self.since_ns is None or self.until_ns is None or self.until_ns <= self.since_ns:
            return None
        return Fraction(self.until_ns - self.since_ns, NS_PER_S)


class Notes:
    """What a reader of the answer must know: where it is approximate, cut, not what it seems. None comes twice."""

    def __init__(self) -> None:
        self._notes: dict[str, None] = {}

    def add(self, note: str) -> None:
        """Adds a sentence without a final stop."""
        if len(self._notes) < NOTES_MAX:
            self._notes[note] = None

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._notes))


class Lake(Protocol):
    """What stages may ask of the lake besides the rows that they are given."""

    def subsearch(self, query: Query) -> Generator[Record, None, None]:
        """The rows of a nested query over the same time range, each once. Closing the iterator stops it."""

    def lookup_table(self, name: str) -> LookupFile:
        """A lookup table. Raises `NotFoundError` when the lake has none of that name."""


class NoLake:
    """Stands for the lake where there is none."""

    def subsearch(self, query: Query) -> Generator[Record, None, None]:
        """Refuses."""
        raise UsageError(f"the nested query '{query}' needs a lake to run in")

    def lookup_table(self, name: str) -> LookupFile:
        """Refuses."""
        raise UsageError(f"the lookup table '{name}' needs a lake to stand in")


@dataclass(frozen=True, slots=True)
class RunContext:
    """One run of a query."""

    scope: Scope = field(default_factory=Scope)
    lake: Lake = field(default_factory=NoLake)
    notes: Notes = field(default_factory=Notes)
