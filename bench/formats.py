"""How quickly each format becomes segments: one thread, the engine alone, text that is made up.

Megabytes of raw text a CPU second, from the first byte to the last finished segment; beside it, in the same run, the
time that `gunzip` and `json.loads` take for JSON lines of the same size, as machines differ and are shared: the ratio
says more than the speed. A quick check while working on one format; bench/indexing.py measures all for the table.

usage: python -m bench.formats [--megabytes 100] [NAME …]
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from functools import partial
from typing import TYPE_CHECKING

from bench.log_texts import FORMATS, json_lines
from lakebed import _core

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW_NS = 1_770_000_000_000_000_000
FEED_BYTES = 1 << 20


def make(lines: Iterator[str], size_bytes: int) -> bytes:
    """So much text, up to the end of a line."""
    made: list[str] = []
    length = 0
    for line in lines:
        made.append(line)
        length += len(line)
        if length >= size_bytes:
            break
    return "".join(made).encode()


def build(text: bytes, name: str) -> int:
    """Segments of the text, as many as there are; the answer is the number of events. `name` is its format."""
    builder = _core.Builder(index="bench")
    builder.begin_object(f"file:///{name}.log", modified_ns=NOW_NS, received_ns=NOW_NS)
    view = memoryview(text)
    for at in range(0, len(text), FEED_BYTES):
        if builder.feed(view[at : at + FEED_BYTES]):
            builder.take_segment()
    report = json.loads(builder.end_object())
    builder.take_segment()
    assert (report["format"], report["unparsed_lines"]) == (name, 0), report
    return int(report["events"])


def read_json(packed: bytes) -> int:
    """What the peer does: unpack, split into lines, parse each."""
    return sum(1 for line in gzip.decompress(packed).splitlines() if json.loads(line))


def cpu_s(run: Callable[[], int]) -> tuple[float, int]:
    """CPU seconds of one run, and its answer."""
    started = time.process_time()
    answer = run()
    return time.process_time() - started, answer


def main() -> None:
    """Prints a line for each format."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("names", nargs="*", metavar="NAME", help=", ".join(FORMATS))
    arguments.add_argument("--megabytes", type=int, default=100)
    chosen = arguments.parse_args()
    size_bytes = chosen.megabytes * 1_000_000
    peer_text = make(json_lines(), size_bytes)
    peer_s, _ = cpu_s(partial(read_json, gzip.compress(peer_text, compresslevel=6)))
    peer_speed = len(peer_text) / 1e6 / peer_s
    print(f"{'gunzip + json.loads':20s} {peer_speed:8.1f} MB/s")
    for name in chosen.names or FORMATS:
        engine_name, lines = FORMATS[name]
        text = make(lines(), size_bytes)
        seconds, events = cpu_s(partial(build, text, engine_name))
        speed = len(text) / 1e6 / seconds
        print(f"{name:20s} {speed:8.1f} MB/s  {speed / peer_speed:5.2f} times the peer's  {events:9,d} events")


if __name__ == "__main__":
    main()
