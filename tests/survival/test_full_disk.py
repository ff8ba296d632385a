"""A full disk, with the lake and the state on it: the runner goes on when there is room, and nothing is lost."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from lakebed.repair.inspect import verify_lake
from lakebed.storage.open import open_store
from tests.faults.disks import mounted_disk
from tests.lakes import numbers_in
from tests.logs import event, lines
from tests.runners import wait_until
from tests.survival.hardship import Hardship
from tests.survival.logs import Folder
from tests.survival.places import Places
from tests.survival.storm import Storm, all_are_known

if TYPE_CHECKING:
    import random
    from pathlib import Path

DISK_BYTES = 16 << 20


@pytest.mark.slow
def test_a_full_disk(tmp_path: Path, rng: random.Random) -> None:
    with mounted_disk(tmp_path / "disk", DISK_BYTES) as disk:
        places = Places(str(disk.folder / "lake"), str(tmp_path / "logs"), str(disk.folder / "state.db"))
        storm = Storm(rng, places, Folder(tmp_path / "logs"), tmp_path)
        with storm.start(Hardship(seed=0)) as runner:
            write(storm, "before")
            wait_until(lambda: all_are_known(storm), "what came before is indexed")
            disk.fill(rng.choice([0, 8192]))
            write(storm, "while")
            wait_until(lambda: runner.troubles != "", "the runner is in trouble")
            disk.make_room()
            write(storm, "after")
            wait_until(lambda: all_are_known(storm), "all is indexed")
            runner.end(signal.SIGTERM)
            assert runner.code == 0
        assert storm.ledger.wrongs(numbers_in(open_store(places.lake))) == []
        assert verify_lake(places.lake, deep=True).problems == []


def write(storm: Storm, when: str) -> None:
    """Some objects with text that does not pack well."""
    for number in range(10):
        key = f"{when}/{number}.json"
        numbers = storm.ledger.write(key, 20)
        pad = storm.rng.randbytes(100).hex()
        storm.logs.put(key, lines([event(number, n=number, pad=pad) for number in numbers]))
