"""A connector without a network, and what became of its events in the lake: the ledger of every test of turns."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

from lakebed.pull.connector import Poll

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from typing_extensions import Buffer

    from lakebed.errors import PullError
    from lakebed.pull.progress import Progress
    from lakebed.state.records import Cursor, WorkObject
    from lakebed.state.state import State
    from lakebed.storage.store import ObjectInfo, Store


class Feed:
    """Events 0, 1, 2, … of which `there` are there; a poll gives some of them, how many is up to `cut`."""

    def __init__(self, cut: Callable[[int], int] = lambda left: left) -> None:
        self.there = 0
        self.cut = cut
        self.failure: PullError | None = None
        self.polled: list[int] = []
        self.is_closed = False

    def poll(self, state: bytes | None) -> Poll:
        if self.failure is not None:
            raise self.failure
        at = int(state or b"0")
        self.polled.append(at)
        end = at + self.cut(self.there - at) if self.there > at else at
        lines = tuple(json.dumps({"n": number}).encode() for number in range(at, end))
        return Poll(lines, str(end).encode(), end == self.there, 1_767_225_600_000 + end)

    def close(self) -> None:
        self.is_closed = True


class Hooked:
    """A store and a state that call `hook(name)` before and after everything that a turn does to them."""

    def __init__(self, store: Store, state: State, hook: Callable[[str], None]) -> None:
        self.store = HookedStore(store, hook)
        self.state = HookedState(state, hook)


class HookedStore:
    """What a turn asks of a store."""

    def __init__(self, inner: Store, hook: Callable[[str], None]) -> None:
        self.inner, self.hook, self.url = inner, hook, inner.url

    def create(self, key: str, data: Buffer) -> None:
        self.hook("before create")
        self.inner.create(key, data)
        self.hook("after create")

    def get(self, key: str) -> bytes:
        self.hook("before get")
        return self.inner.get(key)

    def head(self, key: str) -> ObjectInfo:
        self.hook("before head")
        return self.inner.head(key)


class HookedState:
    """What a turn asks of a state."""

    def __init__(self, inner: State, hook: Callable[[str], None]) -> None:
        self.inner, self.hook = inner, hook
        self.cursors = self.work = self
        self.leases = inner.leases

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"a turn does not ask for '{name}'")

    def get(self, name: str) -> Cursor | None:
        self.hook("before get cursor")
        return self.inner.cursors.get(name)

    def put(self, name: str, value: bytes, version: int) -> int:
        self.hook("before move")
        moved = self.inner.cursors.put(name, value, version)
        self.hook("after move")
        return moved

    def offer(self, objects: Sequence[WorkObject]) -> int:
        self.hook("before offer")
        offered = self.inner.work.offer(objects)
        self.hook("after offer")
        return offered


def raw_objects(store: Store, source: str) -> Iterator[tuple[str, list[int]]]:
    """Every raw object of a source and the numbers of its events."""
    for info in store.list(f"raw/{source}/"):
        lines = gzip.decompress(store.get(info.key)).splitlines()
        yield info.key, [json.loads(line)["n"] for line in lines]


def numbers(store: Store, source: str) -> list[int]:
    """The numbers of all events of a source, each as often as it is in the lake, in order."""
    return sorted(number for _, found in raw_objects(store, source) for number in found)


def progress_of(state: State, source: str) -> Progress:
    """The source's cursor."""
    from lakebed.pull.progress import unpack_progress
    from lakebed.pull.turn import cursor_name

    cursor = state.cursors.get(cursor_name(source))
    assert cursor is not None
    return unpack_progress(cursor.value)
