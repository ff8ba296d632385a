"""Metrics: what is counted, what is read when asked, and that neither grows nor breaks."""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from lakebed.catalog.catalog import Catalog
from lakebed.errors import StateError
from lakebed.ingest.totals import ObjectDamage, ObjectReport
from lakebed.maintenance.report import Report
from lakebed.pull.schedule import PullStatus
from lakebed.serve.receive.counts import ReceiveCounts
from lakebed.state import WorkCounts
from lakebed.storage.counting import CountingStore
from lakebed.storage.open import open_store
from lakebed.telemetry import limits
from lakebed.telemetry.families import Kept, lake_metrics, pull_metrics, receive_metrics, store_metrics, work_metrics
from lakebed.telemetry.metrics import MAINTENANCE_KINDS, Metrics
from tests.lakes import indexing

if TYPE_CHECKING:
    import pytest

REPOSITORY = Path(__file__).parents[3]
REPORT = ObjectReport(10, 2_000, unparsed_lines=3, damage=ObjectDamage(1, "x"))


def a_round(**changes: object) -> Report:
    """As a round of maintenance reports."""
    report = Report(2, 0, 30, 5_000, 999, 1, 50, 4, 5, 6, errors=["merge: no"])
    return replace(report, **changes)  # type: ignore[arg-type] # fields of it


RECEIVED = ReceiveCounts(
    requests=Counter({("hec", 200): 7, ("hec", 503): 1}),
    events=Counter({("web", "hec"): 70}),
    dropped=Counter({("web", "busy"): 2}),
)
PULLED = PullStatus(is_ours=True, polls=5, events=50, failures=1, last_success_s=1e9, lag_s=12.5)


