"""Runs every side on one corpus, one after the other, and writes the table: what must hold, what was measured.

usage: python -m bench.run [--peers-python PATH] [--source DIR] [--only SIDE …] [--out DIR]

Each side is a process of its own (bench/measure.py). A side that fails is said so in the results; its rows stay open.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import groups
from bench.corpus import EVENTS_WANTED, Truth, sample_events, write_corpus
from bench.table import results_markdown, table_rows

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "bench" / "work"
PEERS = ("duckdb", "clickhouse", "tantivy", "ripgrep")
OURS = ("engine", "lakebed", "indexing", "catalog", "running", "compaction", "receive")
SEED = 7


def main() -> int:
    """Prints the table; exit code 1 when a row is not met."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--peers-python", default=sys.executable, help="Python that has the peers installed")
    arguments.add_argument("--source", type=Path, default=find_sample_logs(), help="folder of real CloudTrail samples")
    arguments.add_argument("--only", nargs="*", default=[*OURS, *PEERS], choices=[*OURS, *PEERS])
    arguments.add_argument("--out", type=Path, default=None, help="default: bench/runs/<date>")
    chosen = arguments.parse_args()
    corpus, truth_file = prepare_corpus(chosen.source)
    if not groups.truth_file(WORK / groups.FOLDER).exists():
        print("making events of a million users, half a minute", file=sys.stderr)
        groups.make(WORK / groups.FOLDER)
    reports: dict[str, Any] = {}  # JSON of each side
    for side in chosen.only:
        is_peer = side in PEERS
        module, python = (f"bench.peers.{side}", chosen.peers_python) if is_peer else (f"bench.{side}", sys.executable)
        reports[side] = run_side(python, module, corpus, truth_file, chosen.source)
    rows = table_rows(reports)
    now = datetime.now(UTC)
    facts = machine_facts()
    text = results_markdown(rows, reports, facts, Truth.read(truth_file), now)
    out = chosen.out or ROOT / "bench" / "runs" / now.strftime("%Y-%m-%d")
    out.mkdir(parents=True, exist_ok=True)
    (out / "results.md").write_text(text)
    results = {"at": now.isoformat(timespec="seconds"), "machine": facts, "rows": rows, "reports": reports}
    (out / "results.json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    print(text)
    print(f"written to {out}", file=sys.stderr)
    return 0 if all(row["met"] in {"yes", "–"} for row in rows) else 1


def find_sample_logs() -> Path | None:
    """LAKEBED_TEST_DATA, else `shared/data` beside a folder above this one, else nothing."""
    told = os.environ.get("LAKEBED_TEST_DATA")
    if told:
        return Path(told)
    return next((p for p in (parent / "shared" / "data" for parent in ROOT.parents) if p.is_dir()), None)


def prepare_corpus(source: Path | None) -> tuple[Path, Path]:
    """The amplified corpus and its truth, made once per source."""
    name = "corpus" if source else "corpus-made-up"
    corpus, truth_file = WORK / name, WORK / f"{name}.truth.json"
    if not truth_file.exists():
        print("amplifying the corpus, a minute or two", file=sys.stderr)
        shutil.rmtree(corpus, ignore_errors=True)
        events = sample_events(source, SEED)
        truth = write_corpus(events, corpus, max(1, round(EVENTS_WANTED / len(events))), SEED)
        truth_file.write_text(json.dumps(asdict(truth)))
    return corpus, truth_file


def run_side(python: str, module: str, corpus: Path, truth_file: Path, source: Path | None) -> dict[str, Any]:
    """One side's report; `{"failed": …}` when it did not give one."""
    print(module, file=sys.stderr, flush=True)
    work = WORK / module.rsplit(".", 1)[-1]
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LAKEBED_TEST_DATA": str(source or "")}
    command = [python, "-m", module, str(corpus), str(truth_file), str(work)]
    done = subprocess.run(command, stdout=subprocess.PIPE, env=environment, cwd=ROOT, check=False, text=True)
    shutil.rmtree(work, ignore_errors=True)
    if done.returncode != 0:
        return {"failed": f"exit code {done.returncode}"}
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])  # JSON
    return report


def machine_facts() -> dict[str, str]:
    """What the numbers depend on; no names of hosts or people."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in _read("/proc/cpuinfo").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory_kb = next((line.split()[1] for line in _read("/proc/meminfo").splitlines() if "MemTotal" in line), "0")
    return {
        "cpu": cpu,
        "cores": str(os.cpu_count()),
        "memory": f"{int(memory_kb) / 1024 / 1024:.0f} GiB",
        "system": f"{platform.system()} {platform.release().split('-', maxsplit=1)[0]}",
        "python": platform.python_version(),
        "load at the end": f"{os.getloadavg()[0]:.1f}",
        "commit": _git("rev-parse", "--short", "HEAD")
        + (" (changed)" if _git("status", "--porcelain", "-uno") else ""),
    }


def _read(path: str) -> str:
    return Path(path).read_text() if Path(path).exists() else ""


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
