"""A state whose users are killed, whose disk is full, whose server goes away: no work is lost, nothing is half done.

A kill falls at a statement and a delay after it, both drawn from the seed. `CRASH_KILLS` asks for more kills.
"""

from __future__ import annotations

import collections
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy

from lakebed.errors import TransientStateError
from lakebed.state import Cursor, WorkObject, open_state
from lakebed.state.tables import CURSORS, WORK
from tests.faults.disks import mounted_disk

if TYPE_CHECKING:
    import random

    from lakebed.state.state import State
    from tests.postgres import PostgresServer

REPOSITORY = Path(__file__).parents[2]
KILLS = int(os.environ.get("CRASH_KILLS", "20"))
OBJECTS = 120

# Writes a line of its ledger before and after each call that changes something; the lease clock is the round's number.
RUNNER = """
import os, random, signal, sys, threading
import sqlalchemy
from sqlalchemy import event
from lakebed.state import open_state

url, ledger, round_number, fatal, delay_s, seed = sys.argv[1:7]
lines = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
rng = random.Random(seed)
count = 0

def say(*words):
    os.write(lines, (" ".join(map(str, words)) + "\\n").encode())

@event.listens_for(sqlalchemy.Engine, "before_cursor_execute")
def die(*_):
    global count
    count += 1
    if count == int(fatal):
        if float(delay_s) == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        threading.Timer(float(delay_s), os.kill, (os.getpid(), signal.SIGKILL)).start()

with open_state(url, lease_clock=lambda: 1000.0 * int(round_number)) as state:
    while claimed := state.work.claim("runner " + round_number, count=rng.randint(1, 30), lease_s=60):
        ids = [one.id for one in claimed]
        for one in claimed:
            say("begun", one.object.url)
        cursor = state.cursors.get("place")
        version = cursor.version if cursor else 0
        state.cursors.put("place", str(version + 1).encode(), version)
        say("moved", version + 1)
        kept, back = ids[: len(ids) // 2 + 1], ids[len(ids) // 2 + 1 :]
        state.work.hand_back(back, "runner " + round_number)
        assert state.work.done(kept, "runner " + round_number) == len(kept)
        for one in claimed[: len(kept)]:
            say("done", one.object.url)
print(count, flush=True)
os._exit(0)  # a timer that waits must not kill what has ended
"""


def objects(count: int) -> list[WorkObject]:
    return [WorkObject("a", f"s3://b/{number}", 1, 1, None, "listing", 0.0) for number in range(count)]


