"""One turn of a source: what its service has new becomes one raw object, and the cursor moves behind it.

Every event is in exactly one raw object, whoever is killed when, and however many runners believe that the source is
theirs. A turn is five steps, and what a crash leaves after each is harmless:

1. the connector polls, which changes nothing anywhere;
2. the attempt is written to the cursor: the key of the object to come, and the state after it (compare and set);
3. the object is *created* under that key, which only one can do;
4. the runners are told of it (a listing of `raw/` would find it too);
5. the cursor moves to the state after it (compare and set).

Who finds an attempt cannot know whether its object will still come: its runner may be dead or only slow. So it creates
an empty object under the key. If that wins, the attempt has failed for good and the poll is done again, for another
key; if it does not, the events are there and the cursor moves on. Given up: a crash may leave an empty raw object.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakebed.errors import AlreadyExistsError, StateConflict
from lakebed.ingest.raw import found_raw, pack_lines, raw_key
from lakebed.pull.progress import Attempt, Progress, unpack_progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakebed.pull.connector import Connector, Poll
    from lakebed.state.state import State
    from lakebed.storage.store import Store


@dataclass(frozen=True)
class Turn:
    """What came of a turn. `key` is the raw object, None when nothing was new."""

    events: int
    bytes: int
    key: str | None
    is_caught_up: bool
    newest_ms: int | None


def take_turn(source: str, connector: Connector, state: State, store: Store, *, clock: Callable[[], float]) -> Turn:
    """Polls a source once and keeps what is new.

    Raises `StateConflict` when another runner took the turn: nothing of this one is there then. Raises `PullError` and
    `UsageError` of the connector, and `StateError` and `StorageError`: then it may be taken again at any time.
    """
    return _Turn(source, state, store, clock).take(connector)


def cursor_name(source: str) -> str:
    """The name of a source's cursor in the state."""
    return f"pull/{source}"


class _Turn:
    def __init__(self, source: str, state: State, store: Store, clock: Callable[[], float]) -> None:
        self._source = source
        self._state = state
        self._store = store
        self._clock = clock
        cursor = state.cursors.get(cursor_name(source))
        self._version = cursor.version if cursor else 0
        self._progress = unpack_progress(cursor.value) if cursor else Progress()

    def take(self, connector: Connector) -> Turn:
        if self._progress.attempt is not None:
            self._settle(self._progress.attempt)
        poll = connector.poll(self._progress.state)
        key = None
        if poll.lines:
            key = self._write(poll)
        elif poll.state != self._progress.state:
            self._move(Progress(poll.state))
        size = sum(len(line) + 1 for line in poll.lines)
        return Turn(len(poll.lines), size, key, poll.is_caught_up, poll.newest_ms)

    def _settle(self, attempt: Attempt) -> None:
        """Decides an attempt that somebody left: its object is there, or can never be."""
        try:
            self._store.create(attempt.key, pack_lines([]))
        except AlreadyExistsError:
            if self._holds(attempt.key, pack_lines([])):
                self._move(Progress(self._progress.state))  # another one who settled it was killed before this
                return
            self._offer(attempt.key)
            self._move(Progress(attempt.state))
            return
        self._move(Progress(self._progress.state))

    def _write(self, poll: Poll) -> str:
        now = self._clock()
        key = raw_key(self._source, now=now, token=self._token())
        self._move(Progress(self._progress.state, Attempt(key, poll.state)))
        packed = pack_lines(poll.lines)
        try:
            self._store.create(key, packed)
        except AlreadyExistsError:
            if not self._holds(key, packed):  # else it was ours, and the answer to an earlier try was lost
                raise StateConflict(f"another runner took the turn of '{self._source}'") from None
        self._offer(key)
        self._move(Progress(poll.state))
        return key

    def _token(self) -> int:
        """The same for the same step of the same source, another one for each other step."""
        step = f"{self._source}\0{self._version}\0".encode() + (self._progress.state or b"")
        return int.from_bytes(hashlib.blake2b(step, digest_size=8).digest(), "big")

    def _holds(self, key: str, packed: bytes) -> bool:
        return self._store.get(key) == packed

    def _offer(self, key: str) -> None:
        self._state.work.offer([found_raw(self._store, self._source, key, now=self._clock())])

    def _move(self, progress: Progress) -> None:
        self._version = self._state.cursors.put(cursor_name(self._source), progress.packed(), self._version)
        self._progress = progress
