"""A runner in a process of its own that dies at a request to the lake. Arguments: a JSON object."""

from __future__ import annotations

import json
import signal
import sys
import threading

from lakebed import config
from lakebed.catalog.catalog import Catalog
from lakebed.configuration import RunConfig
from lakebed.ingest.discovery import limits as discovery_limits
from lakebed.ingest.discovery.place import open_place
from lakebed.ingest.worker import IndexSettings
from lakebed.runner import limits as runner_limits
from lakebed.runner.runner import Runner
from lakebed.runner.source import Source
from lakebed.runner.telling import Telling
from lakebed.state import open_state
from lakebed.storage.faults import FaultRates, FaultStore
from lakebed.storage.open import open_store
from lakebed.storage.retry import RetryStore
from lakebed.telemetry.logs import configure
from lakebed.telemetry.metrics import Metrics
from tests.faults.dying_store import DyingStore


def main() -> None:
    hurry()
    told = json.loads(sys.argv[1])
    store = DyingStore(open_store(told["lake"]), told["fatal_request"], told["delay_s"])
    rates = FaultRates(throttled=told["throttled"], lost_answer=told["throttled"] / 2)
    lake = RetryStore(FaultStore(store, rates, told["seed"])) if told["throttled"] else store
    sources = []
    for number, one in enumerate(told["sources"]):
        settings = IndexSettings("web", segment_bytes=told["segment_bytes"], commit_seconds=0.1)
        place = open_place(one["url"])
        sources.append(Source(f"source{number}", place, settings, queue=one["queue"], list_every_s=one["every_s"]))
    state = open_state(told["state"])
    run = RunConfig(workers=2, commit_seconds=0.1, stop_seconds=20.0)
    reports = Telling(Metrics(), configure(stream=sys.stderr))
    runner = Runner(lake, Catalog(lake), state, sources, run, reports=reports)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    runner.start()
    stop.wait()
    runner.stop()
    print(store.requests)  # noqa: T201 - for who started it


def hurry() -> None:
    """What a dead process held is free again in seconds, and a checkpoint comes often."""
    discovery_limits.SQS_VISIBILITY_S = 3
    discovery_limits.SQS_WAIT_S = 1
    runner_limits.CLAIM_LEASE_S = 3.0
    runner_limits.LISTING_LEASE_S = 3.0
    runner_limits.KEEP_EVERY_S = 0.5
    runner_limits.CLAIM_EVERY_S = 0.1
    runner_limits.PART_RETRY_S = 0.1
    runner_limits.PART_RETRY_S_MAX = 1.0
    runner_limits.OBJECT_RETRY_S = 0.1
    config.CHECKPOINT_COMMITS = 4


if __name__ == "__main__":
    main()
