"""Random calls of several owners, compared with a model that is a list in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakebed.state import Claimed, SetAside, WorkCounts, WorkObject, limits, open_state

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from lakebed.state.state import State

STEPS = 250
OWNERS = ("a", "b", "c")
SOURCES = ("x", "y")


@dataclass
class Row:
    number: int
    object: WorkObject
    id: int | None = None
    """What the state calls it, known when it was claimed first."""
    owner: str | None = None
    free_at: float = 0.0
    attempts: int = 0
    lost: int = 0
    aside_s: float | None = None
    reason: str = ""


class Model:
    """What `Work` promises, said in loops over a list."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.rows: list[Row] = []
        self.made = 0

    def offer(self, objects: list[WorkObject]) -> int:
        before = self.made
        for one in objects:
            if not any(row.object == one for row in self.rows):
                self.made += 1
                self.rows.append(Row(self.made, one))
        return self.made - before

    def claim(self, owner: str, count: int, lease_s: float, source: str | None) -> list[Row]:
        while free := self._free(source):
            first = free[0]
            lost = self._lost(first)
            if lost < 5:
                break
            reason = f"its worker ended {lost} times without a word: it may have taken all memory, or crashed"
            first.lost, first.owner, first.free_at = lost, None, 0.0
            first.aside_s, first.reason = self.now, reason
        else:
            return []
        free = self._free(first.object.source)
        if lost < 2:
            chosen = [row for row in free if self._lost(row) < 2][:count]
        elif lost == 2:
            chosen = [row for row in free if self._lost(row) == 2][: min(count, 16)]
        else:
            chosen = [first]
        for row in chosen:
            row.lost, row.owner, row.free_at = self._lost(row), owner, self.now + lease_s
            row.attempts += 1
        return chosen

    def owned(self, ids: list[int], owner: str) -> list[Row]:
        return [row for row in self.rows if row.id in ids and row.owner == owner]

    def counts(self) -> dict[str, WorkCounts]:
        told = {}
        for source in sorted({row.object.source for row in self.rows}):
            rows = [row for row in self.rows if row.object.source == source]
            aside = [row for row in rows if row.aside_s is not None]
            held = [row for row in rows if row.aside_s is None and row.owner is not None and row.free_at > self.now]
            oldest = max((self.now - row.object.found_s for row in rows if row.aside_s is None), default=0.0)
            told[source] = WorkCounts(len(rows) - len(aside) - len(held), len(held), len(aside), oldest)
        return told

    def _free(self, source: str | None) -> list[Row]:
        rows = [row for row in self.rows if row.aside_s is None and row.free_at <= self.now]
        rows = [row for row in rows if source in (None, row.object.source)]
        return sorted(rows, key=lambda row: (row.object.road == "backfill", row.number))

    def _lost(self, row: Row) -> int:
        return row.lost + (row.owner is not None)


def an_object(rng: random.Random) -> WorkObject:
    number = rng.randrange(60)
    road = "backfill" if number % 3 == 0 else "listing"
    return WorkObject(rng.choice(SOURCES), f"s3://b/{number}", number, 5, None, road, float(number))


def some_ids(model: Model, rng: random.Random) -> list[int]:
    known = [row.id for row in model.rows if row.id is not None]
    return rng.sample([*known, 10**6], rng.randint(1, min(12, len(known) + 1)))


def offer(state: State, model: Model, rng: random.Random) -> None:
    objects = [an_object(rng) for _ in range(rng.randint(1, 12))]
    assert state.work.offer(objects) == model.offer(objects)


def claim(state: State, model: Model, rng: random.Random) -> None:
    owner, count, source = rng.choice(OWNERS), rng.choice([1, 3, 30]), rng.choice([None, *SOURCES])
    lease_s = rng.choice([5.0, 20.0])
    got = state.work.claim(owner, count=count, lease_s=lease_s, source=source)
    compare(got, model.claim(owner, count, lease_s, source))


