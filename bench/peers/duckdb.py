"""DuckDB over Parquet (zstd): the whole event as JSON, and seven declared columns, which is what its users do.

`maximum_object_size` is set, since DuckDB otherwise takes more than 18 GB of memory for these files.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import duckdb

from bench.measure import Report, run_side

if TYPE_CHECKING:
    from pathlib import Path

    from bench.corpus import Truth

DECLARED = {
    "happened": "eventTime",
    "name": "eventName",
    "source": "eventSource",
    "ip": "sourceIPAddress",
    "error": "errorCode",
    "arn": "userIdentity.arn",
    "agent": "userAgent",
}


def run(report: Report, corpus: Path, truth: Truth, work: Path) -> None:
    """Copies the corpus into Parquet, then asks."""
    report.version = duckdb.__version__
    connection = duckdb.connect()
    events = (
        f"(select unnest(Records) e from read_json('{corpus}/*.json.gz', columns={{Records: 'JSON[]'}}, "
        "maximum_object_size=33554432))"
    )
    columns = ", ".join(f"e->>'$.{path}' {name}" for name, path in DECLARED.items())
    table = f"'{work / 'events.parquet'}'"
    report.once(
        "ingest",
        lambda: connection.execute(
            f"copy (select e, {columns} from {events}) to {table} (format parquet, compression zstd)"
        ),
    )
    report.facts["size_bytes"] = (work / "events.parquet").stat().st_size

    def ask(sql: str) -> object:
        """The first value of the first row: what it costs to get there is the whole query."""
        return connection.execute(sql).fetchall()[0][0]

    report.once("scan_gzip", lambda: ask(f"select count(*) from {events} where contains(e::varchar, '{truth.key}')"))
    for name, condition in {
        "needle": f"contains(e::varchar, '{truth.key}')",
        "absent": f"contains(e::varchar, '{truth.absent}')",
        "address_anywhere": f"contains(e::varchar, '{truth.address}')",
        "substring_anywhere": f"contains(e::varchar, '{truth.agent[2:-2]}')",
        "field": f"ip = '{truth.address}'",
        "field_substring": f"contains(agent, '{truth.agent[2:-2]}')",
        "field_regex": f"regexp_matches(agent, '{truth.agent[:11]}[0-9a-f]+')",
        "nested_substring": "e->>'$.requestParameters.bucketName' like '%backup%'",
    }.items():
        report.warm(name, partial(ask, f"select count(*) from {table} where {condition}"))
    for name, sql in {
        "count_by": "select name, count(*) from {} group by 1 order by 2 desc",
        "count_by_nested": "select arn, count(*) from {} group by 1 order by 2 desc",
        "filter_count_distinct": "select ip, count(*), count(distinct arn) from {} where error is not null "
        "group by 1 order by 2 desc limit 20",
        "newest": "select e from {} order by happened desc limit 50",
    }.items():
        report.warm(name, partial(ask, sql.format(table)))


if __name__ == "__main__":
    run_side("duckdb", run)
