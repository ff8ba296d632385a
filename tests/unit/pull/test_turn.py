"""A turn's events are in the lake once: whatever step it ended at, whoever else took the same turn meanwhile."""

from __future__ import annotations

import contextlib
import gzip
import itertools
from typing import TYPE_CHECKING, Any, cast

import pytest

from lakebed.errors import PullError, StateConflict, TransientStorageError
from lakebed.pull.progress import Progress, unpack_progress
from lakebed.pull.turn import Turn, cursor_name, take_turn
from lakebed.state import open_state
from lakebed.storage.local import LocalStore
from tests.unit.pull.feeds import Feed, Hooked, numbers, progress_of, raw_objects

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lakebed.pull.connector import Connector
    from lakebed.state.state import State
    from lakebed.storage.store import Store

NOW = 1_767_323_045.25


class Dead(BaseException):
    """The process of a turn ends here; nothing of it goes on."""


class Place:
    """A lake and a state that live longer than the runners."""

    def __init__(self, folder: Path, state_url: str) -> None:
        self.store = LocalStore(folder / "lake")
        self.state = open_state(state_url)
        self.source = "idp"

    def use(self, source: str) -> None:
        """From now on, turns are of a source of this name: as good as a new lake, and a hundred times faster."""
        self.source = source

    def turn(self, feed: Connector, hook: Callable[[str], None] = lambda _: None) -> Turn:
        hooked = Hooked(self.store, self.state, hook)
        store, state = cast("Store", hooked.store), cast("State", hooked.state)
        return take_turn(self.source, feed, state, store, clock=lambda: NOW)

    def finish(self, feed: Feed) -> None:
        while not self.turn(feed).is_caught_up:
            pass


@pytest.fixture
def place(tmp_path: Path, state_url: str) -> Iterator[Place]:
    found = Place(tmp_path, state_url)
    yield found
    found.state.close()


def test_new_events_are_a_raw_object_and_work_for_a_runner(place: Place) -> None:
    feed = Feed()
    feed.there = 3
    turn = place.turn(feed)
    (key, found), *others = raw_objects(place.store, "idp")
    assert (found, others) == ([0, 1, 2], [])
    assert turn == Turn(3, 27, key, is_caught_up=True, newest_ms=1_767_225_600_003)
    assert key.startswith("raw/idp/2026/01/02/03/20260102T030405.250-")
    assert gzip.decompress(place.store.get(key)) == b'{"n": 0}\n{"n": 1}\n{"n": 2}\n'
    (claimed,) = place.state.work.claim("runner", count=10, lease_s=60)
    info = place.store.head(key)
    assert (claimed.object.source, claimed.object.url) == ("idp", f"{place.store.url}/{key}")
    assert (claimed.object.size_bytes, claimed.object.modified_ns) == (info.size_bytes, info.modified_ns)
    assert progress_of(place.state, "idp") == Progress(b"3")


def test_a_turn_without_news_writes_nothing(place: Place) -> None:
    feed = Feed()
    steps: list[str] = []
    assert place.turn(feed) == Turn(0, 0, None, is_caught_up=True, newest_ms=1_767_225_600_000)
    place.turn(feed, steps.append)
    assert steps == ["before get cursor"]
    assert list(place.store.list("")) == []


def test_each_turn_has_an_object_of_its_own_also_at_the_same_time(place: Place) -> None:
    feed = Feed(cut=lambda _: 2)
    feed.there = 6
    place.finish(feed)
    assert sorted(found for _, found in raw_objects(place.store, "idp")) == [[0, 1], [2, 3], [4, 5]]


def test_a_failed_poll_changes_nothing(place: Place) -> None:
    feed = Feed()
    feed.there = 2
    feed.failure = PullError("the service is down")
    with pytest.raises(PullError):
        place.turn(feed)
    assert place.state.cursors.get(cursor_name("idp")) is None
    assert list(place.store.list("")) == []


def steps_of_a_turn(folder: Path) -> list[str]:
    found = Place(folder, str(folder / "steps.db"))
    feed = Feed()
    feed.there = 3
    steps: list[str] = []
    found.turn(feed, steps.append)
    found.state.close()
    return steps


STEPS = [
    "before get cursor",
    "before move",
    "after move",
    "before create",
    "after create",
    "before head",
    "before offer",
    "after offer",
    "before move",
    "after move",
]


def test_the_steps_are_these(tmp_path: Path) -> None:
    assert steps_of_a_turn(tmp_path) == STEPS


