"""The table of numbers that Lakebed must reach: each row says what is measured, what must hold, and how it is judged.

A row is judged from the reports of all sides of the same run. A number that is missing (a peer could not be installed,
there is no sample of real logs) makes the row open, never met.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.log_texts import ENVELOPES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Reports = dict[str, dict[str, Any]]  # side to its report: JSON


class MissingError(Exception):
    """A number that a row needs is not there."""


@dataclass(frozen=True)
class Outcome:
    """What came out of a row; `is_met` is None where nothing is asked."""

    measured: str
    ratio: str
    is_met: bool | None


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    must: str
    judge: Callable[[Reports], Outcome]


def fact(reports: Reports, side: str, name: str) -> Any:  # Any: facts are JSON
    """A fact of a side, with dots for nested ones."""
    value: Any = reports.get(side, {}).get("facts", {})  # JSON
    for part in name.split("."):
        if not isinstance(value, dict) or part not in value:
            raise MissingError(f"{side} has no {name}")
        value = value[part]
    return value


def wall_s(reports: Reports, side: str, name: str) -> float:
    """The median wall time of a measure."""
    return _timing(reports, side, name)["wall_s"]


def cpu_s(reports: Reports, side: str, name: str) -> float:
    """The CPU seconds of a measure."""
    return _timing(reports, side, name)["cpu_s"]


def _timing(reports: Reports, side: str, name: str) -> Mapping[str, float]:
    timing: Mapping[str, float] | None = reports.get(side, {}).get("timings", {}).get(name)
    if timing is None:
        raise MissingError(f"{side} has no timing of {name}")
    return timing


def time_row(what: str, measure: str, peer: str, most: float) -> Row:
    """Our time is at most so many times the peer's."""

    def judge(reports: Reports) -> Outcome:
        ours, theirs = wall_s(reports, "lakebed", measure), wall_s(reports, peer, measure)
        return Outcome(f"{show_ms(ours)}, {peer} {show_ms(theirs)}", f"{ours / theirs:.2f}", ours <= most * theirs)

    return Row(what, f"≤ {most:g} × {peer}", judge)


def size_row(what: str, peer: str, most: float, reach: str = "") -> Row:
    """Our stored bytes are at most so many times the peer's."""

    def judge(reports: Reports) -> Outcome:
        ours, theirs = fact(reports, "lakebed", "size_bytes"), fact(reports, peer, "size_bytes")
        return Outcome(f"{show_mb(ours)}, {peer} {show_mb(theirs)}", f"{ours / theirs:.3f}", ours <= most * theirs)

    return Row(what, f"≤ {most:.3g} × {peer}{reach}", judge)


def limit_row(
    what: str, name: str, most: float, show: Callable[[float], str], reach: str = "", side: str = "lakebed"
) -> Row:
    """A fact of ours is at most so much."""

    def judge(reports: Reports) -> Outcome:
        ours = fact(reports, side, name)
        return Outcome(show(ours), f"{ours / most:.2f}", ours <= most)

    return Row(what, f"≤ {show(most)}{reach}", judge)


def show_ms(seconds: float) -> str:
    """Milliseconds with three digits that mean something."""
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.2f} s"


def show_mb(size_bytes: float) -> str:
    """Megabytes, of a million bytes."""
    return f"{size_bytes / 1e6:.1f} MB"


def show_number(value: float) -> str:
    """A plain number."""
    return f"{value:g}"


GROUPS_BYTES_MAX = 512e6

WRITES_MAX = 4
"""Times that a byte may be written in its life, the first included."""


def _real_size(reports: Reports) -> Outcome:
    ours, gzipped = fact(reports, "lakebed", "real.size_bytes"), fact(reports, "lakebed", "real.gzip_bytes")
    events = fact(reports, "lakebed", "real.events")
    assert events == fact(reports, "lakebed", "real.events_indexed"), "not the same events"
    catalog = show_mb(fact(reports, "lakebed", "real.catalog_bytes"))
    text = f"{show_mb(ours)}, gzip {show_mb(gzipped)} ({events:,} events; the catalog beside it {catalog})"
    return Outcome(text, f"{ours / gzipped:.3f}", ours <= gzipped)


