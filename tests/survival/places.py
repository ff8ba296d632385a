"""Where the things of a survival test are: told to every process."""

from __future__ import annotations

import msgspec

from lakebed import config
from lakebed.ingest.discovery import limits as discovery_limits
from lakebed.ingest.discovery.place import open_place
from lakebed.ingest.worker import IndexSettings
from lakebed.runner import limits
from lakebed.runner.source import Source
from lakebed.state import limits as state_limits

LISTED_EVERY_S = 0.5


class Places(msgspec.Struct, frozen=True):
    """URLs. `queue` is empty where nothing tells of new objects: then the logs are listed."""

    lake: str
    logs: str
    state: str
    queue: str = ""


def source_of(places: Places) -> Source:
    """The one source: told of by a queue where there is one, and listed all the same, as news may be lost."""
    settings = IndexSettings("web", commit_seconds=0.1)
    return Source("web", open_place(places.logs), settings, queue=places.queue or None, list_every_s=LISTED_EVERY_S)


def hurry() -> None:
    """Shorter waits than an operator wants: a killed runner's work is free after seconds, not minutes."""
    limits.RUNNER_TICK_S = 0.02
    limits.PART_RETRY_S, limits.PART_RETRY_S_MAX = 0.05, 0.5
    limits.OBJECT_RETRY_S, limits.OBJECT_RETRY_S_MAX = 0.05, 0.5
    limits.CLAIM_LEASE_S = limits.LISTING_LEASE_S = 2.0
    limits.KEEP_EVERY_S = limits.MAINTENANCE_EVERY_S = 0.3
    config.MAINTENANCE_RETRY_WAIT_S = config.MAINTENANCE_LEASE_S = 1.0
    state_limits.LOST_MAX = state_limits.LOST_FEW = 1000  # every runner dies here, whatever it reads
    discovery_limits.SQS_VISIBILITY_S, discovery_limits.SQS_WAIT_S = 2, 1
    config.STORE_BACKOFF_S = 0.002
