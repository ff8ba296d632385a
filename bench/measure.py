"""How things are timed: warm medians, CPU seconds of the process and its children, peak memory.

Each side runs in a process of its own and prints one JSON report, so that memory and CPU are not mixed up.
Standard library only: peers run it in another environment.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench.corpus import Truth

if TYPE_CHECKING:
    from collections.abc import Callable

WARM_RUNS = 5  # at least so many; short ones repeat until they fill MEASURE_S, a median of a few milliseconds is noise
MEASURE_S = 0.4
RUNS_MAX = 101


@dataclass
class Report:
    """What one side has measured: name of the measure to its timing, and facts."""

    side: str
    version: str = ""
    timings: dict[str, dict[str, float]] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    facts: dict[str, object] = field(default_factory=dict)

    def once(self, name: str, run: Callable[[], object]) -> None:
        """Times one run: ingest, or a scan that takes seconds."""
        self._time(name, run, 1)

    def warm(self, name: str, run: Callable[[], object], *, runs: int = WARM_RUNS) -> None:
        """Times the median of warm runs; the first, cold one is not counted. The last answer is kept to be checked."""
        run()
        self._time(name, run, runs)

    def _time(self, name: str, run: Callable[[], object], at_least: int) -> None:
        walls: list[float] = []
        cpus: list[float] = []
        answer: object = None
        while len(walls) < at_least or (at_least > 1 and sum(walls) < MEASURE_S and len(walls) < RUNS_MAX):
            cpu, wall = cpu_seconds(), time.perf_counter()
            answer = run()
            walls.append(time.perf_counter() - wall)
            cpus.append(cpu_seconds() - cpu)
        self.timings[name] = {
            "wall_s": median(walls),
            "cpu_s": sum(cpus) / len(cpus),  # the clock of CPU time is coarse: a mean says more than a median
            "wall_s_min": min(walls),
            "wall_s_max": max(walls),
            "runs": len(walls),
        }
        self.answers[name] = str(answer)[:200]
        print(
            f"  {self.side:10s} {name:24s} {median(walls) * 1000:12.3f} ms  {self.answers[name][:60]}", file=sys.stderr
        )

    def print(self) -> None:
        """The report as one line of JSON on standard output."""
        self.facts["peak_rss_bytes"] = peak_rss_bytes()
        print(json.dumps(asdict(self)))


def median(values: list[float]) -> float:
    """The middle value, the upper one of two."""
    return sorted(values)[len(values) // 2]


def cpu_seconds() -> float:
    """CPU seconds so far of this process and of children that have ended."""
    return sum(os.times()[:4])


def peak_rss_bytes() -> int:
    """Most memory that this process has had resident; what getrusage says begins with the parent's."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text()) if status.exists() else None
    return (int(found[1]) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * 1024


def folder_bytes(folder: Path) -> int:
    """Size of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def run_side(side: str, run: Callable[[Report, Path, Truth, Path], None]) -> None:
    """The command line of a side: CORPUS TRUTH WORK; runs it and prints its report."""
    arguments = argparse.ArgumentParser(prog=side)
    arguments.add_argument("corpus", type=Path)
    arguments.add_argument("truth", type=Path)
    arguments.add_argument("work", type=Path)
    chosen = arguments.parse_args()
    report = Report(side)
    report.facts["load_before"] = os.getloadavg()[0]
    run(report, chosen.corpus.resolve(), Truth.read(chosen.truth), chosen.work.resolve())
    report.print()
