"""The runner's commits tell the index `_usage` of each object that they make searchable."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import lakebed
from lakebed.catalog.catalog import Catalog
from lakebed.errors import StorageError
from lakebed.model import Row
from lakebed.runner.runner import Runner
from lakebed.runner.usage_records import UsageRecords
from lakebed.storage.wrapper import StoreWrapper
from tests.lakes import numbers_in
from tests.logs import write_logs
from tests.runners import Heard, World, folder_source, run_config, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Buffer


def test_each_object_is_told_in_its_commit(tmp_path: Path) -> None:
    logs = write_logs(tmp_path / "logs", 30, 10)
    world, heard = World(tmp_path), Heard()
    sources = [folder_source(logs)]
    usage = UsageRecords(world.lake)
    runner = Runner(world.lake, Catalog(world.lake), world.state, sources, run_config(), reports=heard, usage=usage)
    runner.start()
    wait_until(lambda: len(heard.visible) == 30, "30 objects are visible")
    runner.stop()
    world.close()
    with lakebed.open(tmp_path / "lake") as lake:
        told = [dict(row.event) for row in lake.search("@index=_usage *") if isinstance(row, Row)]
        assert lake.status().commit == heard.commits + 1  # the first one made the lake
    kept = ("record_type", "url", "num_log_events_indexed", "num_bytes_indexed", "destination_index", "index_rule")
    assert sorted(repr({name: one[name] for name in kept}) for one in told) == sorted(
        repr(
            {
                "record_type": "indexing_record",
                "url": path.as_uri(),
                "num_log_events_indexed": 10,
                "num_bytes_indexed": len(read(path)),
                "destination_index": {"name": "web"},
                "index_rule": {"name": "web"},
            }
        )
        for path in logs.iterdir()
    )
    assert all(isinstance(lag := one["lag_ms"], int) and 0 <= lag < 3_600_000 for one in told)


def read(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


class RefusingStore(StoreWrapper):
    """Cannot be written."""

    def put(self, key: str, data: Buffer) -> None:
        raise StorageError("no")


def test_a_segment_of_usage_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", 5, 10)
    world, heard = World(tmp_path), Heard()
    usage = UsageRecords(RefusingStore(world.lake))
    runner = Runner(
        world.lake,
        Catalog(world.lake),
        world.state,
        [folder_source(tmp_path / "logs")],
        run_config(),
        reports=heard,
        usage=usage,
    )
    runner.start()
    wait_until(lambda: len(heard.visible) == 5, "5 objects are visible")
    runner.stop()
    assert numbers_in(world.lake) == list(range(50))
    world.close()
