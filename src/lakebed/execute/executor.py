"""The seam between a search and what runs its leaf parts: threads here, Lambda and Ray behind the same protocol.

A session is driven by demand: the search asks for the next part of the tasks that it needs next, and takes parts as
they come. Why not a `map` that yields results: rows come out in time order, so those of an older segment may have to
wait for those of a newer one. With `map` they would pile up, or block a worker that the newer one needs. A backend that
answers a task in one go, as Lambda does, gives one part that is the last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.errors import LakebedError
    from lakebed.execute.leaf import LeafPart, LeafTask


class SessionClosed(Exception):  # noqa: N818 - a signal to the thread that waits, not an error
    """The session was closed while a part was waited for."""


class Session(Protocol):
    """The tasks of one search. Used by one thread; `close` may be called by any."""

    def advance(self, number: int) -> None:
        """Asks for the next part of task `number`. Not again before that part came."""

    def next(self) -> tuple[int, LeafPart | LakebedError]:
        """Waits for any part that was asked for; an error ends its task. Raises `SessionClosed` once it is closed."""

    def narrow(self, floor_ns: int) -> None:
        """Rows beyond this time are no longer wanted, from any task."""

    def close(self) -> None:
        """Stops what runs, forgets the rest, and wakes who waits. Safe to call twice."""


class Executor(Protocol):
    """Runs the tasks of searches."""

    @property
    def parallelism(self) -> int:
        """Tasks that make sense to have asked for at once."""

    def start(self, tasks: Sequence[LeafTask], plan: bytes, *, is_aggregate: bool) -> Session:
        """A session for one search. Starts nothing yet."""
