"""Tables of `lakebed.toml` whose keys are used as they are: indexes, `[run]`, `[receive]`, `[usage]`.

What each key is for, and what it is when nothing is said, stands here and nowhere else; docs/configuration.md is made
from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakebed import config
from lakebed.config import MIB
from lakebed.configuration import readers
from lakebed.configuration.durations import DAY_S, YEARS_100_S, duration, retention
from lakebed.configuration.option import option

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class IndexConfig:
    """`[indexes.NAME]`: an index. Every index that a source writes into has its table, which may be empty."""

    name: str
    retention_s: int | None = option(
        retention(3_600, YEARS_100_S),
        'how long events are kept, by their own time: `"90d"`, `"52w"`, or `"forever"`',
        None,
        shown='"forever"',
        key="retention",
    )
    description: str = option(readers.any_text, "what it holds, for people", "")
    access: tuple[str, ...] = option(
        readers.texts, "roles that may search it; kept for the server that is to come, enforced by nothing yet", ()
    )


@dataclass(frozen=True)
class RunConfig:
    """`[run]`: how `lakebed run` works."""

    workers: int | None = option(
        readers.whole(1, 64),
        "threads that index; as many as cores and memory allow, when nothing is said",
        None,
    )
    commit_seconds: float = option(
        readers.number(0.05, 3_600), "what is indexed becomes visible after at most so long", 2.0, shown="2"
    )
    batch_bytes: int = option(
        readers.size(MIB, 4096 * MIB),
        "objects of one source that are indexed into one segment",
        64 * MIB,
        shown='"64 MiB"',
    )
    tries: int = option(readers.whole(1, 100), "an object that failed so often is set aside", 5, shown="5")
    http: str | None = option(
        readers.address,
        'where `/metrics`, `/healthz` and `/readyz` are served; `"off"` for nowhere',
        "127.0.0.1:9090",
        shown='"127.0.0.1:9090"',
    )
    stop_seconds: float = option(
        readers.number(0, 3_600),
        "how long it may take to finish or hand back work when it is told to stop",
        30.0,
        shown="30",
    )
    list_every_s: float = option(
        duration(1, 30 * DAY_S),
        "how often buckets and folders without notifications are listed",
        60.0,
        shown='"1m"',
        key="list_every",
    )
    memory_bytes: int = option(
        readers.size(config.INGEST_BASE_BYTES + config.INGEST_WORKER_BYTES, 1 << 40),
        "most memory of the process; how many workers there are follows from it",
        config.INGEST_MEMORY_BYTES,
        shown='"600 MiB"',
    )


@dataclass(frozen=True)
class ReceiveConfig:
    """`[receive]`: where `lakebed receive` listens, and its limits. Who may send is told by the sources."""

    http: str | None = option(
        readers.address,
        'address of the HTTP endpoints (newline JSON, Splunk HEC, Elasticsearch `_bulk`, OTLP); `"off"` for none',
        "127.0.0.1:8088",
        shown='"127.0.0.1:8088"',
    )
    metrics: str | None = option(
        readers.address,
        'where its `/metrics`, `/healthz` and `/readyz` are served; `"off"` for nowhere',
        "127.0.0.1:9091",
        shown='"127.0.0.1:9091"',
    )
    tls_certificate: Path | None = option(
        readers.path, "file of the certificate and its chain in PEM, for HTTP and syslog over TLS", None
    )
    tls_key: Path | None = option(readers.path, "file of its key in PEM", None)
    tls_clients: Path | None = option(
        readers.path, "certificates in PEM that senders of syslog over TLS must be signed by; any, without it", None
    )
    query_tokens: bool = option(
        readers.flag,
        "whether HEC takes tokens in the query string, where they end up in logs",
        default=False,
        shown="false",
    )
    wait_seconds: float = option(
        readers.number(0, 60),
        "how long a request may wait for others, to be written into one object with them",
        0.2,
        shown="0.2",
    )
    batch_bytes: int = option(
        readers.size(1024, 1024 * MIB), "so much of one source is written without waiting", 8 * MIB, shown='"8 MiB"'
    )
    body_bytes: int = option(
        readers.size(1024, 1024 * MIB), "largest body of a request as sent", 16 * MIB, shown='"16 MiB"'
    )
    decompressed_bytes: int = option(
        readers.size(1024, 4096 * MIB), "largest body of a request after decompression", 128 * MIB, shown='"128 MiB"'
    )
    line_bytes: int = option(
        readers.size(256, 256 * MIB), "longest single event or line of syslog", MIB, shown='"1 MiB"'
    )
    connections: int = option(readers.whole(1, 100_000), "most connections at once", 1_000, shown="1000")
    in_flight_bytes: int = option(
        readers.size(MIB, 1 << 40),
        "bytes that wait to be written; beyond that clients are told to come again",
        256 * MIB,
        shown='"256 MiB"',
    )
    stop_seconds: float = option(
        readers.number(0, 3_600),
        "how long it may take to write what is waiting when it is told to stop",
        30.0,
        shown="30",
    )


@dataclass(frozen=True)
class UsageConfig:
    """`[usage]`: events of Lakebed itself in the index `_usage`."""

    objects: bool = option(readers.flag, "an event for each object that is indexed", default=True, shown="true")
    queries: bool = option(readers.flag, "an event for each search", default=False, shown="false")