def compare(got: list[Claimed], wanted: list[Row]) -> None:
    assert [(one.object, one.attempts) for one in got] == [(row.object, row.attempts) for row in wanted]
    for one, row in zip(got, wanted, strict=True):
        assert row.id in (None, one.id)
        row.id = one.id


def done(state: State, model: Model, rng: random.Random) -> None:
    ids, owner = some_ids(model, rng), rng.choice(OWNERS)
    gone = model.owned(ids, owner)
    model.rows = [row for row in model.rows if row not in gone]
    assert state.work.done(ids, owner) == len(gone)


def extend(state: State, model: Model, rng: random.Random) -> None:
    ids, owner = some_ids(model, rng), rng.choice(OWNERS)
    kept = model.owned(ids, owner)
    for row in kept:
        row.free_at = model.now + 15
    assert state.work.extend(ids, owner, 15) == sorted(one for one in ids if one in {row.id for row in kept})


def hand_back(state: State, model: Model, rng: random.Random) -> None:
    ids, owner = some_ids(model, rng), rng.choice(OWNERS)
    back = model.owned(ids, owner)
    for row in back:
        row.owner, row.free_at, row.attempts = None, 0.0, row.attempts - 1
    assert state.work.hand_back(ids, owner) == len(back)


def failed(state: State, model: Model, rng: random.Random) -> None:
    one, owner = some_ids(model, rng)[0], rng.choice(OWNERS)
    tries, wait = rng.choice([1, 3]), rng.choice([0.0, 10.0])
    is_aside = state.work.failed(one, owner, f"because {model.now}", tries=tries, retry_in_s=wait)
    mine = model.owned([one], owner)
    assert is_aside is bool(mine and mine[0].attempts >= tries)
    for row in mine:
        row.owner, row.free_at, row.reason = None, 0.0 if is_aside else model.now + wait, f"because {model.now}"
        row.aside_s = model.now if is_aside else None


def retry_or_drop(state: State, model: Model, rng: random.Random) -> None:
    source, url = rng.choice([None, *SOURCES]), rng.choice([None, f"s3://b/{rng.randrange(60)}"])
    aside = [row for row in model.rows if row.aside_s is not None]
    chosen = [row for row in aside if source in (None, row.object.source) and url in (None, row.object.url)]
    if rng.random() < 0.5:
        model.rows = [row for row in model.rows if row not in chosen]
        assert state.work.drop(source, url) == len(chosen)
        return
    for row in chosen:
        row.owner, row.aside_s, row.free_at, row.attempts, row.lost = None, None, 0.0, 0, 0
    assert state.work.retry(source, url) == len(chosen)


def let_time_pass(state: State, model: Model, rng: random.Random) -> None:
    model.now += rng.choice([1.0, 6.0, 30.0])


CALLS: list[Callable[[State, Model, random.Random], None]] = [
    offer,
    claim,
    claim,
    claim,
    done,
    extend,
    hand_back,
    failed,
    failed,
    retry_or_drop,
    let_time_pass,
]


def test_random_calls_do_what_the_model_says(state_url: str, rng: random.Random) -> None:
    model = Model()
    with open_state(state_url, clock=lambda: model.now, lease_clock=lambda: model.now) as state:
        for number in range(STEPS):
            call = rng.choice(CALLS)
            print(number, model.now, call.__name__)  # noqa: T201 - shown when it fails
            call(state, model, rng)
            assert state.work.counts() == model.counts()
        aside = [row for row in model.rows if row.aside_s is not None]
        aside.sort(key=lambda row: (row.aside_s or 0.0, row.id or 0), reverse=True)
        told = [SetAside(row.id or 0, row.object, row.attempts, row.reason, row.aside_s or 0.0) for row in aside]
        assert state.work.set_aside(1_000) == told
        rest = state.work.claim("z", count=limits.STATE_ROWS, lease_s=60)
        compare(rest, model.claim("z", limits.STATE_ROWS, 60, None))