def _ingest(reports: Reports) -> Outcome:
    raw = fact(reports, "lakebed", "raw_bytes") / 1e6
    ours = raw / cpu_s(reports, "lakebed", "ingest")
    theirs = raw / (cpu_s(reports, "clickhouse", "ingest") + cpu_s(reports, "clickhouse", "merge"))
    return Outcome(
        f"{ours:.0f} MB/s per CPU second, clickhouse {theirs:.0f}", f"{ours / theirs:.2f}", ours >= 2.5 * theirs
    )


def _needle_beside_scan(reports: Reports) -> Outcome:
    ours, scan = wall_s(reports, "lakebed", "needle"), wall_s(reports, "duckdb", "needle")
    return Outcome(f"{show_ms(ours)}, duckdb {show_ms(scan)}", f"{scan / ours:.0f} × faster", ours * 100 <= scan)


def _newest(reports: Reports) -> Outcome:
    pages, seconds = fact(reports, "lakebed", "newest.pages_read"), wall_s(reports, "lakebed", "newest")
    return Outcome(f"{pages} pages, {show_ms(seconds)}", f"{seconds / 0.005:.2f}", pages <= 2 and seconds <= 0.005)


def _traffic_absent(reports: Reports) -> Outcome:
    found = fact(reports, "engine", "absent")
    return Outcome(f"{found['requests']} requests, {found['bytes']:,} bytes", "", found["requests"] <= 1)


def _traffic(name: str, *, is_asked: bool = True) -> Callable[[Reports], Outcome]:
    def judge(reports: Reports) -> Outcome:
        found, segment = fact(reports, "engine", name), fact(reports, "engine", "largest_segment_bytes")
        most_bytes = segment * 0.01 if segment > 100e6 else 512_000
        text = f"{found['rounds']} rounds, {found['requests']} requests, {found['bytes']:,} bytes of {show_mb(segment)}"
        is_met = found["rounds"] <= 2 and found["requests"] <= 5 and found["bytes"] <= most_bytes
        return Outcome(text, f"{found['bytes'] / most_bytes:.2f} of the bytes", is_met if is_asked else None)

    return judge


def _latency(name: str, events: int, most_s: float, *, is_asked: bool = True) -> Callable[[Reports], Outcome]:
    def judge(reports: Reports) -> Outcome:
        found = fact(reports, "lakebed", f"latency.{name}")
        assert found["rows"] == events, f"wanted {events} events, found {found['rows']}"
        seconds = found["seconds"]
        return Outcome(show_ms(seconds), f"{seconds / most_s:.2f}", seconds <= most_s if is_asked else None)

    return judge


def _groups(reports: Reports) -> Outcome:
    memory, seconds = fact(reports, "lakebed", "groups.peak_rss_bytes"), fact(reports, "lakebed", "groups.wall_s")
    right, asked = fact(reports, "lakebed", "groups.right"), fact(reports, "lakebed", "groups.asked")
    text = f"{show_mb(memory)}, {right:g} of {asked:g} right, {show_ms(seconds)}"
    return Outcome(text, f"{memory / GROUPS_BYTES_MAX:.2f}", memory <= GROUPS_BYTES_MAX and right == asked)


def _redirects(reports: Reports) -> Outcome:
    left, merged = fact(reports, "catalog", "redirects"), fact(reports, "catalog", "redirects_of")
    seconds, commit_s = fact(reports, "catalog", "merged_open_s"), fact(reports, "catalog", "commit_s")
    text = f"{left:,} redirects of {merged:,}, opened in {show_ms(seconds)}, {show_ms(commit_s)} a commit"
    return Outcome(text, f"{left / merged:.2f}", None)


def _timechart(reports: Reports) -> Outcome:
    chart, columns = fact(reports, "lakebed", "timechart.chart"), fact(reports, "lakebed", "timechart.columns")
    whole = show_mb(fact(reports, "lakebed", "timechart.everything"))
    text = f"{show_mb(chart)}, time and split column {show_mb(columns)}, all columns {whole}"
    return Outcome(text, f"{chart / columns:.2f}", chart <= columns)


