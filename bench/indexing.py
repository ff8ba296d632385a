"""How quickly logs of each format become segments, for the table: made-up text by the engine alone, EVTX by a lake.

One thread, CPU seconds. `gunzip` and `json.loads` of the JSON lines are timed in the same run: what the machine can do.
EVTX is real records, each as often in a chunk of the file as there is room for: the files of the sample have a few
records in each chunk, and mostly empty space would be measured. Without a sample its row stays open.
"""

from __future__ import annotations

import gzip
import itertools
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import lakebed
from bench.formats import build, make, read_json
from bench.log_texts import ENVELOPES, FORMATS, events_in, in_envelopes
from bench.measure import Report, run_side
from lakebed import _core
from tests.evtx_files import CHUNK_BYTES, dense_chunk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.corpus import Truth

TEXT_BYTES = 40_000_000
EVTX_BYTES = 20_000_000
RUNS = 3
EVTX_HEAD_BYTES = 4096
COPIES = range(60, 8, -2)
"""Records of one kind in a chunk, the most first: tried until they fit."""


def run(report: Report, corpus: Path, truth: Truth, work: Path) -> None:  # noqa: ARG001 - it has texts of its own
    """Times every format, the envelopes of JSON, and EVTX."""
    report.version = _core.__version__
    sizes: dict[str, int] = {}
    for name, (format_name, lines) in FORMATS.items():
        text = make(lines(), TEXT_BYTES)
        sizes[name] = len(text)
        if name == "json":
            report.warm("gunzip + json.loads", partial(read_json, gzip.compress(text, 6)), runs=RUNS)
        report.warm(f"index {name}", partial(build, text, format_name), runs=RUNS)
    for name in ENVELOPES:
        time_envelope(report, name)
    evtx = evtx_file(work)
    if evtx is not None:
        sizes["evtx"] = evtx.stat().st_size
        lakes = itertools.count()
        report.warm("index evtx", lambda: index_file(evtx, next(lakes)), runs=RUNS)
    report.facts["text_bytes"] = sizes


def time_envelope(report: Report, name: str) -> None:
    """The same events on lines of their own and in envelopes. What stands before a list may be an event more."""
    envelope = ENVELOPES[name]
    lines = make((f"{event}\n" for event in events_in(envelope)), TEXT_BYTES)
    wrapped = make(in_envelopes(envelope, iter(lines.decode().splitlines())), 2 * TEXT_BYTES)
    report.warm(f"index {name}, lines", partial(build, lines, "json"), runs=RUNS)
    report.warm(f"index {name}, envelopes", partial(build, wrapped, "json"), runs=RUNS)
    more = int(report.answers[f"index {name}, envelopes"]) - int(report.answers[f"index {name}, lines"])
    assert more in {0, wrapped.count(b"\n")}, f"{name} has other events in envelopes"


def evtx_file(work: Path) -> Path | None:
    """A file of full chunks, made of the first records of the sample's files; None without a sample."""
    source = os.environ.get("LAKEBED_TEST_DATA")
    samples = sorted(Path(source).rglob("*.evtx")) if source else []
    chunks = [chunk for sample in samples for chunk in full_chunk(sample.read_bytes())]
    if not chunks:
        return None
    path = work / "Security.evtx"
    with path.open("wb") as file:
        file.write(samples[0].read_bytes()[:EVTX_HEAD_BYTES])
        for chunk in itertools.islice(itertools.cycle(chunks), EVTX_BYTES // CHUNK_BYTES):
            file.write(chunk)
    return path


def full_chunk(data: bytes) -> Iterator[bytes]:
    """A chunk full of the file's first record, if it has one that fits."""
    for copies in COPIES:
        try:
            yield dense_chunk(data[EVTX_HEAD_BYTES : EVTX_HEAD_BYTES + CHUNK_BYTES], copies)
        except AssertionError:
            continue
        return


def index_file(path: Path, number: int) -> int:
    """Into a lake in memory; the answer is the number of events."""
    with lakebed.open(f"memory://indexing-{number}") as lake:
        totals = lake.index(path, into="bench", workers=1)
    assert (totals.objects_damaged, totals.objects_failed, totals.unparsed_lines) == (0, 0, 0), totals
    return totals.events


if __name__ == "__main__":
    run_side("indexing", run)
