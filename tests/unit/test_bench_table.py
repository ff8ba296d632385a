"""The benchmark judges rightly: met, not met, open while a number is missing; wrong answers and noise are told."""

from __future__ import annotations

from typing import Any

from bench.corpus import Truth
from bench.log_texts import ENVELOPES
from bench.rows import ROWS, Reports
from bench.table import busy, table_rows, wrong_answers

TRUTH = Truth(330_000, 480_000_000, 7, "KEY", 3, "203.0.113.77", 50, "evilclient-0a", 7, "ABSENT")
MEASURES = [
    "needle", "absent", "field", "field_substring", "field_regex", "substring_anywhere", "count_by", "count_by_nested",
    "filter_count_distinct", "newest", "ingest", "merge", "grep_rare", "grep_frequent", "stats_functions",
]  # fmt: skip


def side(wall_s: float, **facts: object) -> dict[str, Any]:
    timings = {name: {"wall_s": wall_s, "cpu_s": wall_s, "runs": 5} for name in MEASURES}
    return {"timings": timings, "answers": {}, "facts": {"load_before": 0.5, **facts}}


def reports(our_s: float, our_bytes: int) -> Reports:
    traffic = {"rounds": 2, "requests": 4, "bytes": 200_000}
    real = {"size_bytes": our_bytes, "gzip_bytes": 60_000_000, "events": 9, "events_indexed": 9, "catalog_bytes": 1}
    ours = side(
        our_s,
        raw_bytes=480_000_000,
        size_bytes=our_bytes,
        real=real,
        newest={"pages_read": 1},
        groups={"peak_rss_bytes": 300e6, "wall_s": 3.0, "right": 1000, "asked": 1000},
        timechart={"chart": 1_000_000, "columns": 1_000_000, "everything": 9_000_000},
        latency={
            name: {"seconds": seconds, "rows": rows}
            for name, seconds, rows in (("absent", 0.03, 0), ("present", 0.07, 1), ("present_three", 0.11, 3))
        },
        index_rss_bytes=300e6,
        worker_rss_bytes=80e6,
        cold={"wall_s": 0.06, "packages": ["lakebed", "msgspec"]},
    )
    engine = side(
        our_s,
        present=traffic,
        present_three={**traffic, "requests": 8},
        absent={"rounds": 1, "requests": 1, "bytes": 8_000},
        largest_segment_bytes=our_bytes,
    )
    formats = ["vpcflow", "nginx", "syslog", "csv", "zeek", "evtx"]
    kinds = [f"{name}, {form}" for name in ENVELOPES for form in ("lines", "envelopes")]
    indexing = side(our_s, text_bytes=dict.fromkeys(formats, 1_000_000))
    for name in [*formats, *kinds]:
        indexing["timings"][f"index {name}"] = {"wall_s": our_s, "cpu_s": our_s, "runs": 3}
    running = side(our_s, objects=10_000, searchable_s={"median": our_s, "max": 2 * our_s})
    for name, work_s in {"index small objects": 30 * our_s, "list a million known": our_s}.items():
        running["timings"][name] = {"wall_s": work_s, "cpu_s": work_s, "runs": 1}
    shapes = {
        "tiny": {"write_amplification": 3.98, "times_written_max": 4},
        "large": {"write_amplification": 1.2, "times_written_max": 2},
    }
    peers = {
        "compaction": side(our_s, shapes=shapes),
        "clickhouse": side(0.004, size_bytes=128_000_000),
        "duckdb": side(0.4, size_bytes=62_000_000),
        "ripgrep": side(1.0),
        "tantivy": side(0.0001, size_bytes=245_000_000),
    }
    catalog = side(
        our_s,
        open_s=10 * our_s,
        open_requests=3,
        prune_s=our_s,
        commit_requests=2,
        redirects=10,
        redirects_of=4000,
        merged_open_s=1.0,
        commit_s=0.1,
    )
    received = {"events": 9, "event_bytes": 186.0, "events_per_s": 9.5, "events_per_cpu_s": 12.5}
    receive = side(our_s, receive={"json": received, "hec": received})
    ours_too = {"engine": engine, "indexing": indexing, "catalog": catalog, "running": running, "receive": receive}
    return {"lakebed": ours, **ours_too, **peers}


