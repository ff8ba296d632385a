"""A catalog made anew after real merges and rewrites, whose inputs lie in the store still."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import lakebed
from lakebed.catalog.catalog import Catalog
from lakebed.catalog.changes import Changes
from lakebed.catalog.verify import verify
from lakebed.ingest.usage import usage_segment
from lakebed.repair.inspect import deep_check
from lakebed.repair.rebuild import rebuild
from lakebed.storage.open import open_store
from tests.lakes import numbers_in
from tests.logs import event, write_log, write_logs
from tests.maintained import index_small, maintenance, segment_counts

if TYPE_CHECKING:
    import random
    from pathlib import Path

DAY = 1_767_225_600_000_000_000


def test_inputs_of_merges_do_not_come_back(tmp_path: Path, rng: random.Random) -> None:
    """Batches, replaced objects, deletions and rounds of maintenance in any order; then the catalog is gone."""
    store = open_store(f"memory://{uuid.uuid4().hex}")
    index_small(store, write_logs(tmp_path / "logs", 10, 20))
    known = set(range(200))
    for step in range(12):
        match rng.choice(["index", "replace", "delete", "maintain", "maintain"]):
            case "index":
                some = range(1000 + 10 * step, 1010 + 10 * step)
                index_small(store, write_log(tmp_path / f"{step}.json", [event(n % 60, n=n) for n in some]))
                known.update(some)
            case "replace":
                path = sorted((tmp_path / "logs").iterdir())[step % 10]
                number = int(path.name[:4])
                write_log(path, [event(n % 60, n=n) for n in range(9000 + 100 * step, 9005 + 100 * step)])
                index_small(store, path)
                known -= {n for n in known if n in range(20 * number, 20 * number + 20)} | replaced(known, step % 10)
                known.update(range(9000 + 100 * step, 9005 + 100 * step))
            case "delete":
                low = rng.randrange(200)
                lakebed.open(store.url).delete(f"n >= {low} n < {low + 15}", index="web", reason="a test", by="alice")
                known -= set(range(low, low + 15))
            case "maintain":
                maintenance(store).round()
        assert numbers_in(store) == sorted(known)
    for info in list(store.list("catalog/")):
        store.delete(info.key)
    told = rebuild(store, dry_run=False)
    assert numbers_in(store) == sorted(known)
    assert verify(store, deep_check(store)).problems == []
    assert told.segments == Catalog(store).snapshot.segment_count


def test_records_of_usage_stay(tmp_path: Path) -> None:
    """Each commit of a runner has its own, and rounds merge them: none is taken for a newer version of another."""
    store = open_store(f"memory://{uuid.uuid4().hex}")
    catalog = Catalog(store)
    catalog.open_for_writing()
    for commit in range(12):
        segment = usage_segment(store, [{"time": f"2026-01-01T00:00:{commit:02}Z", "n": commit}], DAY + commit)
        assert segment is not None
        catalog.commit(Changes("usage", [segment]))
        if commit == 7:
            maintenance(store).round()
    assert segment_counts(store)["_usage"] < 12, "some are merged"
    assert numbers_in(store, "@index=_usage *") == list(range(12))
    for info in list(store.list("catalog/")):
        store.delete(info.key)
    rebuild(store, dry_run=False)
    assert numbers_in(store, "@index=_usage *") == list(range(12))
    assert verify(store, deep_check(store)).problems == []


def replaced(known: set[int], turn: int) -> set[int]:
    """What earlier replacements of the object of this turn brought: twelve steps over ten objects."""
    return {n for n in known if n >= 9000 and (n - 9000) // 100 % 10 == turn}