def envelope_row(most: float) -> Row:
    """Events in envelopes take at most so many times as long as the same on lines; the slowest envelope counts."""

    def judge(reports: Reports) -> Outcome:
        ratios = {
            name: cpu_s(reports, "indexing", f"index {name}, envelopes")
            / cpu_s(reports, "indexing", f"index {name}, lines")
            for name in ENVELOPES
        }
        text = ", ".join(f"{name} {ratio:.2f}" for name, ratio in ratios.items())
        return Outcome(text, f"{max(ratios.values()):.2f}", max(ratios.values()) <= most)

    return Row("index JSON in envelopes", f"≤ {most:g} × the same events as lines", judge)


def speed_row(what: str, name: str, least: float) -> Row:
    """A format becomes segments with at least so many MB a CPU second."""

    def judge(reports: Reports) -> Outcome:
        size_mb = fact(reports, "indexing", f"text_bytes.{name}") / 1e6
        speed = size_mb / cpu_s(reports, "indexing", f"index {name}")
        return Outcome(f"{speed:.1f} MB/s", f"{speed / least:.2f}", speed >= least)

    return Row(what, f"≥ {least:g} MB/s per core", judge)


def received_row(what: str, name: str) -> Row:
    """Events acknowledged, each durable first; nothing is asked of it yet."""

    def judge(reports: Reports) -> Outcome:
        found = fact(reports, "receive", f"receive.{name}")
        text = f"{found['events_per_cpu_s']:,.0f} a CPU second, {found['events_per_s']:,.0f} a second"
        return Outcome(f"{text} ({found['event_bytes']:.0f} bytes each)", "", None)

    return Row(what, "for information", judge)


def _sustained(reports: Reports) -> Outcome:
    """Judged by CPU seconds, since machines are shared; two cores have 120 in a minute."""
    objects = fact(reports, "running", "objects")
    cpu, wall = cpu_s(reports, "running", "index small objects"), wall_s(reports, "running", "index small objects")
    a_minute = objects / cpu * 120
    return Outcome(
        f"{a_minute:,.0f} a minute of two cores; {objects:,} in {wall:.1f} s", f"{a_minute / 1e4:.1f}", a_minute >= 1e4
    )


def _searchable(reports: Reports) -> Outcome:
    median, longest = (fact(reports, "running", f"searchable_s.{name}") for name in ("median", "max"))
    return Outcome(f"median {median:.2f} s, longest {longest:.2f} s", f"{median / 5:.2f}", median < 5)


def _listed(reports: Reports) -> Outcome:
    cpu = cpu_s(reports, "running", "list a million known")
    return Outcome(f"{cpu:.1f} CPU s beside 1,000 requests", "", None)


def _cold_imports(reports: Reports) -> Outcome:
    modules = set(fact(reports, "lakebed", "cold.packages"))
    # msgspec itself loads typing_extensions where Python is older than 3.13
    extra = sorted(modules - {"lakebed", "obstore", "msgspec", "typing_extensions", "orjson"})
    return Outcome(", ".join(sorted(modules)), "", not extra)


def _compaction(reports: Reports) -> Outcome:
    """A year of arrivals on a fake clock: the shape that writes most."""
    shapes: dict[str, Any] = fact(reports, "compaction", "shapes")  # JSON
    worst = max(shapes, key=lambda name: shapes[name]["write_amplification"])
    ratio, times = shapes[worst]["write_amplification"], max(one["times_written_max"] for one in shapes.values())
    text = f"{ratio:.2f} × ({worst}), no byte more than {times} times; {len(shapes)} ways to arrive"
    return Outcome(text, f"{times / WRITES_MAX:.2f}", max(ratio, times) <= WRITES_MAX)


