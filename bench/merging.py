"""How quickly segments become one, beside indexing the same text anew, in one run: one thread, the engine alone.

Megabytes of made-up text a CPU second. `small`: segments of some hundred kB of text, as an indexer leaves them that
commits every few seconds. `large`: those of an earlier merge, whose row groups are full. All events must be there
again. Peak memory is that of the whole process, the inputs in it.

usage: python -m bench.merging [--megabytes 100] [--small-kb 256] [--large-mb 32] [NAME …]
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bench.formats import FEED_BYTES, NOW_NS, cpu_s, make
from bench.log_texts import FORMATS
from lakebed import _core

if TYPE_CHECKING:
    from collections.abc import Callable

INDEX = "bench"


@dataclass(frozen=True)
class Stored:
    """A segment in memory."""

    address: bytes
    data: bytes
    events: int


def stored(segment: _core.Segment) -> Stored:
    """What is kept of a finished segment."""
    return Stored(segment.address, segment.data, json.loads(segment.summary)["events"])


def index(text: bytes, name: str, segment_bytes: int) -> list[Stored]:
    """Segments of an object for each part of the text that is so long."""
    segments = []
    at = 0
    while at < len(text):
        end = text.find(b"\n", min(at + segment_bytes, len(text)) - 1) + 1
        builder = _core.Builder(index=INDEX)
        builder.begin_object(f"file:///{name}/{at}.log", modified_ns=NOW_NS, received_ns=NOW_NS)
        part = memoryview(text)[at:end]
        for step in range(0, len(part), FEED_BYTES):
            builder.feed(part[step : step + FEED_BYTES])
        builder.end_object()
        segment = builder.take_segment()
        assert segment is not None
        segments.append(stored(segment))
        at = end
    return segments


def merge(inputs: list[Stored]) -> list[Stored]:
    """One segment of many."""
    merging = _core.Merge(index=INDEX)
    for number, source in enumerate(inputs):
        merging.add(_core.SegmentReader(source.address, f"{number}"))
    while needs := merging.needs():
        merging.feed([inputs[number].data[offset : offset + length] for number, offset, length in needs])
    segment = merging.finish()
    assert segment is not None
    return [stored(segment)]


def events(segments: list[Stored]) -> int:
    """Events in all of them."""
    return sum(segment.events for segment in segments)


def measure(name: str, text: bytes, small_bytes: int, large_bytes: int) -> str:
    """A line of the table."""
    whole_s, whole = timed(partial(index, text, name, len(text)))
    small = index(text, name, small_bytes)
    large = index(text, name, large_bytes)
    small_s, of_small = timed(partial(merge, small))
    large_s, of_large = timed(partial(merge, large))
    assert events(whole) == events(of_small) == events(of_large)
    megabytes = len(text) / 1e6
    sizes = [sum(len(segment.data) for segment in group) / 1e6 for group in (whole, small, of_small, of_large)]
    return (
        f"{name:16s} {megabytes / whole_s:8.1f} {megabytes / small_s:8.1f} {whole_s / small_s:5.2f}x"
        f" {megabytes / large_s:8.1f} {whole_s / large_s:5.2f}x"
        f"   {sizes[0]:7.2f} {sizes[1]:7.2f} {sizes[2]:7.2f} {sizes[3]:7.2f}  {len(small):5d} {len(large):4d}"
    )


def timed(run: Callable[[], list[Stored]]) -> tuple[float, list[Stored]]:
    """CPU seconds of one run, and its answer."""
    answers: list[list[Stored]] = []

    def once() -> int:
        answers.append(run())
        return 0

    gc.collect()
    seconds, _ = cpu_s(once)
    return seconds, answers[0]


def main() -> None:
    """Prints a line for each format."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("names", nargs="*", metavar="NAME", help=", ".join(FORMATS))
    arguments.add_argument("--megabytes", type=int, default=100)
    arguments.add_argument("--small-kb", type=int, default=256)
    arguments.add_argument("--large-mb", type=int, default=32)
    chosen = arguments.parse_args()
    print("MB of text/s:   index    small           large   MB stored: whole, small, merged of small, of large; inputs")
    for name in chosen.names or FORMATS:
        _, lines = FORMATS[name]
        text = make(lines(), chosen.megabytes * 1_000_000)
        print(measure(name, text, chosen.small_kb * 1000, chosen.large_mb * 1_000_000), flush=True)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:.0f} MB, the texts and inputs in it")


if __name__ == "__main__":
    main()
