"""ClickHouse (chdb, in process): the raw event with a text index over its words, and seven declared columns.

Small granules (1,024 rows) favour needles; the table is merged to the end before it is asked and measured.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from chdb import session

from bench.groups import FOLDER
from bench.measure import Report, run_side

if TYPE_CHECKING:
    from pathlib import Path

    from bench.corpus import Truth

TABLE = """
create table e (
  raw String codec(ZSTD(3)), at String, name LowCardinality(String), source LowCardinality(String), ip String,
  error LowCardinality(String), arn String, agent String,
  index words raw type text(tokenizer = 'splitByNonAlpha', preprocessor = lower(raw)) granularity 1
) engine = MergeTree order by at settings index_granularity = 1024
"""
INSERT = """
insert into e select raw,
  JSONExtractString(raw, 'eventTime'), JSONExtractString(raw, 'eventName'), JSONExtractString(raw, 'eventSource'),
  JSONExtractString(raw, 'sourceIPAddress'), JSONExtractString(raw, 'errorCode'),
  JSONExtractString(raw, 'userIdentity', 'arn'), JSONExtractString(raw, 'userAgent')
from (select arrayJoin(JSONExtractArrayRaw(line, 'Records')) raw
  from file('{corpus}/*.json.gz', 'LineAsString', 'line String'))
settings max_insert_threads = {threads}
"""

GROUPS = """
create table g engine = MergeTree order by tuple() as
select user.name as user, toLowCardinality(status) as status, ip, bytes
from file('{folder}/*.json.gz', 'JSONEachRow', 'user Tuple(name String), status String, ip String, bytes Int64')
settings max_insert_threads = {threads}
"""
"""The fields of bench/groups.py, declared."""


def run(report: Report, corpus: Path, truth: Truth, work: Path) -> None:
    """Fills the table, merges it, then asks."""
    threads = os.cpu_count() or 1
    database = session.Session(str(work / "clickhouse"))

    def ask(sql: str) -> str:
        return str(database.query(sql)).strip().replace("\n", " ")

    report.version = ask("select version()").strip('"')
    ask(f"set max_threads = {threads}, allow_experimental_full_text_index = 1")
    ask(TABLE)
    report.once("ingest", lambda: ask(INSERT.format(corpus=corpus, threads=threads)))
    report.once("merge", lambda: ask("optimize table e final"))
    report.facts["size_bytes"] = int(ask("select sum(bytes_on_disk) from system.parts where table = 'e' and active"))

    for name, condition in {
        "needle": f"hasToken(raw, '{truth.key}')",
        "absent": f"hasToken(raw, '{truth.absent}')",
        "substring_anywhere": f"raw like '%{truth.agent[2:-2]}%'",
        "field": f"ip = '{truth.address}'",
        "field_substring": f"agent like '%{truth.agent[2:-2]}%'",
        "field_regex": f"match(agent, '{truth.agent[:11]}[0-9a-f]+')",
        "nested_substring": "JSONExtractString(raw, 'requestParameters', 'bucketName') like '%backup%'",
    }.items():
        report.warm(name, partial(ask, f"select count() from e where {condition}"))
    for name, sql in {
        "count_by": "select name, count() c from e group by 1 order by c desc",
        "count_by_nested": "select arn, count() c from e group by 1 order by c desc",
        "filter_count_distinct": "select ip, count() c, uniq(arn) from e where error != '' "
        "group by 1 order by c desc limit 20",
        "newest": "select raw from e order by at desc limit 50",
    }.items():
        report.warm(name, partial(ask, sql))
    ask(GROUPS.format(folder=corpus.parent / FOLDER, threads=threads))
    ask("optimize table g final")
    report.warm(
        "stats_functions",
        partial(ask, "select status, count() c, uniq(ip), quantile(0.95)(bytes) from g group by 1 order by c desc"),
    )


if __name__ == "__main__":
    run_side("clickhouse", run)
