"""Lines of logs that are made up: the same connections as each format tells them.

Few hosts come often and many seldom, as they do; ids are of one event each, which is what costs an index most.
"""

from __future__ import annotations

import itertools
import json
import random
import time
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench import syslog_lines
from demo.nginx import AGENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

START_S = 1_768_471_200
SEED = 7
HOSTS = 2_000
ENVELOPE_EVENTS = 1_000
"""Events in one envelope: CloudTrail's files have some hundred to some thousand."""


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


@dataclass(frozen=True)
class Envelope:
    """What stands before the events of an envelope, and what tells whose they are."""

    before: str
    time_field: str
    signs: dict[str, str]


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


def vpcflow() -> Iterator[str]:
    """Flow logs of a VPC in their standard columns."""
    yield (
        "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
        "log-status\n"
    )
    for flow in flows():
        begin = int(flow.time_s)
        yield (
            f"2 123456789012 eni-0{zlib.crc32(flow.source.encode()):016x} {flow.source} {flow.target} "
            f"{flow.source_port} {flow.target_port} 6 {flow.received // 1400 + 1} {flow.received} "
            f"{begin} {begin + 59} ACCEPT OK\n"
        )


def nginx() -> Iterator[str]:
    """Access logs in the combined format."""
    for flow in flows():
        stamp = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(flow.time_s))
        yield (
            f'{flow.source} - - [{stamp}] "GET /products/{flow.sent}?session={flow.uid} HTTP/1.1" 200 {flow.received} '
            f'"https://{flow.host}/" "{AGENTS[flow.source_port % len(AGENTS)]}"\n'
        )


def syslog() -> Iterator[str]:
    """What a fleet of hosts writes."""
    return (f"{line}\n" for line in syslog_lines.lines(random.Random(SEED), 1 << 60))


def json_lines() -> Iterator[str]:
    """The connections as JSON, one a line."""
    return (json.dumps({"time": clock(flow), **flow.__dict__}) + "\n" for flow in flows())


def events_in(envelope: Envelope) -> Iterator[str]:
    """The connections as JSON with the members that events in such envelopes have."""
    for flow in flows():
        yield json.dumps({envelope.time_field: clock(flow), **envelope.signs, **flow.__dict__})


def in_envelopes(envelope: Envelope, events: Iterator[str]) -> Iterator[str]:
    """The events in arrays of such envelopes."""
    while told := ",".join(itertools.islice(events, ENVELOPE_EVENTS)):
        yield f"{envelope.before}[{told}]}}\n"


FORMATS: dict[str, tuple[str, Callable[[], Iterator[str]]]] = {
    "json": ("json", json_lines),
    "vpcflow": ("vpcflow", vpcflow),
    "nginx": ("access", nginx),
    "syslog": ("syslog", syslog),
    "csv": ("csv", csv),
    "zeek": ("zeek", zeek),
    "logfmt": ("logfmt", logfmt),
    "w3c": ("w3c", w3c),
}
"""Name here to the engine's name of the format, and the lines."""

ENVELOPES = {
    "CloudTrail": Envelope('{"Records":', "eventTime", {"eventVersion": "1.08", "eventSource": "ec2.amazonaws.com"}),
    "Azure": Envelope('{"records":', "time", {"resourceId": "/SUBSCRIPTIONS/1", "operationName": "flow"}),
    "Kubernetes": Envelope(
        '{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":',
        "requestReceivedTimestamp",
        {"kind": "Event", "apiVersion": "audit.k8s.io/v1", "auditID": "1", "stage": "ResponseComplete"},
    ),
}
"""Envelopes of JSON by whose they are."""


def clock(flow: Flow) -> str:
    """The time as ISO 8601 has it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(flow.time_s))