def samples(metrics: Metrics) -> dict[str, float]:
    """Every sample of ours by its name and labels; the text is read by Prometheus' own parser."""
    text = generate_latest(metrics.registry).decode()
    return {
        sample.name + "".join(f" {name}={value}" for name, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("lakebed_") and not sample.name.endswith(("_created", "_bucket"))
    }


def changed(metrics: Metrics, before: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in samples(metrics).items() if before.get(name, 0) != value}


def test_an_object_that_was_indexed_is_counted() -> None:
    metrics = Metrics()
    before = samples(metrics)
    metrics.indexed("trail", "aws", REPORT, 1.5)
    metrics.indexed("trail", "aws", ObjectReport(1, 5), None)
    metrics.indexed("trail", "aws", ObjectReport(1, 5), -3.0)  # written in the future
    metrics.committed(0.2, 3)
    assert changed(metrics, before) == {
        "lakebed_objects_indexed_total index=aws source=trail": 3,
        "lakebed_events_indexed_total index=aws source=trail": 12,
        "lakebed_bytes_indexed_total index=aws source=trail": 2_010,
        "lakebed_lines_unparsed_total index=aws source=trail": 3,
        "lakebed_objects_damaged_total index=aws source=trail": 1,
        "lakebed_lag_seconds_count source=trail": 2,
        "lakebed_lag_seconds_sum source=trail": 1.5,
        "lakebed_commit_seconds_count": 1,
        "lakebed_commit_seconds_sum": 0.2,
        "lakebed_segments_written_total": 3,
    }


def test_what_became_of_other_objects_and_parts_is_counted() -> None:
    metrics = Metrics()
    before = samples(metrics)
    metrics.unchanged("a")
    metrics.gone("a")
    metrics.failed("a")
    metrics.set_aside("a")
    metrics.recovered("lake")
    metrics.trouble("state")
    metrics.trouble("queue q")
    metrics.recovered("queue q")
    assert changed(metrics, before) | {
        "lakebed_part_up part=state": samples(metrics)["lakebed_part_up part=state"]
    } == {
        "lakebed_objects_unchanged_total source=a": 1,
        "lakebed_objects_gone_total source=a": 1,
        "lakebed_object_failures_total source=a": 1,
        "lakebed_objects_set_aside_total source=a": 1,
        "lakebed_part_up part=lake": 1,
        "lakebed_part_up part=state": 0,
        "lakebed_part_up part=queue q": 1,
        "lakebed_part_failures_total part=state": 1,
        "lakebed_part_failures_total part=queue q": 1,
    }


def test_a_round_of_maintenance_is_counted() -> None:
    metrics = Metrics()
    before = samples(metrics)
    metrics.maintained(a_round())
    metrics.maintained(a_round(merges=0, errors=[]))
    wanted = {f"lakebed_maintenance_done_total kind={kind}": 2 * getattr(a_round(), kind) for kind in MAINTENANCE_KINDS}
    wanted |= {"lakebed_maintenance_done_total kind=merges": 2, "lakebed_maintenance_done_total kind=errors": 1}
    wanted["lakebed_maintenance_rounds_total"] = 2
    assert changed(metrics, before) == {name: value for name, value in wanted.items() if value}


def test_what_is_there_is_read_when_somebody_asks(tmp_path: Path) -> None:
    store = CountingStore(open_store(str(tmp_path)))
    catalog = Catalog(store)
    catalog.open_for_writing()
    catalog.commit(indexing("a", "b"))
    metrics = Metrics()
    before = samples(metrics)
    counts = {"web": WorkCounts(3, 2, 1, 8.5)}
    metrics.watch("work", lambda: work_metrics(counts))
    metrics.watch("lake", lambda: lake_metrics(catalog.snapshot))
    metrics.watch("store", lambda: store_metrics(store.counts))
    metrics.watch("receive", lambda: receive_metrics(RECEIVED))
    metrics.watch("pull", lambda: pull_metrics({"okta": PULLED, "theirs": replace(PULLED, is_ours=False)}))
    found = changed(metrics, before)
    requests = {name: found.pop(name) for name in list(found) if name.startswith("lakebed_store_requests_total")}
    assert requests == {
        f"lakebed_store_requests_total operation={name}": count for name, count in store.counts.by_operation.items()
    }
    assert requests["lakebed_store_requests_total operation=create"] >= 2
    entry = catalog.snapshot.entries()[0]
    assert found == {
        "lakebed_work_objects source=web state=waiting": 3,
        "lakebed_work_objects source=web state=claimed": 2,
        "lakebed_work_objects source=web state=set_aside": 1,
        "lakebed_work_oldest_seconds source=web": 8.5,
        "lakebed_index_segments index=web": 1,
        "lakebed_index_events index=web": entry.events,
        "lakebed_index_stored_bytes index=web": entry.size_bytes,
        "lakebed_index_raw_bytes index=web": entry.raw_bytes,
        "lakebed_catalog_commit": catalog.snapshot.number,
        "lakebed_store_read_bytes_total": store.counts.bytes_read,
        "lakebed_store_written_bytes_total": store.counts.bytes_written,
        "lakebed_receive_requests_total code=200 endpoint=hec": 7,
        "lakebed_receive_requests_total code=503 endpoint=hec": 1,
        "lakebed_receive_events_total endpoint=hec source=web": 70,
        "lakebed_receive_dropped_total reason=busy source=web": 2,
        "lakebed_pull_polls_total source=okta": 5,
        "lakebed_pull_polls_total source=theirs": 5,
        "lakebed_pull_events_total source=okta": 50,
        "lakebed_pull_events_total source=theirs": 50,
        "lakebed_pull_failures_total source=okta": 1,
        "lakebed_pull_failures_total source=theirs": 1,
        "lakebed_pull_lag_seconds source=okta": 12.5,
        "lakebed_pull_last_success_timestamp_seconds source=okta": 1e9,
    }


def test_what_cannot_be_read_leaves_the_rest() -> None:
    metrics = Metrics()

    def fail() -> list[object]:
        raise StateError("the state is away")

    metrics.watch("state", fail)  # type: ignore[arg-type] # it gives nothing
    metrics.unchanged("a")
    assert samples(metrics)["lakebed_objects_unchanged_total source=a"] == 1
    assert samples(metrics)["lakebed_scrape_failures_total what=state"] in (1, 2)  # told before or after it is read
    assert samples(metrics)["lakebed_scrape_failures_total what=state"] in (2, 3)


def test_labels_are_few_short_and_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "METRIC_LABELS_MAX", 3)
    metrics = Metrics()
    before = samples(metrics)
    for name in ("a", "b\x1b[2J\n", "c" * 1_000, "d", "e", "a"):
        metrics.gone(name)
    assert changed(metrics, before) == {
        "lakebed_objects_gone_total source=a": 2,
        "lakebed_objects_gone_total source=b\\x1b[2J\\n": 1,
        f"lakebed_objects_gone_total source={'c' * 100}": 1,
        "lakebed_objects_gone_total source=other": 2,
    }


def test_the_table_of_work_is_not_counted_for_each_who_asks() -> None:
    now, read = [0.0], []

    def count() -> dict[str, WorkCounts]:
        read.append(now[0])
        return {"web": WorkCounts(len(read), 0, 0, 0.0)}

    kept = Kept(count, seconds=10, monotonic=lambda: now[0])
    threads = [threading.Thread(target=kept) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    now[0] = 9.9
    assert kept()["web"].waiting == 1
    now[0] = 10.0
    assert kept()["web"].waiting == 2
    assert read == [0.0, 10.0]


def test_every_metric_is_in_the_documentation() -> None:
    metrics = Metrics()
    metrics.watch("work", lambda: work_metrics({}))
    metrics.watch("store", lambda: store_metrics(CountingStore(open_store("memory://telemetry")).counts))
    metrics.watch("lake", lambda: lake_metrics(Catalog(open_store("memory://telemetry")).snapshot))
    metrics.watch("receive", lambda: receive_metrics(RECEIVED))
    metrics.watch("pull", lambda: pull_metrics({"okta": PULLED}))
    names = {family.name for family in metrics.registry.collect() if family.name.startswith("lakebed_")}
    counters = {family.name for family in metrics.registry.collect() if family.type == "counter"}
    infos = {family.name for family in metrics.registry.collect() if family.type == "info"}
    told = {f"{name}_total" if name in counters else f"{name}_info" if name in infos else name for name in names}
    text = (REPOSITORY / "docs/operations.md").read_text()
    assert told == {f"lakebed_{name}" for name in re.findall(r"^\| `lakebed_(\w+)", text, re.MULTILINE)}
