"""A runner keeps to the memory that indexing keeps to, whatever comes."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lakebed import config
from tests.logs import write_random_log
from tests.sample_data import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

CODE = """
import sys, threading
from pathlib import Path
from bench.measure import peak_rss_bytes
from tests.runners import Heard, World, folder_source, wait_until
folder, objects = Path(sys.argv[1]), int(sys.argv[2])
world = World(folder)
heard = Heard()
with world.running(folder_source(folder / "logs"), heard=heard):
    wait_until(lambda: len(heard.visible) == objects, "all are visible", 500)
print(peak_rss_bytes())
"""


@pytest.mark.slow
def test_memory_stays_within_its_limit(tmp_path: Path) -> None:
    """Large objects in which every word is new, more than one for each worker; and many of a size that is fetched."""
    for number in range(3):
        write_random_log(tmp_path / f"logs/large{number}.json", 120 * config.MIB, seed=number)
    for number in range(30):
        write_random_log(tmp_path / f"logs/small{number}.json", 6 * config.MIB, seed=100 + number)
    command = [sys.executable, "-c", CODE, str(tmp_path), "33"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) <= config.INGEST_MEMORY_BYTES