def verdicts(found: Reports) -> dict[str, int]:
    met = [row["met"] for row in table_rows(found)]
    return {verdict: met.count(verdict) for verdict in dict.fromkeys(met)}


def test_good_numbers_meet_every_row() -> None:
    assert verdicts(reports(0.002, 55_000_000)) == {"yes": len(ROWS) - 6, "–": 6}


def test_bad_numbers_do_not() -> None:
    # what does not depend on our times and sizes stays met
    assert verdicts(reports(9.0, 999_000_000)) == {"**no**": 28, "yes": 14, "–": 6}


def test_a_missing_peer_leaves_its_rows_open() -> None:
    found = reports(0.002, 55_000_000)
    del found["tantivy"]
    assert verdicts(found) == {"yes": len(ROWS) - 7, "open": 1, "–": 6}


def test_the_slowest_envelope_counts() -> None:
    found = reports(0.002, 55_000_000)
    timings = found["indexing"]["timings"]
    (name,) = (row.what for row in ROWS if "envelopes" in row.what)

    def row() -> dict[str, Any]:
        return next(row for row in table_rows(found) if row["what"] == name)

    timings["index Azure, envelopes"]["cpu_s"] = 0.0023
    assert (row()["ratio"], row()["met"]) == ("1.15", "yes")
    assert row()["measured"] == "CloudTrail 1.00, Azure 1.15, Kubernetes 1.00"
    timings["index Azure, envelopes"]["cpu_s"] = 0.0024
    assert (row()["ratio"], row()["met"]) == ("1.20", "**no**")
    del timings["index Azure, lines"]
    assert (row()["measured"], row()["met"]) == ("indexing has no timing of index Azure, lines", "open")


def test_no_byte_is_written_five_times() -> None:
    found = reports(0.002, 55_000_000)
    name = "compaction: bytes written per byte, a year"

    def row() -> tuple[str, str]:
        return next((row["measured"], row["met"]) for row in table_rows(found) if row["what"] == name)

    assert row() == ("3.98 × (tiny), no byte more than 4 times; 2 ways to arrive", "yes")
    found["compaction"]["facts"]["shapes"]["large"]["times_written_max"] = 5
    assert row() == ("3.98 × (tiny), no byte more than 5 times; 2 ways to arrive", "**no**")


def test_speed_is_of_one_core() -> None:
    found = reports(0.002, 55_000_000)
    found["indexing"]["timings"]["index syslog"] = {"wall_s": 0.01, "cpu_s": 0.0125, "runs": 3}
    found["indexing"]["timings"]["index csv"] = {"wall_s": 0.01, "cpu_s": 0.0126, "runs": 3}
    judged = {row["what"]: (row["must"], row["measured"], row["met"]) for row in table_rows(found)}
    assert judged["index syslog"] == ("≥ 80 MB/s per core", "80.0 MB/s", "yes")
    assert judged["index CSV"] == ("≥ 80 MB/s per core", "79.4 MB/s", "**no**")
    assert judged["index EVTX"] == ("≥ 15 MB/s per core", "500.0 MB/s", "yes")


def test_a_wrong_answer_is_told() -> None:
    found = reports(0.002, 55_000_000)
    found["duckdb"]["answers"] = {"needle": "3", "absent": "0", "field": "49", "count_by": "anything"}
    assert wrong_answers(found, TRUTH) == ["duckdb answers field with 49, planted 50"]


def test_a_busy_machine_is_told() -> None:
    found = reports(0.002, 55_000_000)
    assert busy(found) == []
    found["engine"]["facts"]["load_before"] = 4.0
    assert busy(found)[0].startswith("**Other work was running** (load before the side began: engine 4.0)")
