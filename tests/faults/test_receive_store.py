"""A store that throttles and loses answers: clients that send again until they are acknowledged lose nothing.

With ids (`_bulk`) each event is in the lake once; without, at least once. The first also on a real S3 server.
"""

from __future__ import annotations

import gzip
import json
import os
import threading
from typing import TYPE_CHECKING

import pytest

from lakebed.storage.faults import FaultRates, FaultStore
from lakebed.storage.open import open_store
from tests.unit.receive.serving import Running, raw_lines, receiving

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from lakebed.serve.receive.batches import Stored
    from tests.servers import S3Server

CLIENTS = 4
EVENTS_EACH = 25
SEEDS = int(os.environ.get("RECEIVE_SEEDS", "5"))


def send_all(running: Running, client: int, rng_numbers: list[float]) -> None:
    """Each event until it is acknowledged; sometimes twice although it is, as after a lost answer."""
    for place in range(EVENTS_EACH):
        number = client * EVENTS_EACH + place
        body = f'{{"create":{{"_index":"a","_id":"{number}"}}}}\n{{"n":{number},"time":"2026"}}\n'
        is_once_more = rng_numbers[place] < 0.2
        while True:
            answer = running.send("/_bulk", body)
            assert answer.status in {200, 503}, answer
            if answer.status == 200 and not is_once_more:
                break
            is_once_more = is_once_more and answer.status != 200


def check(running: Running, rng: random.Random) -> list[int]:
    drawn = [[rng.random() for _ in range(EVENTS_EACH)] for _ in range(CLIENTS)]
    threads = [threading.Thread(target=send_all, args=(running, n, drawn[n])) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [json.loads(line)["n"] for line in raw_lines(open_store(running.lake), "app")]


@pytest.mark.parametrize("run", range(SEEDS))
def test_a_store_that_fails_a_fifth_of_the_requests(tmp_path: Path, rng: random.Random, run: int) -> None:
    rates = FaultRates(throttled=0.2, lost_answer=0.1)
    store = FaultStore(open_store(str(tmp_path / "lake")), rates, rng.randrange(1 << 30))
    stored: list[Stored] = []
    with receiving(tmp_path / "lake", store=store, on_stored=stored.append) as running:
        found = check(running, rng)
    assert set(found) == set(range(CLIENTS * EVENTS_EACH)), "acknowledged and not there"
    # an object that was written although its answers were lost is taken back, which may fail as well: no client has
    # an answer for it, and what it holds may be there twice
    lake = open_store(running.lake)
    answered = [line for one in stored for line in gzip.decompress(lake.get(one.key)).splitlines()]
    assert sorted(json.loads(line)["n"] for line in answered) == list(range(CLIENTS * EVENTS_EACH))


@pytest.mark.server
def test_s3_has_each_event_once(s3: S3Server, rng: random.Random) -> None:
    lake = s3.url(f"receive-{rng.randrange(1 << 30)}")
    with receiving(lake) as running:
        found = check(running, rng)
        assert sorted(found) == list(range(CLIENTS * EVENTS_EACH))
        rows = running.rows("_index: a")
    assert sorted(int(str(row.event["n"])) for row in rows) == sorted(found)
