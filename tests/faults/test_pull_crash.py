"""kill -9 at any step of runners that pull: after indexing, every event that the service had is in the lake once.

The service keeps the ledger. Runners die at a step drawn from the seed, the first or a later time that they come to it:
before or after anything that they ask of the store, the state or the service. Several run at once, on SQLite and on
PostgreSQL. `CRASH_KILLS` asks for more.
"""

from __future__ import annotations

import collections
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import lakebed
from lakebed.ingest.raw import pack_lines
from lakebed.model import Row
from lakebed.pull.records import read_time_ms
from lakebed.storage.local import LocalStore
from tests.unit.pull.feeds import raw_objects
from tests.unit.pull.services import GithubService, OktaService, Reply

if TYPE_CHECKING:
    import random

    from tests.unit.pull.services import Service

REPOSITORY = Path(__file__).parents[2]
KILLS = int(os.environ.get("CRASH_KILLS", "20"))
RUNNERS = 2
KINDS = ("okta", "github")

STEPS = ["before request", "after request", "before get cursor", "before move", "after move", "before create"]
STEPS += ["after create", "before head", "before offer", "after offer"]

# Small pages and few of them in a poll: many objects, and many moments between which a kill can fall.
RUNNER = """
import os, signal, sys, threading, time
from lakebed import config
from lakebed.pull.fetch import World
from lakebed.pull.http import HttpClient
from lakebed.pull.schedule import PullSource, PullWorker
from lakebed.state import open_state
from lakebed.storage.open import open_store
from tests.unit.pull.feeds import Hooked

lake, state_url, okta, github, fatal, left = *sys.argv[1:6], int(sys.argv[6])
config.PULL_PAGES = 2
config.PULL_LEASE_S = 0.01  # a runner believes that it owns a source while another has taken it

def hook(name):
    global left
    left -= name == fatal
    if not left and name == fatal:
        os.kill(os.getpid(), signal.SIGKILL)

send = HttpClient.send
def hooked_send(self, request):
    hook("before request")
    answer = send(self, request)
    hook("after request")
    return answer
HttpClient.send = hooked_send

home = {"token": "env:T", "private_addresses": True, "plain_http": True, "requests_per_minute": 60000, "poll_every": 1}
sources = [
    PullSource("okta", "okta", {"domain": okta, **home}),
    PullSource("github", "github", {"url": github, "organization": "acme", **home}),
]
with open_state(state_url) as state:
    hooked = Hooked(open_store(lake), state, hook)
    world = World(environment={"T": "s3cret"}, sleep=lambda seconds: None)
    worker = PullWorker(sources, hooked.state, hooked.store, owner=str(os.getpid()), world=world)
    for _ in range(400):
        for name in ("okta", "github"):
            worker.step(name)
        status = worker.status()
        if all(one.is_ours and one.is_caught_up for one in status.values()):
            break
        if not fatal:
            time.sleep(0.02)  # the lease of one that was killed ends a second after it
print("to the end")
"""


class Place:
    """Services, a lake and a state."""

    def __init__(self, lake: Path, state_url: str, okta: OktaService, github: GithubService) -> None:
        self.lake = lake
        self.state_url = state_url
        self.services: list[OktaService | GithubService] = [okta, github]
        self.counts = collections.Counter[str]()

    def add(self, rng: random.Random) -> None:
        """Some events more at each service, some of them late."""
        now_ms = int(time.time() * 1000)
        for kind, service in zip(KINDS, self.services, strict=True):
            for _ in range(rng.randint(0, 12)):
                service.add(self.counts[kind], now_ms - rng.choice([0, 0, 1_000, 120_000]))
                self.counts[kind] += 1
            service.page = rng.randint(1, 5)

    def runner(self, fatal: str = "", times: int = 1) -> subprocess.Popen[str]:
        urls = [service.url for service in self.services]
        command = [sys.executable, "-c", RUNNER, str(self.lake), self.state_url, *urls, fatal, str(times)]
        return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run_all(runners: list[subprocess.Popen[str]]) -> list[str]:
    """Waits for all; what they print, nothing for those that were killed."""
    printed = []
    for one in runners:
        out, err = one.communicate(timeout=120)
        assert one.returncode in {0, -signal.SIGKILL}, err
        printed.append(out)
    return printed


def faults(rng: random.Random) -> list[Reply | None]:
    """What a service does wrong now and then."""
    bad = [Reply(500), Reply(503), Reply(200, b'[{"n"', cut=3), Reply(cut=-1), Reply(200, b"<html>")]
    return [rng.choice([None, None, *bad]) for _ in range(6)]


@pytest.mark.slow
def test_kill_9_at_any_step_of_pulling(state_url: str, tmp_path: Path, rng: random.Random, seed: int) -> None:
    lake = tmp_path / "lake"
    with OktaService() as okta, GithubService() as github:
        place = Place(lake, state_url, okta, github)
        place.add(rng)
        run_all([place.runner()])
        killed = 0
        for number in range(KILLS // RUNNERS):
            place.add(rng)
            for service in place.services:
                _fail(service, rng)
            runners = [place.runner(rng.choice(STEPS), rng.randint(1, 4)) for _ in range(RUNNERS)]
            printed_all = run_all(runners)
            killed += printed_all.count("")
            print(f"seed {seed}, round {number}: {printed_all}")  # noqa: T201 - shown when it fails
        for service in place.services:
            service.faults = []
        for _ in range(2):
            run_all([place.runner()])
        assert killed > 0, "nobody was killed: the test proves nothing"
        for kind in KINDS:
            assert indexed(lake, kind, tmp_path) == list(range(place.counts[kind])), kind
            assert sum(len(found) for _, found in raw_objects(LocalStore(lake), kind)) == place.counts[kind]


def test_the_object_that_blocks_a_lost_attempt_is_no_event_and_no_damage(tmp_path: Path) -> None:
    LocalStore(tmp_path / "lake").create("raw/okta/2026/01/01/00/x.ndjson.gz", pack_lines([]))
    assert indexed(tmp_path / "lake", "okta", tmp_path) == []


def event_time_ns(row: Row) -> int:
    """As the service wrote it: the parser must have found it."""
    told = row.event.get("published", row.event.get("@timestamp"))
    time_ms = told if isinstance(told, int) else read_time_ms(json.dumps(told).encode(), "rfc3339")
    assert time_ms is not None
    return time_ms * 1_000_000


def _fail(service: Service, rng: random.Random) -> None:
    service.faults = faults(rng)


def indexed(lake: Path, kind: str, folder: Path) -> list[int]:
    """The numbers of all events that a search finds once the raw objects are indexed; times and type are understood."""
    with lakebed.open(str(folder / f"indexed-{kind}")) as opened:
        totals = opened.index(str(lake / "raw" / kind), into=kind)
        assert (totals.objects_failed, totals.objects_damaged, totals.unparsed_lines) == (0, 0, 0)
        found = []
        for row in opened.search("*"):
            assert isinstance(row, Row)
            number = row.event["n"]
            assert isinstance(number, int)
            assert row.time_ns == event_time_ns(row)
            found.append(number)
    return sorted(found)
