"""ripgrep over the gzip'd files: no index, nothing to set up, what everybody has."""

from __future__ import annotations

import os
import subprocess
from functools import partial
from typing import TYPE_CHECKING

from bench.corpus import FREQUENT
from bench.measure import Report, run_side

if TYPE_CHECKING:
    from pathlib import Path

    from bench.corpus import Truth


def run(report: Report, corpus: Path, truth: Truth, work: Path) -> None:  # noqa: ARG001 - it keeps nothing on disk
    """Counts matches in the compressed files; a file is one line, so matches are counted, not lines."""
    report.version = _rg("--version").split("\n")[0].removeprefix("ripgrep ").split(" ")[0]
    report.facts["size_bytes"] = sum(path.stat().st_size for path in corpus.glob("*.gz"))

    def count(pattern: str, *options: str) -> int:
        common = ["--search-zip", "--count-matches", "--no-filename", f"-j{os.cpu_count()}"]
        return sum(map(int, _rg(*common, *options, pattern, str(corpus)).split()))

    for name, pattern in {
        "needle": truth.key,
        "absent": truth.absent,
        "address_anywhere": truth.address.replace(".", "\\."),
        "substring_anywhere": truth.agent[2:-2],
        "field_regex": f"{truth.agent[:11]}[0-9a-f]+",
    }.items():
        report.warm(name, partial(count, pattern))
    for name, word in {"grep_rare": truth.key, "grep_frequent": FREQUENT}.items():
        report.warm(name, partial(count, word, "--ignore-case"))


def _rg(*arguments: str) -> str:
    return subprocess.run(["rg", *arguments], capture_output=True, text=True, check=False).stdout


if __name__ == "__main__":
    run_side("ripgrep", run)
