"""Which segments of a search are split by row groups, so that no thread waits while others work."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from lakebed import config
from lakebed.catalog.entries import SegmentEntry
from lakebed.catalog.snapshot import empty_snapshot
from lakebed.execute import tasks as tasks_module
from lakebed.execute.tasks import EVEN_ROUNDS, TaskList, split_tasks

GROUPS = 4


def pieces(
    segments: int, threads: int, *, is_aggregate: bool, size_bytes: int = config.SPLIT_SEGMENT_BYTES
) -> list[tuple[str, tuple[int, int] | None, int]]:
    """Key, row groups and bound of each task, where segment n holds the times n·100 to n·100 + 39."""
    entries = [
        SegmentEntry(f"segments/a/{number}.seg", 1, 1, size_bytes, 1, number * 100, number * 100 + 39, 1)
        for number in range(segments)
    ]
    starts = {entry.key.encode(): entry.min_time_ns for entry in entries}
    addresses = SimpleNamespace(find=lambda _, wanted: {entry.key: entry.key.encode() for entry in wanted})
    state: Any = SimpleNamespace(
        addresses=addresses, snapshot=empty_snapshot()
    )  # Any: stands in for the catalog's state

    def find(_: str, address: bytes) -> Any:  # Any: stands in for a reader
        start = starts[address]
        times = [(start + 10 * group, start + 10 * group + 9) for group in range(GROUPS)]
        return SimpleNamespace(groups=GROUPS, group_times=times)

    readers: Any = SimpleNamespace(find=find)  # Any: stands in for the cache of readers
    plan = split_tasks(TaskList(state, entries), b"{}", readers, threads, newest_first=False, is_aggregate=is_aggregate)
    assert [entry.key for entry in plan.entries] == [task.key for task in plan.tasks]
    return [(task.key[11:-4], task.groups, bound) for task, bound in zip(plan.tasks, plan.bounds, strict=True)]


@pytest.fixture(autouse=True)
def no_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks_module, "_asks_index", lambda *_: False)


WHOLE = [(str(number), None, number * 100) for number in range(5)]


@pytest.mark.parametrize("is_aggregate", [True, False])
def test_fewer_segments_than_threads_are_split_among_them(is_aggregate: bool) -> None:
    assert pieces(1, 2, is_aggregate=is_aggregate) == [("0", (0, 2), 0), ("0", (2, 4), 20)]
    wanted = [("0", (0, 2), 0), ("0", (2, 4), 20), ("1", (0, 2), 100), ("1", (2, 4), 120)]
    assert pieces(2, 3, is_aggregate=is_aggregate) == wanted


def test_the_last_segment_of_an_aggregate_is_split_where_threads_would_wait_for_it() -> None:
    assert pieces(5, 2, is_aggregate=True) == [*WHOLE[:4], ("4", (0, 2), 400), ("4", (2, 4), 420)]
    assert pieces(5, 2, is_aggregate=False) == WHOLE


def test_segments_that_come_out_even_stay_whole() -> None:
    assert pieces(4, 2, is_aggregate=True) == WHOLE[:4]
    assert pieces(5, 1, is_aggregate=True) == WHOLE
    assert pieces(0, 2, is_aggregate=True) == []


def test_many_segments_stay_whole() -> None:
    many = 2 * EVEN_ROUNDS + 1
    assert [groups for _, groups, _ in pieces(many, 2, is_aggregate=True)] == [None] * many


def test_small_segments_and_those_asked_by_their_index_stay_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pieces(5, 2, is_aggregate=True, size_bytes=config.SPLIT_SEGMENT_BYTES - 1) == WHOLE
    monkeypatch.setattr(tasks_module, "_asks_index", lambda *_: True)
    assert pieces(5, 2, is_aggregate=True) == WHOLE
