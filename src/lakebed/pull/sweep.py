"""Reads the pages of a service from a time on, again and again, and takes each event once.

Services show events late: one of 10:00 may first be there at 10:05. So what was read at the end of a sweep is read
again by the next, `reread_s` back, and what was taken before is left out by its id. Where a service promises that its
cursor shows all that comes later, the source goes on with the cursor and reads nothing again (`is_endless`).

The state is small and says everything: a poll that is repeated from the same state is as good as the first.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import msgspec

from lakebed import config
from lakebed.errors import PullError
from lakebed.pull.connector import Poll
from lakebed.pull.http import shown
from lakebed.pull.seen import Seen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.pull.records import Event

_DIGEST_BYTES = 8


class SweepState(msgspec.Struct):
    """Where a source is. Times are in ms since 1970.

    `place` is the page to read next: a link, a cursor, a number; None is the first of the sweep, which `began_ms`.
    """

    since_ms: int
    until_ms: int | None = None
    began_ms: int = 0
    place: str | None = None
    newest_ms: int = 0
    floor_ms: int = 0
    seen: bytes = b""
    visited: bytes = b""


@dataclass(frozen=True)
class Page:
    """One page, and the place of the next. `is_last`: there is nothing behind it now, whatever `next_place` is."""

    events: Sequence[Event]
    next_place: str | None
    is_last: bool


class Pages(Protocol):
    """How one kind of service is asked."""

    is_endless: bool
    reread_ms: int
    window_ms: int | None
    """Longest time that one sweep asks for; None: the service is asked without an end."""

    def page(self, state: SweepState) -> Page:
        """The page at the state's place. Raises `PullError`."""

    def now_ms(self) -> int:
        """Now, by the service's clock where it is known."""


class Sweep:
    """A connector's poll, over its pages. `since_ms` is where a source begins that has no state."""

    def __init__(self, pages: Pages, since_ms: int) -> None:
        self._pages = pages
        self._since_ms = since_ms

    def poll(self, packed: bytes | None) -> Poll:
        """See `Connector.poll`."""
        state = SweepState(self._since_ms) if packed is None else unpack(packed)
        return _Run(self._pages, state).poll()


def unpack(packed: bytes) -> SweepState:
    """The state of its bytes. Raises `PullError` when it is not one."""
    try:
        return msgspec.msgpack.decode(packed, type=SweepState)
    except msgspec.DecodeError as error:
        raise PullError(f"the state of the source cannot be read: {error}") from error


def foreign_page(url: str) -> PullError:
    """The error for a page on another host: a service that is not to be trusted, or a source whose host was changed."""
    words = "`lakebed pull SOURCE --restart` forgets it, after a change of the source's host"
    return PullError(f"the next page is said to be at {shown(url)}, another host than that of the source; {words}")


class _Run:
    """One poll: pages until there is no more, or enough for one raw object."""

    def __init__(self, pages: Pages, state: SweepState) -> None:
        self._pages = pages
        self._state = state
        self._seen = Seen(state.seen, state.floor_ms)
        self._lines: list[bytes] = []
        self._is_caught_up = False

    def poll(self) -> Poll:
        size = 0
        for _ in range(config.PULL_PAGES):
            try:
                fresh, is_over = self._step()
            except PullError:
                if self._lines:
                    break  # what came before is kept; the next poll meets the failure again
                raise
            self._lines += [event.line for event in fresh]
            size += sum(len(event.line) for event in fresh)
            if is_over or size >= config.PULL_BYTES:
                break
        state = self._state
        state.seen, state.floor_ms = self._seen.packed(), self._seen.floor_ms
        return Poll(tuple(self._lines), msgspec.msgpack.encode(state), self._is_caught_up, state.newest_ms or None)

    def _step(self) -> tuple[list[Event], bool]:
        """Reads one page and moves on; the events that are new, and whether the poll ends with it."""
        state, pages = self._state, self._pages
        if state.place is None and not pages.is_endless and not self._begin():
            self._is_caught_up = True
            return [], True
        page = pages.page(state)
        now_ms = pages.now_ms()
        since_ms = None if pages.is_endless else state.since_ms
        fresh = self._seen.new(page.events, since_ms=since_ms, default_ms=state.newest_ms or now_ms)
        newest_ms = max((event.time_ms for event in fresh if event.time_ms is not None), default=0)
        state.newest_ms = max(state.newest_ms, min(newest_ms, now_ms))  # a time to come must not lead past others
        if page.is_last:
            self._end(page)
            return fresh, self._is_caught_up
        return fresh, self._turn(page, fresh)

    def _begin(self) -> bool:
        """Sets the end of a sweep that has one. False: that time is still to come, as after a jump of the clock."""
        state, window_ms = self._state, self._pages.window_ms
        state.began_ms = self._pages.now_ms()
        if window_ms is not None:
            state.until_ms = min(state.since_ms + window_ms, state.began_ms)
        return state.until_ms is None or state.until_ms > state.since_ms

    def _end(self, page: Page) -> None:
        state, pages = self._state, self._pages
        state.visited = b""
        self._is_caught_up = True
        if pages.is_endless:
            if page.next_place is not None and (page.next_place != state.place or not page.events):
                self._seen.forget_before(state.newest_ms - pages.reread_ms)  # no page is read again
            state.place = page.next_place or state.place
            return
        end_ms = state.newest_ms if state.until_ms is None else state.until_ms
        self._is_caught_up = state.until_ms is None or end_ms >= pages.now_ms() - pages.reread_ms
        # What was late when the sweep began was not there yet for its first pages, however long it took.
        late_ms = min(end_ms, state.began_ms) - pages.reread_ms
        state.since_ms = max(state.since_ms, late_ms, self._seen.floor_ms)
        state.place = state.until_ms = None
        state.began_ms = 0  # a sweep without news leaves the state as it was, and nothing is written
        self._seen.forget_before(state.since_ms)

    def _turn(self, page: Page, fresh: Sequence[Event]) -> bool:
        """Goes to the next page. One that was visited is not read again: what is new is kept, then it is an error."""
        state = self._state
        if page.next_place is not None and len(page.next_place) > config.PULL_PLACE_MAX:
            raise PullError(f"the next page has a name of more than {config.PULL_PLACE_MAX:,} characters")
        here, there = _digest(state.place), _digest(page.next_place)
        known = {state.visited[at : at + _DIGEST_BYTES] for at in range(0, len(state.visited), _DIGEST_BYTES)}
        if page.next_place is None or there == here or there in known:
            if fresh or self._lines:
                return True
            raise PullError("the service's pages lead round in a circle: the next one was read before")
        state.visited = (state.visited + here)[-config.PULL_VISITED_MAX * _DIGEST_BYTES :]
        state.place = page.next_place
        return False


def _digest(place: str | None) -> bytes:
    return hashlib.blake2b(b"" if place is None else place.encode(), digest_size=_DIGEST_BYTES).digest()
