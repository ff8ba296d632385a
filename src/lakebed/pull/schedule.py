"""Polls sources for as long as the runner runs: each in a thread of its own, so that a slow service holds up no other.

A source belongs to the runner that holds its lease; the others look now and then whether it is free. After a failure
the wait doubles, up to a quarter of an hour; a service that asks to wait is asked again when it said.
"""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lakebed import config
from lakebed.errors import LakebedError, PullError, StateConflict, ThrottledError, UsageError
from lakebed.pull.fetch import World
from lakebed.pull.kinds import check_options, make_connector
from lakebed.pull.turn import take_turn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lakebed.pull.connector import Connector
    from lakebed.pull.options import CommonOptions
    from lakebed.pull.turn import Turn
    from lakebed.state.state import State
    from lakebed.storage.store import Store


@dataclass(frozen=True)
class PullSource:
    """A source to poll: its name, its kind (`okta`, `github`, `rest`) and the options of that kind."""

    name: str
    kind: str
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class PullStatus:
    """How a source does. Times are seconds since 1970; counts are those of this process.

    `is_ours` is False while another runner polls it; then the rest is what was when we last did. `lag_s` is how far
    what was read is behind now: 0 for a source that is caught up.
    """

    is_ours: bool = False
    polls: int = 0
    events: int = 0
    bytes: int = 0
    failures: int = 0
    failures_in_a_row: int = 0
    last_success_s: float | None = None
    failure: LakebedError | None = None
    is_caught_up: bool = False
    newest_ms: int | None = None
    lag_s: float = 0.0
    next_s: float = 0.0


class PullWorker:
    """Owns the threads. `run` returns when `stop` is set and every poll that was under way has ended."""

    def __init__(
        self,
        sources: Sequence[PullSource],
        state: State,
        store: Store,
        *,
        owner: str,
        world: World | None = None,
        connect: Callable[[CommonOptions, World], Connector] = make_connector,
        on_turn: Callable[[str, Turn], None] = lambda _source, _turn: None,
        on_error: Callable[[str, LakebedError], None] = lambda _source, _error: None,
    ) -> None:
        """Raises `UsageError` when the options of a source cannot work."""
        world = world or World()
        self._loops: dict[str, _SourceLoop] = {
            source.name: _SourceLoop(source, state, store, owner, world, connect, on_turn, on_error)
            for source in sources
        }

    def run(self, stop: threading.Event) -> None:
        """Polls until told to stop. Gives the leases back, so that another runner goes on at once."""
        ended = threading.Semaphore(0)  # Thread.join believes that a thread has ended when an interrupt ends the join
        for name, loop in self._loops.items():
            threading.Thread(target=loop.run, args=(stop, ended), name=f"lakebed-pull-{name}", daemon=True).start()
        try:
            for _ in self._loops:
                ended.acquire()
        except BaseException:  # from the keyboard: what is in hand ends, if it does not take long
            stop.set()
            for _ in self._loops:
                ended.acquire(timeout=config.PULL_INTERRUPT_S)
            raise

    def status(self) -> dict[str, PullStatus]:
        """How each source does; may be asked from any thread."""
        return {name: loop.status for name, loop in self._loops.items()}

    def step(self, source: str) -> float:
        """One turn of one source, if it is ours; returns the seconds until the next. For tests and tools."""
        return self._loops[source].step()


