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

from lakebed.catalog.catalog import Catalog
from lakebed.catalog.entries import source_version
from lakebed.repair.inspect import verify_lake
from lakebed.state import open_state
from lakebed.storage.open import open_store
from tests.lakes import numbers_in
from tests.runners import wait_until
from tests.survival.hardship import Hardship
from tests.survival.places import Places, source_of
from tests.survival.storm import Storm, news

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.ministack import Ministack
    from tests.survival.storm import Logs

pytestmark = [pytest.mark.slow, pytest.mark.server]

SEEDS = int(os.environ.get("SURVIVAL_SEEDS", "20"))


class Folder:
    """Logs in a folder; nobody tells of them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.mkdir(parents=True)

    def put(self, key: str, data: bytes) -> None:
        target = self._path / key
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_name(self._path.name + ".fresh")
        fresh.write_bytes(data)
        fresh.rename(target)

    def delete(self, key: str) -> None:
        (self._path / key).unlink()

    def tell(self, key: str) -> None:
        pass


class Bucket:
    """Logs in a bucket; a queue tells of them."""

    def __init__(self, aws: Ministack, bucket: str, queue: str) -> None:
        self._aws, self._bucket, self._queue = aws, bucket, queue

    def put(self, key: str, data: bytes) -> None:
        self._aws.put(self._bucket, key, data)

    def delete(self, key: str) -> None:
        self._aws.client("s3").delete_object(Bucket=self._bucket, Key=key)

    def tell(self, key: str) -> None:
        self._aws.client("sqs").send_message(QueueUrl=self._queue, MessageBody=news(self._bucket, key))


@pytest.mark.parametrize("number", range(SEEDS))
def test_every_accepted_event_is_there_once(number: int, tmp_path: Path, seed: int, aws: Ministack) -> None:
    rng = random.Random(f"{seed} {number}")
    places, logs, is_quiet = draw_places(rng, tmp_path, aws)
    storm = Storm(rng, places, logs, tmp_path)
    try:
        storm.rage(rng.choice([1, 2, 5]))
        storm.told.append(f"the storm is over: {len(numbers_in(open_store(places.lake)))} events are there")
        with storm.start(Hardship(seed=0)) as healthy:
            wait_until(lambda: is_quiet() and all_are_known(storm), "all is indexed")
            healthy.end(signal.SIGTERM)
        assert storm.ledger.wrongs(numbers_in(open_store(places.lake))) == []
        verified = verify_lake(places.lake, deep=True)
        assert verified.problems == []
    finally:
        print(f"storm {number}", *storm.told, sep="\n")  # noqa: T201 - shown when it fails


def draw_places(rng: random.Random, folder: Path, aws: Ministack) -> tuple[Places, Logs, Callable[[], bool]]:
    """A lake in a folder or a bucket, logs in a folder or a bucket with a queue; and whether no news wait."""
    state = str(folder / "state.db")
    bucket = aws.bucket()
    lake = rng.choice([str(folder / "lake"), f"s3://{bucket}/lake"])
    if rng.random() < 0.5:
        return Places(lake, str(folder / "logs"), state), Folder(folder / "logs"), lambda: True
    queue, logs = aws.queue(), f"s3://{bucket}/2026/"
    return Places(lake, logs, state, queue), Bucket(aws, bucket, queue), lambda: aws.messages(queue) == (0, 0)


def all_are_known(storm: Storm) -> bool:
    """Whether the lake has the last version of every object, and nobody has work."""
    with open_state(storm.places.state) as state:
        if state.work.counts():
            return False
    catalog = Catalog(open_store(storm.places.lake))
    place = source_of(storm.places).place
    there = {info.key: info for info in place.list()}
    return all(
        catalog.is_indexed("web", place.url_of(key), source_version(info.size_bytes, info.modified_ns, info.etag))
        for key, info in there.items()
    )
