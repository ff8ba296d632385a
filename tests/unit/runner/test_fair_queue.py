from __future__ import annotations

import threading

from lakebed.runner.fair_queue import FairQueue


def test_names_take_turns() -> None:
    queue: FairQueue[int] = FairQueue(at_once=10)
    for number in range(4):
        queue.put("busy", number)
    queue.put("quiet", 100)
    queue.put("other", 200)
    queue.put("quiet", 101)
    assert len(queue) == 7
    found = [queue.get(0) for _ in range(8)]
    assert found == [
        ("busy", 0),
        ("quiet", 100),
        ("other", 200),
        ("busy", 1),
        ("quiet", 101),
        ("busy", 2),
        ("busy", 3),
        None,
    ]


def test_of_one_name_only_some_are_out_at_once() -> None:
    queue: FairQueue[int] = FairQueue(at_once=2)
    for number in range(3):
        queue.put("broken", number)
    queue.put("well", 100)
    assert [queue.get(0) for _ in range(4)] == [("broken", 0), ("well", 100), ("broken", 1), None]
    queue.gave_back("broken")
    assert queue.get(0) == ("broken", 2)
    assert queue.clear() == []


def test_a_waiting_taker_is_woken() -> None:
    queue: FairQueue[int] = FairQueue(at_once=1)
    found: list[tuple[str, int] | None] = []
    thread = threading.Thread(target=lambda: found.append(queue.get(60)))
    thread.start()
    queue.put("a", 1)
    thread.join(60)
    assert found == [("a", 1)]


def test_all_that_waits_can_be_taken() -> None:
    queue: FairQueue[int] = FairQueue(at_once=1)
    for number in range(3):
        queue.put("ab"[number % 2], number)
    assert (sorted(queue.clear()), len(queue), queue.get(0)) == ([0, 1, 2], 0, None)
