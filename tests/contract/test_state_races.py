"""Many threads and processes over one state: each object once, each lease with one owner, no change lost."""

from __future__ import annotations

import collections
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lakebed.errors import StateConflict
from lakebed.state import WorkObject, open_state

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from lakebed.state.state import State

REPOSITORY = Path(__file__).parents[2]
OBJECTS = 2_000
THREADS = 8
PROCESSES = 3

CLAIMER = """
import sys
from lakebed.state import open_state
url, owner, most = sys.argv[1], sys.argv[2], int(sys.argv[3])
with open_state(url) as state:
    print("ready", flush=True)
    sys.stdin.readline()
    count = 0
    while claimed := state.work.claim(owner, count=1 + count % most, lease_s=600):
        count += 1
        print(*(one.object.url for one in claimed), sep="\\n")
        assert state.work.done([one.id for one in claimed[::2]], owner) == len(claimed[::2])
"""

OPENER = """
import sys
sys.stdin.readline()
from lakebed.state import WorkObject, open_state
with open_state(sys.argv[1]) as state:
    print(state.work.offer([WorkObject("a", "s3://b/" + sys.argv[2], 1, 1, None, "listing", 0.0)]))
"""


def objects(count: int, source: str = "a") -> list[WorkObject]:
    return [WorkObject(source, f"s3://b/{number}", 1, 1, None, "listing", 0.0) for number in range(count)]


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", script, *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=REPOSITORY, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def answers(processes: list[subprocess.Popen[str]]) -> list[list[str]]:
    """Lets processes that wait go on together; what each printed."""
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    lines = []
    for process in processes:
        out, err = process.communicate(timeout=240)
        assert process.returncode == 0, err
        lines.append(out.splitlines())
    return lines


def together(count: int, work: Callable[[int], object]) -> None:
    """Runs `work` in threads that begin at the same moment."""
    barrier = threading.Barrier(count)

    def run(number: int) -> object:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(run, range(count)))


def test_threads_and_processes_claim_each_object_once(state_url: str, rng: random.Random) -> None:
    most = rng.randint(5, 60)
    claimed: list[str] = []
    with open_state(state_url) as state:
        assert state.work.offer(objects(OBJECTS)) == OBJECTS
        processes = [start(CLAIMER, state_url, f"process {number}", str(most)) for number in range(PROCESSES)]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"

        def claim(number: int) -> None:
            while got := state.work.claim(f"thread {number}", count=1 + number * most // THREADS, lease_s=600):
                claimed.extend(one.object.url for one in got)
                assert len(state.work.extend([one.id for one in got], f"thread {number}", 600)) == len(got)

        with ThreadPoolExecutor(1) as pool:
            rest = pool.submit(answers, processes)
            together(THREADS, claim)
            of_processes = rest.result()
        everything = collections.Counter(claimed)
        for lines in of_processes:
            everything.update(lines)
        assert everything == collections.Counter(one.url for one in objects(OBJECTS))
        left = state.work.counts()["a"]
        assert (left.waiting, left.set_aside) == (0, 0)
        assert left.claimed >= len(claimed)
    assert any(of_processes), "no process has claimed anything: the test proves nothing"


def test_offers_of_the_same_objects_in_any_order_add_each_once(state_url: str, rng: random.Random) -> None:
    added: list[int] = []
    with open_state(state_url) as state:
        orders = [rng.sample(objects(1_200), 1_200) for _ in range(6)]
        together(6, lambda number: added.append(state.work.offer(orders[number])))
        assert sum(added) == 1_200
        assert state.work.counts()["a"].waiting == 1_200


def test_of_many_who_want_a_lease_one_gets_it(state_url: str) -> None:
    got: list[int] = []
    with open_state(state_url) as state:

        def acquire(number: int) -> None:
            owner = f"owner {number}"
            got.extend(name for name in range(20) if state.leases.acquire(f"lease {name}", owner, 600))

        together(THREADS, acquire)
    assert sorted(got) == list(range(20))


def test_no_move_of_a_cursor_is_lost(state_url: str) -> None:
    with open_state(state_url) as state:
        state.cursors.put("sum", b"0", 0)
        together(THREADS, lambda _: add(state, 15))
        found = state.cursors.get("sum")
    assert found is not None
    assert (found.value, found.version) == (str(THREADS * 15).encode(), THREADS * 15 + 1)


def add(state: State, times: int) -> None:
    for _ in range(times):
        add_one(state)


def add_one(state: State) -> None:
    """Reads and moves the cursor until nobody was faster."""
    for _ in range(10_000):
        found = state.cursors.get("sum")
        assert found is not None
        try:
            state.cursors.put("sum", str(int(found.value) + 1).encode(), found.version)
        except StateConflict:
            continue
        return
    pytest.fail("somebody else was faster 10,000 times")


def test_a_state_that_is_not_there_yet_is_opened_by_several_processes_at_once(state_url: str) -> None:
    processes = [start(OPENER, state_url, str(number)) for number in range(6)]
    assert answers(processes) == [["1"]] * 6
    with open_state(state_url) as state:
        assert sorted(one.object.url for one in state.work.claim("a", count=9, lease_s=60)) == [
            f"s3://b/{number}" for number in range(6)
        ]