def run(url: str, ledger: Path, number: int, fatal: int, delay_s: float, seed: int) -> tuple[int, str]:
    command = [sys.executable, "-c", RUNNER, url, str(ledger), str(number), str(fatal), repr(delay_s), str(seed)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode, done.stdout


def check(state: State, ledger: Path) -> None:
    """What was done does not come again; the cursor is where it was said to be, or one further."""
    begun_after_done: list[str] = []
    done: set[str] = set()
    moved = 0
    for line in ledger.read_text().splitlines():
        word, what = line.split(" ")
        if word == "done":
            done.add(what)
        elif word == "begun" and what in done:
            begun_after_done.append(what)
        elif word == "moved":
            moved = max(moved, int(what))
    assert begun_after_done == []
    cursor = state.cursors.get("place")
    version = cursor.version if cursor else 0
    assert version in (moved, moved + 1)
    assert cursor is None or cursor.value == str(version).encode()


@pytest.mark.slow
def test_kill_9_at_any_statement(state_url: str, tmp_path: Path, rng: random.Random, seed: int) -> None:
    ledger = tmp_path / "ledger"
    with open_state(state_url) as state:
        state.work.offer(objects(OBJECTS))
    killed = 0
    offered = 1
    for number in range(1, KILLS // 2 + 1):  # half for each database
        fatal, delay_s = rng.randint(1, 60), rng.choice([0.0, rng.random() * 0.01])
        code, _ = run(state_url, ledger, number, fatal, delay_s, rng.randrange(10**9))
        print(f"seed {seed}: round {number}: killed {delay_s} s after statement {fatal}: {code}")  # noqa: T201 - shown when it fails
        killed += code != 0
        with open_state(state_url, lease_clock=lambda: 0.0) as state:
            check(state, ledger)
            if not state.work.counts() and number < KILLS // 2:
                ledger.unlink()
                state.cursors.forget("place")
                state.work.offer(objects(OBJECTS))
                offered += 1
    assert killed > KILLS // 4, "hardly a kill fell into the work: the test proves little"
    last = KILLS
    while True:  # whatever was blamed for the kills is tried again
        last += 1
        code, _ = run(state_url, ledger, last, 10**9, 0.0, seed)
        assert code == 0
        with open_state(state_url, lease_clock=lambda: 0.0) as state:
            check(state, ledger)
            if not state.work.retry():
                assert state.work.counts() == {}
                break
    begun = collections.Counter(line for line in ledger.read_text().splitlines() if line.startswith("begun"))
    assert set(begun) == {f"begun {one.url}" for one in objects(OBJECTS)}
    if "://" not in state_url:
        with sqlite3.connect(state_url) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    with mounted_disk(tmp_path / "disk", 2 * 1024 * 1024) as disk:
        path = disk.folder / "state.db"
        message = f"^cannot write the state at '{path}': database or disk is full$"
        with open_state(str(path)) as state:
            state.work.offer(objects(20))
            disk.fill(0)
            with pytest.raises(TransientStateError, match=message):
                state.work.offer(objects(50_000))
            assert state.work.counts()["a"].waiting >= 20
            disk.make_room()
            before = state.work.counts()["a"].waiting
            assert state.work.offer(objects(before + 10)) == 10
            got = state.work.claim("a", count=before + 11, lease_s=60)
            assert [one.object for one in got] == objects(before + 10)


def test_a_server_that_ended_idle_connections_costs_no_failed_call(postgres: PostgresServer) -> None:
    with open_state(postgres.new_url()) as state:
        state.work.offer(objects(3))
        postgres.end_connections()
        assert len(state.work.claim("a", count=1, lease_s=60)) == 1
        assert state.leases.acquire("list", "a", 60)


def test_a_server_that_ends_a_connection_at_work(postgres: PostgresServer) -> None:
    url = postgres.new_url()
    with open_state(url) as state, open_state(url) as other, ThreadPoolExecutor(1) as pool:
        state.work.offer(objects(1))
        [mine] = state.work.claim("a", count=1, lease_s=60)

        def end_it(connection: sqlalchemy.Connection) -> None:
            connection.execute(sqlalchemy.select(WORK).with_for_update())
            waiting = pool.submit(state.work.done, [mine.id], "a")
            while not waiting.done():
                postgres.end_connections("AND wait_event_type = 'Lock'")
            with pytest.raises(
                TransientStateError, match=r"^cannot write the state at 'postgresql://lakebed@/lakebed': "
            ):
                waiting.result()

        other.work._database.write(end_it)
        assert state.work.done([mine.id], "a") == 1


def test_a_deadlock_is_begun_again(postgres: PostgresServer) -> None:
    """Two transactions take the same rows in opposite orders; the server ends one, which waits its turn."""
    url = postgres.new_url()
    begun: list[int] = []
    barrier = threading.Barrier(2)
    with open_state(url) as state:
        state.cursors.put("0", b"", 0)
        state.cursors.put("1", b"", 0)

        def move(order: int) -> None:
            def work(connection: sqlalchemy.Connection) -> None:
                is_first = order not in begun
                begun.append(order)
                for place in (order, 1 - order) if is_first else (0, 1):
                    row = sqlalchemy.update(CURSORS).where(CURSORS.c.name == str(place))
                    connection.execute(row.values(version=CURSORS.c.version + 1))
                    if is_first and place == order:
                        barrier.wait(60)

            state.cursors._database.write(work)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(move, (0, 1)))
        assert [state.cursors.get(name) for name in "01"] == [Cursor(b"", 3)] * 2
    assert len(begun) in (3, 4)  # the server may see it from both sides
