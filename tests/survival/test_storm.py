"""Every accepted event is found once, and none twice, whatever happens to runners, stores, clocks and news of objects.

The seed of the run decides all but how threads and processes take turns. `SURVIVAL_SEEDS` asks for more storms than CI
makes.
"""

from __future__ import annotations

import os
import random
import signal
from typing import TYPE_CHECKING

import pytest

from lakebed.repair.inspect import verify_lake
from lakebed.storage.open import open_store
from tests.lakes import numbers_in
from tests.runners import wait_until
from tests.survival.hardship import Hardship
from tests.survival.logs import Bucket, Folder
from tests.survival.places import Places
from tests.survival.storm import Storm, all_are_known

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.ministack import Ministack
    from tests.postgres import PostgresServer
    from tests.survival.logs import Logs

pytestmark = [pytest.mark.slow, pytest.mark.server]

SEEDS = int(os.environ.get("SURVIVAL_SEEDS", "20"))


@pytest.mark.parametrize("number", range(SEEDS))
def test_every_accepted_event_is_there_once(
    number: int, tmp_path: Path, seed: int, aws: Ministack, postgres: PostgresServer
) -> None:
    rng = random.Random(f"{seed} {number}")
    state = rng.choice([str(tmp_path / "state.db"), postgres.new_url()])
    places, logs, is_quiet = draw_places(rng, tmp_path, state, aws)
    storm = Storm(rng, places, logs, tmp_path)
    try:
        storm.rage(rng.choice([1, 2, 5]))
        storm.told.append(f"the storm is over: {len(numbers_in(open_store(places.lake)))} events are there")
        with storm.start(Hardship(seed=0)) as healthy:
            wait_until(lambda: is_quiet() and all_are_known(storm), "all is indexed")
            healthy.end(signal.SIGTERM)
            assert healthy.code == 0
        assert storm.ledger.wrongs(numbers_in(open_store(places.lake))) == []
        verified = verify_lake(places.lake, deep=True)
        assert verified.problems == []
    finally:
        print(f"storm {number}", *storm.told, sep="\n")  # noqa: T201 - shown when it fails


def draw_places(
    rng: random.Random, folder: Path, state: str, aws: Ministack
) -> tuple[Places, Logs, Callable[[], bool]]:
    """A lake in a folder or a bucket, logs in a folder or a bucket with a queue; and whether no news wait."""
    bucket = aws.bucket()
    lake = rng.choice([str(folder / "lake"), f"s3://{bucket}/lake"])
    if rng.random() < 0.5:
        return Places(lake, str(folder / "logs"), state), Folder(folder / "logs"), lambda: True
    queue, logs = aws.queue(), f"s3://{bucket}/2026/"
    return Places(lake, logs, state, queue), Bucket(aws, bucket, queue), lambda: aws.messages(queue) == (0, 0)
