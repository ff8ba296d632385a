"""4,000 objects of 10 kB, each a segment of its own: what a runner and maintenance beside it make of them.

The maintenance has a handle of its own on the catalog, as `lakebed maintain` elsewhere has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lakebed.catalog.catalog import Catalog
from lakebed.ingest.discovery.place import open_place
from lakebed.ingest.worker import IndexSettings
from lakebed.maintenance.round import Policy
from lakebed.runner import limits
from lakebed.runner.beside import MaintenanceLoop
from lakebed.runner.reports import NoReports
from lakebed.runner.source import Source
from lakebed.storage.open import open_store
from tests.lakes import numbers_in
from tests.logs import event, lines
from tests.maintained import segment_counts
from tests.runners import Heard, World, wait_until

if TYPE_CHECKING:
    from pathlib import Path

OBJECTS = 4_000
EVENTS_EACH = 4
PAD = "lorem ipsum dolor sit amet " * 92
SEGMENTS_MAX = 40
"""40 MB are four merged segments; what came last may wait for others like it."""


def write_objects(folder: Path) -> None:
    folder.mkdir()
    for number in range(OBJECTS):
        first = number * EVENTS_EACH
        found = [event(60 * number + n, n=first + n, pad=f"{first + n:x} {PAD}") for n in range(EVENTS_EACH)]
        data = lines(found)
        assert 10_000 <= len(data) < 10_500
        (folder / f"{number:04}.json").write_bytes(data)


@pytest.mark.slow
def test_they_become_few_segments_and_all_events_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAINTENANCE_EVERY_S", 1.0)
    write_objects(tmp_path / "logs")
    world = World(tmp_path, store=open_store("memory://four-thousand"))
    heard = Heard()
    place = open_place(str(tmp_path / "logs"))
    each_alone = Source("web", place, IndexSettings("web", commit_seconds=0.0), list_every_s=3600)
    runner = world.runner(each_alone, heard=heard)
    merged: list[int] = []
    beside = MaintenanceLoop(
        Policy(),
        world.lake,
        Catalog(world.lake),
        world.state,
        NoReports(),
        done=lambda report: merged.append(report.segments_merged),
    )
    runner.add(beside.run)
    runner.start()
    try:
        wait_until(lambda: len(heard.visible) == OBJECTS, "all are visible", patience_s=240)
        wait_until(lambda: segment_counts(world.lake)["web"] <= SEGMENTS_MAX, "they are merged")
    finally:
        stopped = runner.stop()
    assert stopped.is_clean
    assert sum(merged) > OBJECTS - SEGMENTS_MAX, "each was a segment of its own"
    assert numbers_in(world.lake) == list(range(OBJECTS * EVENTS_EACH))
    assert world.visible() == OBJECTS
    world.close()
