"""Bytes in flight stay within the budget, and nobody waits for ever."""

from __future__ import annotations

import threading

from lakebed.execute.budget import ByteBudget


def test_no_more_is_handed_out_than_there_is() -> None:
    budget = ByteBudget(100)
    most = 0
    lock = threading.Lock()

    def run() -> None:
        nonlocal most
        for size in (60, 30, 10, 90):
            budget.take(size)
            with lock:
                most = max(most, budget.used_bytes)
            budget.give_back(size)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not [thread for thread in threads if thread.is_alive()]
    assert (budget.used_bytes, most <= 100) == (0, True)


def test_one_large_wish_is_granted_alone() -> None:
    budget = ByteBudget(100)
    budget.take(1000)
    granted = threading.Event()

    def second() -> None:
        budget.take(1)
        granted.set()

    thread = threading.Thread(target=second)
    thread.start()
    assert not granted.is_set()
    budget.give_back(1000)
    thread.join(30)
    assert granted.is_set()
