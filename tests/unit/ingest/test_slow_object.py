"""An object that takes days: its first segments must not be garbage before they are committed."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from lakebed import config
from lakebed.catalog.catalog import Catalog
from lakebed.ingest.discover import discover
from lakebed.ingest.totals import Counter
from lakebed.ingest.worker import IndexSettings, IndexWorker
from lakebed.storage.open import open_store
from lakebed.storage.wrapper import StoreWrapper
from tests.lakes import numbers_in
from tests.logs import write_logs

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Buffer

HOUR = 3600


class SlowStore(StoreWrapper):
    """Each segment takes hours to be written."""

    now_s = 0.0
    hours = 0

    def put(self, key: str, data: Buffer) -> None:
        super().put(key, data)
        self.now_s += self.hours * HOUR


@pytest.mark.parametrize(("hours", "failed"), [(1, 0), (25, 1)])
def test_an_object_is_given_up_before_its_segments_are_garbage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hours: int, failed: int
) -> None:
    monkeypatch.setattr(config, "STREAM_CHUNK_BYTES", 1000)
    assert config.UNCOMMITTED_MAX_S < config.ORPHAN_GRACE_S
    store = SlowStore(open_store(f"memory://{uuid.uuid4().hex}"))
    counter = Counter("web")
    settings = IndexSettings("web", segment_bytes=5000, commit_seconds=1e9)
    catalog = Catalog(store)
    catalog.open_for_writing()
    worker = IndexWorker(store, catalog, settings, counter, monotonic=lambda: store.now_s)
    first, slow, last = discover(str(write_logs(tmp_path / "logs", 3, 200)))
    small = write_logs(tmp_path / "small", 1, 5, seed=2)
    worker.index(first)
    worker.finish()
    store.hours = hours
    worker.index(next(iter(discover(str(small)))))
    worker.index(slow)
    store.hours = 0
    worker.index(last)
    worker.finish()
    totals = counter.totals
    assert (totals.objects_failed, totals.objects_indexed) == (failed, 4 - failed)
    wanted = [*range(5), *range(200), *range(400, 600), *([] if failed else range(200, 400))]
    assert numbers_in(store) == sorted(wanted)
    if failed:
        reason = f"'{slow.url}' was not read within 48 hours (limit UNCOMMITTED_MAX_S)"
        assert [problem.reason for problem in totals.failed] == [reason]
