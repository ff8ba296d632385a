"""A runner in a process of its own that dies at a request to the lake. Arguments: a JSON object."""

from __future__ import annotations

import json
import signal
import sys
import threading

from lakebed import config
from lakebed.catalog.catalog import Catalog
from lakebed.configuration import RunConfig
from lakebed.ingest.discovery.place import open_place
from lakebed.ingest.worker import IndexSettings
from lakebed.runner.log_reports import LogReports
from lakebed.runner.runner import Runner
from lakebed.runner.source import Source
from lakebed.state import open_state
from lakebed.storage.faults import FaultRates, FaultStore
from lakebed.storage.open import open_store
from lakebed.storage.retry import RetryStore
from tests.faults.dying_store import DyingStore

# What a dead process held must be free again in seconds, and a checkpoint come often.
config.SQS_VISIBILITY_S = 3
config.SQS_WAIT_S = 1
config.CLAIM_LEASE_S = 3.0
config.LISTING_LEASE_S = 3.0
config.KEEP_EVERY_S = 0.5
config.CLAIM_EVERY_S = 0.1
config.PART_RETRY_S = 0.1
config.PART_RETRY_S_MAX = 1.0
config.OBJECT_RETRY_S = 0.1
config.CHECKPOINT_COMMITS = 4


def main() -> None:
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
    runner = Runner(lake, Catalog(lake), state, sources, run, reports=LogReports(sys.stderr))
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    runner.start()
    stop.wait()
    runner.stop()
    print(store.requests)  # noqa: T201 - for who started it


if __name__ == "__main__":
    main()
