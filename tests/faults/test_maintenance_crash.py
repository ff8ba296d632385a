"""kill -9 at random moments of maintenance, beside an indexer that is killed too: every event is found exactly once.

A moment is a request to the lake, drawn from the seed, or a delay after it. After each kill the lake is searched as it
is, and the next process goes on in it. `CRASH_KILLS` in the environment asks for more kills than CI makes.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lakebed.catalog.catalog import Catalog
from lakebed.maintenance.marks import read_marks
from lakebed.storage.open import open_store
from tests.lakes import numbers_in
from tests.logs import event, write_log
from tests.maintained import index_small, segment_counts

if TYPE_CHECKING:
    import random

REPOSITORY = Path(__file__).parents[2]
KILLS = int(os.environ.get("CRASH_KILLS", "20"))
NEVER = 1 << 60

KEEPER = """
import random, sys
from lakebed import config
from lakebed.catalog.catalog import Catalog
from lakebed.maintenance.round import Maintenance, Policy
from lakebed.storage.open import open_store
from tests.faults.dying_store import DyingStore
from tests.maintained import SMALL

config.CHECKPOINT_COMMITS = 4
config.GARBAGE_EVERY_S = 0
store = DyingStore(open_store(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
keeper = Maintenance(store, Catalog(store), Policy({}, SMALL), rng=random.SystemRandom())
report = keeper.round()
assert report.errors == [], report.errors
print(store.requests)
"""


def keep(lake: str, request: int, delay_s: float) -> subprocess.CompletedProcess[str]:
    """A round of maintenance in a process of its own."""
    command = [sys.executable, "-c", KEEPER, lake, str(request), repr(delay_s)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=120)


@pytest.mark.slow
def test_kill_9_at_any_moment_of_maintenance(tmp_path: Path, rng: random.Random, seed: int) -> None:
    lake = str(tmp_path / "lake")
    store = open_store(lake)
    sent: list[int] = []
    killed = 0
    for turn in range(KILLS):
        for _ in range(rng.randrange(2, 9)):
            # Some objects are replaced by newer versions that lack their first event.
            number = len(sent)
            log = tmp_path / "logs" / f"{number}.json"
            write_log(log, [event(number, n=number), event(number, n=-1)])
            if rng.random() < 0.2:
                index_small(store, log)
                write_log(log, [event(number, n=number), event(number + 1, other=1), event(number, n=-1)])
            index_small(store, log)
            sent.append(number)
        delay_s = rng.choice([0.0, rng.random() * 0.02])
        done = keep(lake, rng.randint(1, 60), delay_s)
        assert done.returncode in {0, -signal.SIGKILL}, done.stderr
        killed += done.returncode != 0
        found = numbers_in(store)
        print(f"seed {seed}, turn {turn}: {done.returncode}, {len(sent)} objects")  # noqa: T201 - shown when it fails
        assert found == sorted([*sent, *[-1] * len(sent)])
    done = keep(lake, NEVER, 0.0)
    assert done.returncode == 0, done.stderr
    assert numbers_in(store) == sorted([*sent, *[-1] * len(sent)])
    assert segment_counts(store)["web"] <= 20
    assert killed > KILLS / 4, "too few kills fell into a round: the test proves little"
    snapshot = Catalog(store).snapshot
    named = {entry.key for entry in snapshot.entries()}
    files = {info.key for info in store.list("segments/")}
    assert named <= files
    assert files - named <= set(read_marks(store).marks), "every leftover is known, to be deleted when its time comes"