class _SourceLoop:
    """One source: polls, waits, counts. Its status is replaced as a whole, so that readers need no lock."""

    def __init__(
        self,
        source: PullSource,
        state: State,
        store: Store,
        owner: str,
        world: World,
        connect: Callable[[CommonOptions, World], Connector],
        on_turn: Callable[[str, Turn], None],
        on_error: Callable[[str, LakebedError], None],
    ) -> None:
        self._source = source
        self._state = state
        self._store = store
        self._owner = owner
        self._world = replace(world, rng=random.Random(world.rng.random()))  # one for each thread
        self._connect = connect
        self._on_turn = on_turn
        self._on_error = on_error
        try:
            self._options = check_options(source.kind, source.options)
        except UsageError as error:
            raise UsageError(f"source '{source.name}': {error}") from error
        self._connector: Connector | None = None
        self._fruitless = 0
        self.status = PullStatus()

    def run(self, stop: threading.Event, ended: threading.Semaphore) -> None:
        try:
            while not stop.is_set():
                due = self._world.monotonic() + self.step()
                while (left_s := due - self._world.monotonic()) > 0 and not stop.is_set():
                    stop.wait(min(left_s, config.PULL_STOP_CHECK_S))
        finally:
            self._close()
            ended.release()

    def step(self) -> float:
        """A turn, if the lease is ours, and what became of it. Returns the seconds until the next."""
        try:
            wait_s = self._turn()
        except StateConflict:
            self.status = replace(self.status, is_ours=False)
            wait_s = self._options.poll_every_s
        except ThrottledError as error:
            self._tell(error)
            wait_s = error.wait_s
        except Exception as error:  # noqa: BLE001 - a fault in one source is told, and must not end it for good
            known = error if isinstance(error, LakebedError) else PullError(f"internal error: {error!r}")
            self._tell(known)
            doubled_s = config.PULL_FAILURE_WAIT_S * 2.0 ** min(self.status.failures_in_a_row - 1, 30)
            wait_s = min(doubled_s, config.PULL_FAILURE_WAIT_S_MAX) * (0.75 + self._world.rng.random() / 2)
        self.status = replace(self.status, next_s=self._world.clock() + wait_s)
        return wait_s

    def _turn(self) -> float:
        lease_s = min(config.PULL_LEASE_S + self._options.poll_every_s, 3600.0)
        if not self._state.leases.acquire(f"pull/{self._source.name}", self._owner, lease_s):
            self.status = replace(self.status, is_ours=False)
            return self._options.poll_every_s
        self.status = replace(self.status, is_ours=True)
        if self._connector is None:
            self._connector = self._connect(self._options, self._world)
        turn = take_turn(self._source.name, self._connector, self._state, self._store, clock=self._world.clock)
        self._count(turn)
        self._on_turn(self._source.name, turn)
        if turn.is_caught_up:
            return self._options.poll_every_s
        if turn.events:
            return 0.0
        return min(config.PULL_AGAIN_S * 2.0 ** min(self._fruitless - 1, 30), self._options.poll_every_s)

    def _count(self, turn: Turn) -> None:
        """A source that says there is more, but gives nothing new, is asked less and less often."""
        self._fruitless = 0 if turn.events or turn.is_caught_up else self._fruitless + 1
        now = self._world.clock()
        newest_ms = turn.newest_ms
        lag_s = 0.0 if turn.is_caught_up or newest_ms is None else max(0.0, now - newest_ms / 1000)
        self.status = replace(
            self.status,
            polls=self.status.polls + 1,
            events=self.status.events + turn.events,
            bytes=self.status.bytes + turn.bytes,
            failures_in_a_row=0,
            last_success_s=now,
            failure=None,
            is_caught_up=turn.is_caught_up,
            newest_ms=newest_ms,
            lag_s=lag_s,
        )

    def _tell(self, error: LakebedError) -> None:
        """Since the last success, nothing is known: the lag grows from there."""
        status = self.status
        since_s = status.last_success_s
        lag_s = status.lag_s if since_s is None else max(status.lag_s, self._world.clock() - since_s)
        self.status = replace(
            status,
            polls=status.polls + 1,
            failures=status.failures + 1,
            failures_in_a_row=status.failures_in_a_row + 1,
            failure=error,
            is_caught_up=False,
            lag_s=lag_s,
        )
        self._on_error(self._source.name, error)

    def _close(self) -> None:
        if self._connector is not None:
            self._connector.close()
        if self.status.is_ours:
            try:
                self._state.leases.release(f"pull/{self._source.name}", self._owner)
            except LakebedError as error:  # it ends by itself
                self._on_error(self._source.name, error)