ROWS = [
    Row("size, real CloudTrail", "≤ 1.0 × gzip -6 of the same events (reach 0.8)", _real_size),
    size_row("size, amplified corpus", "clickhouse", 0.50, " (reach 0.42)"),
    size_row("size, amplified corpus", "tantivy", 1 / 3),
    Row("ingest, gz to committed segments", "≥ 2.5 × clickhouse (reach 4 ×)", _ingest),
    envelope_row(1.15),
    speed_row("index VPC flow logs", "vpcflow", 80),
    speed_row("index nginx access logs", "nginx", 80),
    speed_row("index syslog", "syslog", 80),
    speed_row("index CSV", "csv", 80),
    speed_row("index Zeek's connections", "zeek", 80),
    speed_row("index EVTX", "evtx", 15),
    received_row("events acknowledged, newline JSON, one core, a folder", "json"),
    received_row("events acknowledged, Splunk HEC, one core, a folder", "hec"),
    Row("a runner: 10 kB objects from a folder", "≥ 10,000 a minute on 2 cores", _sustained),
    Row("a runner: from created to searchable, through a queue", "median < 5 s", _searchable),
    Row("a runner: a whole listing of 1 M known objects", "for information", _listed),
    time_row("rare word in any field", "needle", "clickhouse", 1),
    Row("rare word in any field", "≥ 100 × faster than duckdb's scan of JSON", _needle_beside_scan),
    time_row("absent word in any field", "absent", "clickhouse", 1),
    time_row("field = value", "field", "clickhouse", 1),
    time_row("substring in one field", "field_substring", "clickhouse", 2),
    time_row("regex in one field", "field_regex", "clickhouse", 2),
    time_row("substring in any field", "substring_anywhere", "duckdb", 0.25),
    time_row("count by a field", "count_by", "duckdb", 1.5),
    time_row("count by a nested field", "count_by_nested", "duckdb", 1.5),
    time_row("filter, count and distinct by a field", "filter_count_distinct", "clickhouse", 1),
    time_row("count, distinct, percentile by a field, undeclared", "stats_functions", "clickhouse", 2),
    Row("1 M groups of 5 M events", "≤ 512 MB, 1,000 most frequent exact", _groups),
    time_row("grep a plain word vs rg -z, rare", "grep_rare", "ripgrep", 1),
    time_row("grep a plain word vs rg -z, frequent", "grep_frequent", "ripgrep", 1),
    Row("timechart reads only time and split column", "the bytes of those columns", _timechart),
    Row("newest 50 events", "≤ 2 pages, ≤ 5 ms", _newest),
    Row("needle in one segment, absent", "1 request", _traffic_absent),
    Row("needle in one segment, in 1 event", "2 rounds, ≤ 5 requests, ≤ 1 % or 512 kB", _traffic("present")),
    Row("needle in one segment, in 3 events", "for information", _traffic("present_three", is_asked=False)),
    Row("30 ms per request, absent", "≤ 45 ms", _latency("absent", 0, 0.045)),
    Row("30 ms per request, in 1 event", "≤ 100 ms", _latency("present", 1, 0.100)),
    Row("30 ms per request, in 3 events", "for information", _latency("present_three", 3, 0.100, is_asked=False)),
    Row("compaction: bytes written per byte, a year", f"≤ {WRITES_MAX}", _compaction),
    limit_row("200,000 segments, open from a checkpoint", "open_s", 1.0, show_ms, side="catalog"),
    limit_row("200,000 segments, requests to open", "open_requests", 3, show_number, side="catalog"),
    limit_row("200,000 segments, prune by time", "prune_s", 0.050, show_ms, side="catalog"),
    limit_row("200,000 segments, requests of a commit", "commit_requests", 2, show_number, side="catalog"),
    Row("200,000 segments, 4,000 of them merged", "for information", _redirects),
    limit_row("memory, indexing", "index_rss_bytes", 600e6, show_mb),
    limit_row("memory, search worker", "worker_rss_bytes", 150e6, show_mb),
    limit_row("cold start of a worker", "cold.wall_s", 0.150, show_ms, " (reach 80 ms)"),
    Row("cold start imports", "obstore, orjson or msgspec, the engine", _cold_imports),
]
