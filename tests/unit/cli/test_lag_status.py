"""How soon objects could be searched, as `_usage` has it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from lakebed.api import open as open_lake
from lakebed.catalog.catalog import Catalog
from lakebed.catalog.changes import Changes
from lakebed.cli.lag_status import Lag, lags
from lakebed.ingest.totals import ObjectReport
from lakebed.ingest.usage import IndexedObject, indexing_record, usage_segment
from lakebed.storage.open import open_store
from tests.logs import event, write_log
from tests.unit.cli.processes import lakebed

if TYPE_CHECKING:
    from pathlib import Path

SECOND = 1_000_000_000


def tell(lake: Path, index: str, lag_s: float, age_s: float = 0.0) -> None:
    """A record of an object that was indexed so long ago."""
    store = open_store(str(lake))
    now_ns = time.time_ns() - round(age_s * SECOND)
    one = IndexedObject("s", index, "file:///a", 1, now_ns - round(lag_s * SECOND), ObjectReport(1, 10))
    new = usage_segment(store, [indexing_record(one, now_ns)], now_ns)
    assert new is not None
    catalog = Catalog(store)
    catalog.open_for_writing()
    catalog.commit(Changes("index", [new]))


def test_a_lake_without_records_has_no_lag(tmp_path: Path) -> None:
    with open_lake(str(tmp_path / "lake")) as lake:
        lake.index(str(write_log(tmp_path / "a.json", [event(0)])), into="web")
        assert lags(lake) == []
    assert "last change" not in lakebed("status", "lake", folder=tmp_path).stdout


def test_objects_of_the_last_hour_count_by_index(tmp_path: Path) -> None:
    for lag_s in (1.0, 2.0, 3.0):
        tell(tmp_path / "lake", "web", lag_s)
    tell(tmp_path / "lake", "dns", 90_000.0)
    tell(tmp_path / "lake", "dns", 1.0, age_s=4_000)  # more than an hour ago
    with open_lake(str(tmp_path / "lake")) as lake:
        assert lags(lake) == [Lag("dns", 1, 90_000.0, 90_000.0), Lag("web", 3, 2.0, 3.0)]
    assert lakebed("status", "lake", folder=tmp_path).stdout.endswith(
        "\ndns: 1 object in the last hour, half of them searchable within 25 h, 95 % within 25 h of their last change\n"
        "web: 3 objects in the last hour, half of them searchable within 2.0 s, 95 % within 3.0 s of their last "
        "change\n"
    )
    told = json.loads(lakebed("status", "lake", "--json", folder=tmp_path).stdout)
    assert told["lag_last_hour"][1] == {"index": "web", "objects": 3, "median_s": 2.0, "p95_s": 3.0}
