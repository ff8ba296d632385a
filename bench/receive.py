"""How many events a second a receiver acknowledges, each durable in a folder first: `lakebed receive` on one core.

The clients run on the other cores, if there are any, and send the same body again and again over connections that stay
open; the receiver has one core to itself. Its own CPU seconds are told beside the time that passed, as machines are
shared. A quick look: python -m bench.receive.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.measure import Report, run_side

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.corpus import Truth

TOKEN = "a-token-of-the-benchmark"
CLIENTS = 64
"""Each waits for its answer, a fifth of a second and more: so many keep the receiver busy."""

EVENTS_EACH = 500
"""In a request; shippers send hundreds to thousands."""

SECONDS = 5.0
PROGRAM = "from lakebed.cli.program import main; main()"
CONFIGURATION = """\
lake = "lake"
[indexes.app]
[sources.app]
kind = "receive"
index = "app"
tokens = ["env:BENCH_TOKEN"]
[receive]
http = "127.0.0.1:0"
metrics = "off"
"""


def run(report: Report, corpus: Path, truth: Truth, work: Path) -> None:  # noqa: ARG001 - it sends events of its own
    """Measures each protocol."""
    report.facts["receive"] = {name: measure(work / name, *body(name)) for name in ("json", "hec")}


def body(name: str) -> tuple[str, bytes]:
    """Path and body of a request: events of some 190 bytes."""
    events = [event(number) for number in range(EVENTS_EACH)]
    if name == "json":
        return "/v1/logs/app", b"".join(json.dumps(one).encode() + b"\n" for one in events)
    wrapped = [{"time": 1_767_323_045.25, "host": "web-1", "sourcetype": "app", "event": one} for one in events]
    return "/services/collector/event", b"\n".join(json.dumps(one).encode() for one in wrapped)


def event(number: int) -> dict[str, object]:
    """One event of an application."""
    user = f"user-{number % 50}"
    return {
        "time": "2026-01-02T03:04:05Z",
        "user": user,
        "action": "login",
        "source_ip": f"10.0.0.{number % 250}",
        "ok": number % 3 == 0,
        "bytes": number * 7,
        "message": f"{user} logged in from the office of the north",
    }


def measure(folder: Path, path: str, content: bytes) -> dict[str, float]:
    """Events acknowledged a second, by the clock and by the receiver's CPU time."""
    with receiver(folder) as (process, port):
        stop = time.perf_counter() + SECONDS
        counts = [0] * CLIENTS

        def send(number: int) -> None:
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
                while time.perf_counter() < stop:
                    connection.request("POST", path, content, {"Authorization": f"Bearer {TOKEN}"})
                    response = connection.getresponse()
                    response.read()
                    assert response.status == 200, response.status
                    counts[number] += EVENTS_EACH

        cpu_before, started = cpu_s(process.pid), time.perf_counter()
        threads = [threading.Thread(target=send, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        passed, used = time.perf_counter() - started, cpu_s(process.pid) - cpu_before
    events = sum(counts)
    return {
        "events": events,
        "event_bytes": len(content) / EVENTS_EACH,
        "events_per_s": events / passed,
        "events_per_cpu_s": events / used,
    }


@contextlib.contextmanager
def receiver(folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A receiver on a core of its own, and its port."""
    folder.mkdir(parents=True)
    (folder / "lakebed.toml").write_text(CONFIGURATION)
    cores = sorted(os.sched_getaffinity(0))
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "receive"],
        cwd=folder,
        env={**os.environ, "BENCH_TOKEN": TOKEN},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        os.sched_setaffinity(process.pid, {cores[-1]})
        os.sched_setaffinity(0, set(cores[:-1]) or set(cores))
        line = process.stderr.readline()
        (place,) = json.loads(line)["places"]
        yield process, int(place.rpartition(":")[2])
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        os.sched_setaffinity(0, set(cores))
        process.kill()
        process.communicate()


def cpu_s(process: int) -> float:
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Prints what was measured."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("json", "hec"):
            found: dict[str, Any] = measure(Path(folder) / name, *body(name))
            told = f"{found['events_per_s']:10,.0f} events/s {found['events_per_cpu_s']:10,.0f} per CPU second"
            print(f"{name:6s} {told} ({found['event_bytes']:.0f} bytes each)")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        run_side("receive", run)
    else:
        main()
