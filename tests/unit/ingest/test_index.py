"""What one indexing run does to a lake: objects wholly there or not at all, nothing twice, failures counted."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from lakebed import config
from lakebed.catalog.catalog import Catalog
from lakebed.errors import IngestError, StorageError, UsageError
from lakebed.ingest.discover import discover
from lakebed.ingest.run import Progress, index_source, worker_count
from lakebed.ingest.settings import SourceSettings
from lakebed.ingest.totals import Counter
from lakebed.ingest.worker import IndexSettings, IndexWorker
from lakebed.storage.faults import FaultRates, FaultStore
from lakebed.storage.local import LocalStore
from lakebed.storage.retry import RetryStore
from lakebed.storage.wrapper import StoreWrapper
from tests.lakes import numbers_in
from tests.logs import event, lines, write_log, write_logs, write_random_log
from tests.sample_data import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typing_extensions import Buffer

    from lakebed.ingest.totals import IndexTotals
    from lakebed.storage.store import ObjectInfo, Store


def run(store: Store, source: Path, *, segment_bytes: int = config.SEGMENT_BYTES, workers: int = 2) -> IndexTotals:
    return index_source(
        store, Catalog(store), str(source), IndexSettings("web", segment_bytes=segment_bytes), workers=workers
    )


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "lake")


def test_all_events_are_there_once(store: LocalStore, tmp_path: Path) -> None:
    totals = run(store, write_logs(tmp_path / "logs", 10, 100))
    assert (totals.objects_found, totals.objects_indexed, totals.events) == (10, 10, 1000)
    assert numbers_in(store) == list(range(1000))


@pytest.mark.parametrize("segment_bytes", [1, 2_000, 20_000])
@pytest.mark.parametrize("workers", [1, 3])
def test_however_segments_are_cut(store: LocalStore, tmp_path: Path, segment_bytes: int, workers: int) -> None:
    run(store, write_logs(tmp_path / "logs", 12, 300), segment_bytes=segment_bytes, workers=workers)
    assert numbers_in(store) == list(range(3600))


def test_indexing_again_is_a_no_op(store: LocalStore, tmp_path: Path) -> None:
    logs = write_logs(tmp_path / "logs", 4, 50)
    run(store, logs)
    before = [info.key for info in store.list("")]
    totals = run(store, logs)
    assert (totals.objects_unchanged, totals.objects_indexed, totals.events, totals.commits) == (4, 0, 0, 0)
    assert [info.key for info in store.list("")] == before


@pytest.mark.parametrize("segment_bytes", [3_000, config.SEGMENT_BYTES])
def test_a_changed_object_replaces_its_events(store: LocalStore, tmp_path: Path, segment_bytes: int) -> None:
    logs = write_logs(tmp_path / "logs", 4, 100)
    run(store, logs, segment_bytes=segment_bytes)
    write_log(logs / "0002.json", [event(5, n=7000), event(6, n=7001), event(7, n=7002)])
    totals = run(store, logs, segment_bytes=segment_bytes)
    assert (totals.objects_unchanged, totals.objects_replaced, totals.events) == (3, 1, 3)
    assert numbers_in(store) == [*range(200), *range(300, 400), 7000, 7001, 7002]


def test_a_restored_older_file_replaces_the_newer(store: LocalStore, tmp_path: Path) -> None:
    path = write_log(tmp_path / "app.json", [event(1, n=1), event(2, n=2)])
    run(store, path)
    write_log(path, [event(1, n=7)])
    os.utime(path, (1_000_000_000, 1_000_000_000))
    assert run(store, path).objects_replaced == 1
    assert numbers_in(store) == [7]
    assert run(store, path).objects_unchanged == 1


def test_an_empty_object_is_recorded(store: LocalStore, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "empty.json").write_bytes(b"")
    assert run(store, tmp_path / "logs").objects_indexed == 1
    assert run(store, tmp_path / "logs").objects_unchanged == 1


def test_a_damaged_object_keeps_what_precedes(store: LocalStore, tmp_path: Path) -> None:
    logs = write_logs(tmp_path / "logs", 2, 10)
    whole = gzip.compress(lines([event(1, n=500 + number, pad="y" * number) for number in range(2000)]), 1)
    (logs / "cut.json.gz").write_bytes(whole[: len(whole) // 2])
    totals = run(store, logs)
    assert (totals.objects_indexed, totals.objects_damaged, totals.objects_failed) == (3, 1, 0)
    assert totals.damaged[0].url == (logs / "cut.json.gz").as_uri()
    assert totals.damaged[0].offset is not None
    numbers = numbers_in(store)
    assert numbers[:20] == list(range(20))
    assert 100 < len(numbers) < 2020
    assert numbers[20:] == list(range(500, 500 + len(numbers) - 20))
    assert [one.url for one in Catalog(store).snapshot.flawed] == [totals.damaged[0].url]


def test_a_source_that_breaks_off_is_read_again(
    store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _break_streams(monkeypatch, FaultRates(truncated=0.3), seed=5)
    totals = run(store, write_logs(tmp_path / "logs", 20, 50), workers=1)
    assert totals.objects_indexed + totals.objects_failed == 20
    assert totals.objects_indexed > 15
    assert len(numbers_in(store)) == 50 * totals.objects_indexed


@pytest.mark.parametrize("segment_bytes", [500, config.SEGMENT_BYTES])
def test_a_failed_object_leaves_nothing(
    store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, segment_bytes: int
) -> None:
    logs = write_logs(tmp_path / "logs", 3, 100)
    monkeypatch.setattr(config, "STREAM_CHUNK_BYTES", 1000)

    class Broken(StoreWrapper):
        def stream(self, info: ObjectInfo, chunk_bytes: int) -> Iterator[Buffer]:
            for place, chunk in enumerate(self.inner.stream(info, chunk_bytes)):
                if info.key == "0002.json" and place == 3:
                    raise StorageError("made-up: the object was replaced since it was listed")
                yield chunk

    monkeypatch.setattr("lakebed.ingest.discover.LocalStore", lambda path: Broken(LocalStore(path)))
    totals = run(store, logs, segment_bytes=segment_bytes, workers=1)
    assert (totals.objects_indexed, totals.objects_failed) == (2, 1)
    assert [problem.reason for problem in totals.failed] == ["made-up: the object was replaced since it was listed"]
    assert numbers_in(store) == list(range(200))


def test_a_lake_that_cannot_be_written_is_an_error(store: LocalStore, tmp_path: Path) -> None:
    logs = write_logs(tmp_path / "logs", 2, 10)

    class Full(StoreWrapper):
        def put(self, key: str, _data: Buffer) -> None:
            raise StorageError(f"cannot write '{key}': the disk is full")

    with pytest.raises(StorageError, match="the disk is full"):
        run(Full(store), logs)
    assert numbers_in(store) == []
    assert run(store, logs).events == 20


def test_a_lake_whose_commits_fail_shows_nothing_of_the_run(store: LocalStore, tmp_path: Path) -> None:
    logs = write_logs(tmp_path / "logs", 2, 10)
    Catalog(store).open_for_writing()

    class NoCommits(StoreWrapper):
        def create(self, key: str, _data: Buffer) -> None:
            raise StorageError(f"cannot create '{key}': permission denied")

    with pytest.raises(StorageError, match="permission denied"):
        run(NoCommits(store), logs)
    assert numbers_in(store) == []
    assert run(store, logs).events == 20
    assert numbers_in(store) == list(range(20))


def test_a_bad_store_loses_and_doubles_nothing(store: LocalStore, tmp_path: Path, seed: int) -> None:
    logs = write_logs(tmp_path / "logs", 30, 40)
    rates = FaultRates(throttled=0.2, lost_answer=0.2, truncated=0.1)
    bad = RetryStore(FaultStore(store, rates, seed), retries=50, sleep=lambda _: None)
    totals = run(bad, logs, segment_bytes=5_000, workers=3)
    assert totals.events == 1200
    assert numbers_in(store) == list(range(1200))


def test_two_runs_at_once_index_nothing_twice(store: LocalStore, tmp_path: Path) -> None:
    logs = write_logs(tmp_path / "logs", 40, 30)
    found: list[IndexTotals] = []
    threads = [threading.Thread(target=lambda: found.append(run(store, logs, segment_bytes=4_000))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(totals.objects_indexed for totals in found) == 40
    assert numbers_in(store) == list(range(1200))


@pytest.mark.parametrize(("limit", "segments"), [("INGEST_EARLY_BYTES", 4), ("INGEST_URGENT_BYTES", 8)])
def test_short_memory_ends_segments_early(
    store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, segments: int
) -> None:
    monkeypatch.setattr(config, "SEGMENT_BYTES_MIN", 50_000)
    monkeypatch.setattr(config, "STREAM_CHUNK_BYTES", 1_000)
    resident = getattr(config, limit) + 1
    catalog = Catalog(store)
    catalog.open_for_writing()
    worker = IndexWorker(store, catalog, IndexSettings("web"), Counter("web"), resident_bytes=lambda: resident)
    for source in discover(str(write_logs(tmp_path / "logs", 4, 3000))):
        worker.index(source)
    worker.finish()
    assert len(catalog.snapshot.entries("web")) >= segments
    assert numbers_in(store) == list(range(12_000))


@pytest.mark.slow
def test_memory_stays_within_its_limit(tmp_path: Path) -> None:
    """Logs in which every word is new need the most memory for their size: more than one segment for each worker."""
    code = (
        "import sys; import lakebed; lakebed.open(sys.argv[2]).index(sys.argv[1], into='web');"
        "from bench.measure import peak_rss_bytes; print(peak_rss_bytes())"
    )
    for file in range(4):
        write_random_log(tmp_path / f"logs/{file}.json", 160 * config.MIB, seed=file)
    command = [sys.executable, "-c", code, str(tmp_path / "logs"), str(tmp_path / "lake")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert int(done.stdout) <= config.INGEST_MEMORY_BYTES


def test_progress_is_told(store: LocalStore, tmp_path: Path) -> None:
    seen: list[Progress] = []
    logs = write_logs(tmp_path / "logs", 3, 10)
    index_source(store, Catalog(store), str(logs), IndexSettings("web"), progress=seen.append)
    last = seen[-1]
    assert (last.objects_done, last.objects_found, last.is_listed, last.events) == (3, 3, True, 30)
    assert last.bytes_done == last.bytes_found == sum(path.stat().st_size for path in logs.iterdir())


def test_an_interrupted_run_keeps_what_it_finished(store: LocalStore, tmp_path: Path) -> None:
    logs = write_logs(tmp_path / "logs", 50, 20)

    def interrupt(progress: Progress) -> None:
        if progress.events:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index_source(store, Catalog(store), str(logs), IndexSettings("web"), workers=1, progress=interrupt)
    numbers = numbers_in(store)
    assert numbers
    assert len(numbers) % 20 == 0
    run(store, logs)
    assert numbers_in(store) == list(range(1000))


def test_bad_arguments(store: LocalStore, tmp_path: Path) -> None:
    logs = write_logs(tmp_path / "logs", 1, 1)
    with pytest.raises(UsageError, match="not an index name: 'a/b'"):
        index_source(store, Catalog(store), str(logs), IndexSettings("a/b"))
    with pytest.raises(UsageError, match=r"unknown format 'nope', known: json, "):
        index_source(store, Catalog(store), str(logs), IndexSettings("web", SourceSettings(format="nope")))
    with pytest.raises(IngestError, match="no such file or folder"):
        run(store, tmp_path / "nothing")


def test_workers_follow_cores_and_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKEBED_THREADS", "64")
    assert worker_count() == (config.INGEST_MEMORY_BYTES - config.INGEST_BASE_BYTES) // config.INGEST_WORKER_BYTES
    assert worker_count(memory_bytes=0) == 1
    monkeypatch.setenv("LAKEBED_THREADS", "1")
    assert worker_count() == 1


def _break_streams(monkeypatch: pytest.MonkeyPatch, rates: FaultRates, seed: int) -> None:
    monkeypatch.setattr("lakebed.ingest.discover.LocalStore", lambda path: FaultStore(LocalStore(path), rates, seed))
