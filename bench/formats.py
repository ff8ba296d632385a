"""How quickly each format becomes segments: one thread, the engine alone, text that is made up.

Megabytes of raw text a CPU second, from the first byte to the last finished segment; beside it, in the same run, the
time that `gunzip` and `json.loads` take for JSON lines of the same size, as machines differ and are shared: the ratio
says more than the speed.

usage: python -m bench.formats [--megabytes 100] [NAME …]
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from lakebed import _core

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW_NS = 1_770_000_000_000_000_000
START_S = 1_768_471_200
FEED_BYTES = 1 << 20
SEED = 7
HOSTS = 2_000


@dataclass(frozen=True)
class Flow:
    """What a made-up line tells."""

    time_s: float
    uid: str
    source: str
    source_port: int
    target: str
    target_port: int
    sent: int
    received: int
    host: str


def flows() -> Iterator[Flow]:
    """Connections without end, of few hosts often and of many seldom, the same each time."""
    rng = random.Random(SEED)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    at = float(START_S)
    while True:
        at += rng.expovariate(50)
        rank = min(int(rng.paretovariate(0.8)), HOSTS)
        yield Flow(
            time_s=at,
            uid="C" + "".join(rng.choices(letters, k=17)),
            source=f"10.{rank % 7}.{rank // 250}.{rank % 250}",
            source_port=rng.randrange(32_768, 61_000),
            target=f"203.0.{rng.randrange(50)}.{rng.randrange(250)}",
            target_port=rng.choice((443, 443, 443, 80, 53, 22)),
            sent=rng.randrange(40, 5_000),
            received=rng.randrange(40, 500_000),
            host=f"host-{rank}.example.test",
        )


def zeek() -> Iterator[str]:
    """Zeek's connection log."""
    yield "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n"
    names = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state"
    more = "local_orig local_resp missed_bytes history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes tunnel_parents"
    types = "time string addr port addr port enum string interval count count string"
    more_types = "bool bool count string count count count count set[string]"
    yield "#fields\t" + "\t".join(f"{names} {more}".split()) + "\n"
    yield "#types\t" + "\t".join(f"{types} {more_types}".split()) + "\n"
    for flow in flows():
        packets = flow.sent // 60 + 1, flow.received // 1400 + 1
        yield (
            f"{flow.time_s:.6f}\t{flow.uid}\t{flow.source}\t{flow.source_port}\t{flow.target}\t{flow.target_port}\ttcp\tssl\t"
            f"{flow.received / 1e6:.6f}\t{flow.sent}\t{flow.received}\tSF\tT\tF\t0\tShADadFf\t{packets[0]}\t"
            f"{flow.sent + 40 * packets[0]}\t{packets[1]}\t{flow.received + 40 * packets[1]}\t(empty)\n"
        )


def csv() -> Iterator[str]:
    """A table of a proxy, some of its fields quoted."""
    yield "timestamp,user,action,source_ip,source_port,destination_ip,destination_port,url,status,bytes,user_agent\n"
    for flow in flows():
        yield (
            f"{clock(flow)},user{flow.source_port % 500},allow,{flow.source},{flow.source_port},"
            f"{flow.target},{flow.target_port},https://{flow.host}/a/{flow.sent}?b={flow.uid},"
            f'200,{flow.received},"Mozilla/5.0 (X11; Linux x86_64, rv:1)"\n'
        )


def logfmt() -> Iterator[str]:
    """Lines of a service."""
    for flow in flows():
        yield (
            f'time={clock(flow)} level=info msg="request served" src={flow.source}:{flow.source_port} '
            f"dst={flow.target} "
            f"host={flow.host} id={flow.uid} status=200 bytes={flow.received} took={flow.sent / 1e4}\n"
        )


def w3c() -> Iterator[str]:
    """IIS."""
    yield "#Software: Microsoft Internet Information Services 10.0\n"
    request = "cs-method cs-uri-stem cs-uri-query s-port c-ip cs(User-Agent)"
    yield f"#Fields: date time s-ip {request} sc-status sc-bytes time-taken\n"
    for flow in flows():
        yield (
            f"{clock(flow)[:10]} {clock(flow)[11:19]} {flow.target} GET /a/{flow.sent} id={flow.uid} 443 {flow.source} "
            f"Mozilla/5.0+(X11;+Linux+x86_64) 200 {flow.received} {flow.sent % 300}\n"
        )


FORMATS: dict[str, Callable[[], Iterator[str]]] = {"zeek": zeek, "csv": csv, "logfmt": logfmt, "w3c": w3c}


def clock(flow: Flow) -> str:
    """The time as ISO 8601 has it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(flow.time_s))


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
    """Segments of the text, as many as there are; the answer is the number of events."""
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


def json_lines() -> Iterator[str]:
    """The same connections as JSON."""
    return (json.dumps(flow.__dict__) + "\n" for flow in flows())


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
        text = make(FORMATS[name](), size_bytes)
        seconds, events = cpu_s(partial(build, text, name))
        speed = len(text) / 1e6 / seconds
        print(f"{name:20s} {speed:8.1f} MB/s  {speed / peer_speed:5.2f} times the peer's  {events:9,d} events")


if __name__ == "__main__":
    main()
