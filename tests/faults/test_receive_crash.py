"""kill -9 of a receiver while clients send: what was acknowledged is in a raw object, whenever it dies.

The ledger is the clients': each event has a number of its own, and is sent once. The process dies at a request
to the lake that the seed draws, or just after it. `RECEIVE_KILLS` asks for more kills than CI makes.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import lakebed
from lakebed.model import Row
from lakebed.storage.open import open_store
from tests.receivers import TOKEN, receiver_process
from tests.unit.receive.serving import raw_lines

if TYPE_CHECKING:
    import random

REPOSITORY = Path(__file__).parents[2]
KILLS = int(os.environ.get("RECEIVE_KILLS", "8"))

# the store dies at a request; in a receiver that nothing of is replaced but that
PROGRAM = """
import sys
import lakebed.storage.open as opening
from tests.faults.dying_store import DyingStore
real = opening.open_store
fatal, delay = int(sys.argv[1]), float(sys.argv[2])
opening.open_store = lambda url: DyingStore(real(url), fatal, delay)
del sys.argv[1:3]
from lakebed.cli.program import main
main()
"""


@dataclass
class Ledger:
    """Numbers up to `number` were sent, each once."""

    acknowledged: set[int] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    number: int = 0

    def next_number(self) -> int:
        with self.lock:
            self.number += 1
            return self.number


def request(kind: str, number: int) -> tuple[str, str]:
    """Path and body."""
    event = f'{{"n":{number},"time":"2026-01-01T00:00:00Z"}}'
    if kind == "json":
        return "/v1/logs/app", event + "\n"
    if kind == "hec":
        return "/services/collector/event", f'{{"time":1767225600,"event":{event}}}'
    return "/logs/_bulk", f'{{"create":{{"_id":"{number}"}}}}\n{event}\n'


def send_until(stop: threading.Event, port: int, kind: str, ledger: Ledger) -> None:
    """Sends events one after the other; ends when the receiver is gone."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        while not stop.is_set():
            number = ledger.next_number()
            path, body = request(kind, number)
            try:
                connection.request("POST", path, body, headers)
                response = connection.getresponse()
                answer = response.read()
            except (OSError, http.client.HTTPException):
                return
            if response.status == 200 and b'"errors":true' not in answer:
                with ledger.lock:
                    ledger.acknowledged.add(number)


@pytest.mark.slow
def test_what_was_acknowledged_outlives_the_receiver(tmp_path: Path, rng: random.Random, seed: int) -> None:
    ledger = Ledger()
    environment = {"PYTHONPATH": os.pathsep.join([str(REPOSITORY), os.environ.get("PYTHONPATH", "")])}
    killed = 0
    for number in range(KILLS):
        fatal, delay = rng.randint(1, 20), rng.choice([0.0, rng.random() * 0.05])
        before = len(ledger.acknowledged)
        with receiver_process(
            tmp_path / "here",
            program=PROGRAM,
            arguments=(str(fatal), repr(delay), "receive"),
            environment=environment,
        ) as running:
            stop = threading.Event()
            threads = [
                threading.Thread(target=send_until, args=(stop, running.ports[0], kind, ledger))
                for kind in ("json", "hec", "bulk", "json")
            ]
            for thread in threads:
                thread.start()
            running.process.wait(timeout=120)
            stop.set()
            for thread in threads:
                thread.join()
            killed += running.process.returncode == -signal.SIGKILL
        stored = numbers(raw_lines(open_store(running.lake), "app"))
        gained = len(ledger.acknowledged) - before
        print(f"seed {seed}, {number}: dies at request {fatal} + {delay:.3f} s, {gained} acknowledged")  # noqa: T201 - shown when it fails
        assert ledger.acknowledged <= set(stored), "acknowledged and not stored"
        assert set(stored) <= set(range(1, ledger.number + 1)), "stored and never sent"
    assert killed == KILLS
    assert len(ledger.acknowledged) > KILLS, "next to nothing was acknowledged: the test proves nothing"
    lake = lakebed.open(str(tmp_path / "here" / "lake"))
    totals = lake.index(f"{tmp_path}/here/lake/raw/app/", into="app")
    assert (totals.objects_failed, totals.objects_damaged, totals.unparsed_lines) == (0, 0, 0)
    found = Counter(row.event["n"] for row in lake.search("*") if isinstance(row, Row))
    lake.close()
    assert found == Counter(numbers(raw_lines(open_store(str(tmp_path / "here" / "lake")), "app")))
    # each was sent once, so none is there twice, acknowledged or not
    assert set(found.values()) == {1}


def numbers(lines: list[bytes]) -> list[int]:
    return [json.loads(line)["n"] for line in lines]
