"""Rows of many tasks come out in one order, whatever the tasks' sizes, overlaps and speed; limits stop the rest."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakebed.errors import CorruptSegmentError, LakebedError
from lakebed.execute.leaf import FoundRow, LeafPart
from lakebed.execute.merge import RowMerge

if TYPE_CHECKING:
    from collections.abc import Sequence


class MadeUpSession:
    """Tasks are lists of parts; answers come in any order that the seed picks."""

    def __init__(self, tasks: Sequence[list[list[FoundRow]]], seed: int) -> None:
        self._left = [list(parts) for parts in tasks]
        self._asked: list[int] = []
        self._chance = random.Random(seed)
        self.steps = 0
        self.asked_most = 0
        self.floor_ns: int | None = None
        self.failing: set[int] = set()

    def advance(self, number: int) -> None:
        assert number not in self._asked
        self._asked.append(number)
        self.asked_most = max(self.asked_most, len(self._asked))

    def next(self) -> tuple[int, LeafPart | LakebedError]:
        number = self._asked.pop(self._chance.randrange(len(self._asked)))
        self.steps += 1
        if number in self.failing:
            return number, CorruptSegmentError(f"task {number}")
        parts = self._left[number]
        rows = parts.pop(0) if parts else []
        return number, LeafPart(rows, is_last=not parts)

    def narrow(self, floor_ns: int) -> None:
        self.floor_ns = floor_ns

    def close(self) -> None:
        return


def merge(
    tasks: Sequence[list[list[FoundRow]]],
    *,
    newest_first: bool = True,
    limit: int | None = None,
    seed: int = 0,
    parallelism: int = 3,
    failing: Sequence[int] = (),
    slack: int = 0,
) -> tuple[list[tuple[int, str, int]], MadeUpSession]:
    session = MadeUpSession(tasks, seed)
    session.failing.update(failing)
    sign = 1 if newest_first else -1
    bounds = [
        max((sign * row[0] for part in parts for row in part), default=0) * sign + sign * slack for parts in tasks
    ]
    failed: list[int] = []
    merged = RowMerge(
        session,
        bounds,
        parallelism=parallelism,
        newest_first=newest_first,
        limit=limit,
        on_error=lambda number, _: failed.append(number),
        on_part=lambda _number, _part: None,
    )
    found = [(row[0], row[1], row[2]) for batch in merged.batches() for row in batch]
    assert failed == [number for number in failing if number in failed]
    return found, session


rows = st.lists(st.tuples(st.integers(0, 50), st.sampled_from("ab"), st.integers(0, 1000)), max_size=30, unique=True)


@given(
    tasks=st.lists(rows, max_size=6),
    newest_first=st.booleans(),
    limit=st.none() | st.integers(1, 20),
    seed=st.integers(0, 1000),
    cut=st.integers(1, 5),
    slack=st.integers(0, 60),
)
def test_the_order_is_that_of_all_rows_together(
    tasks: list[list[tuple[int, str, int]]], newest_first: bool, limit: int | None, seed: int, cut: int, slack: int
) -> None:
    parts: list[list[list[FoundRow]]] = []
    for number, task in enumerate(tasks):
        ordered = sorted(((t, f"{name}{number}", record, b"{}") for t, name, record in task), reverse=newest_first)
        parts.append([ordered[place : place + cut] for place in range(0, len(ordered), cut)])
    found, _ = merge(parts, newest_first=newest_first, limit=limit, seed=seed, slack=slack)
    everything = sorted((row[:3] for task in parts for part in task for row in part), reverse=newest_first)
    assert found == everything[:limit]


def test_the_newest_rows_need_one_task_only() -> None:
    tasks = [[[(100 * task + place, "a", place, b"{}") for place in range(9, -1, -1)]] for task in range(20)]
    found, session = merge(tasks, limit=5, parallelism=8)
    assert [row[0] for row in found] == [1909, 1908, 1907, 1906, 1905]
    assert session.steps == 1


def test_tasks_beyond_the_limit_are_never_asked() -> None:
    tasks = [[[(task, "a", 0, b"{}")]] for task in range(1000)]
    found, session = merge(tasks, limit=10, parallelism=4)
    assert len(found) == 10
    assert session.steps <= 20
    assert session.floor_ns is not None


def test_more_and_more_are_asked_at_once() -> None:
    tasks = [[[(task, "a", 0, b"{}")]] for task in range(100)]
    _, session = merge(tasks, parallelism=8)
    assert session.asked_most == 8


def test_a_failed_task_is_told_and_the_rest_comes() -> None:
    tasks = [[[(task, "a", 0, b"{}")]] for task in range(5)]
    found, _ = merge(tasks, failing=[3])
    assert [row[0] for row in found] == [4, 2, 1, 0]


def test_an_error_that_is_raised_ends_the_merge() -> None:
    session = MadeUpSession([[[(1, "a", 0, b"{}")]]], 0)
    session.failing.add(0)

    def fail(_number: int, error: LakebedError) -> None:
        raise error

    merged = RowMerge(
        session,
        [1],
        parallelism=1,
        newest_first=True,
        limit=None,
        on_error=fail,
        on_part=lambda _number, _part: None,
    )
    with pytest.raises(CorruptSegmentError, match="task 0"):
        list(merged.batches())