class DieAt:
    """Ends the turn at its nth step."""

    def __init__(self, step: int, error: BaseException | None = None) -> None:
        self.left = step
        self.error = error or Dead()

    def __call__(self, name: str) -> None:
        self.left -= 1
        if self.left == 0:
            raise self.error


@pytest.mark.parametrize("more", [0, 2], ids=["the same poll again", "more events meanwhile"])
def test_a_turn_that_ends_at_any_step_and_the_next_one_too(place: Place, more: int) -> None:
    for first, second in itertools.product(range(1, len(STEPS) + 1), range(1, 9)):
        place.use(f"idp-{first}-{second}")
        feed = Feed()
        feed.there = 3
        with pytest.raises(Dead):
            place.turn(feed, DieAt(first))
        feed.there += more
        with contextlib.suppress(Dead):
            place.turn(feed, DieAt(second))
        place.finish(feed)
        assert numbers(place.store, place.source) == list(range(feed.there)), place.source
        claimed = place.state.work.claim("runner", count=10, lease_s=60, source=place.source)
        held = {f"{place.store.url}/{key}" for key, found in raw_objects(place.store, place.source) if found}
        assert held <= {one.object.url for one in claimed}, place.source


def test_a_create_whose_answer_is_lost_and_that_is_done_again(place: Place) -> None:
    """As a store's own client may do: the second try finds the object there, and it is ours."""

    class Twice(LocalStore):
        def create(self, key: str, data: Any) -> None:
            super().create(key, data)
            super().create(key, data)

    feed = Feed()
    feed.there = 3
    place.store = Twice(place.store.root)
    place.turn(feed)
    assert numbers(place.store, "idp") == [0, 1, 2]
    assert progress_of(place.state, "idp") == Progress(b"3")


def test_a_store_that_fails_after_it_has_written(place: Place) -> None:
    feed = Feed()
    feed.there = 3
    lost = DieAt(STEPS.index("after create") + 1, TransientStorageError("no answer"))
    with pytest.raises(TransientStorageError):
        place.turn(feed, lost)
    feed.there = 5
    place.finish(feed)
    assert numbers(place.store, "idp") == [0, 1, 2, 3, 4]
    assert feed.polled == [0, 3], "what was written is not asked for again"


@pytest.mark.parametrize("most", [1, 9])
def test_a_runner_that_sleeps_in_its_turn_while_another_takes_it(place: Place, most: int) -> None:
    """It wakes up at any step, and its events are neither lost nor double: also when the service gives others now."""
    for step in range(1, len(STEPS) + 1):
        place.use(f"idp-{step}")
        slow, fast = Feed(), Feed(cut=lambda left: min(left, most))
        slow.there = fast.there = 3
        steps = itertools.count(1)

        def sleep(name: str, fast: Feed = fast, steps: Iterator[int] = steps, step: int = step) -> None:
            if next(steps) == step:
                fast.there = 5
                place.turn(fast)
                place.turn(fast)

        with contextlib.suppress(StateConflict):
            place.turn(slow, sleep)
        place.finish(fast)
        assert numbers(place.store, place.source) == [0, 1, 2, 3, 4], place.source


def test_many_runners_that_sleep_wake_and_die_at_random(place: Place, rng: random.Random) -> None:
    """Turns within turns, as deep as four runners, each cut elsewhere by the service; some die, some go on."""
    there = 0

    def run(depth: int) -> None:
        feed = Feed(cut=lambda left: rng.randint(1, left))
        feed.there = there

        def hook(name: str) -> None:
            nonlocal there
            if rng.random() < 0.12 and depth < 4:
                there += rng.randint(0, 3)
                run(depth + 1)
            if rng.random() < 0.06:
                raise Dead

        with contextlib.suppress(Dead, StateConflict):
            place.turn(feed, hook)

    for _ in range(60):
        there += rng.randint(0, 4)
        run(0)
    last = Feed()
    last.there = there
    place.finish(last)
    assert numbers(place.store, "idp") == list(range(there))


def test_a_cursor_of_another_version_is_an_error_that_says_so(place: Place) -> None:
    place.state.cursors.put(cursor_name("idp"), Progress(b"1", format=2).packed(), 0)
    with pytest.raises(PullError, match="the cursor of the source has format 2; this version knows 1"):
        place.turn(Feed())
    with pytest.raises(PullError, match="the cursor of the source cannot be read"):
        unpack_progress(b"\xff")
