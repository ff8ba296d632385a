"""VPC flow logs (version 2, space separated) of the made-up day, a port scan among them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from demo.story import ACCOUNT, ATTACKER, SCAN_START, WEB_SERVER, public_address, work_time

if TYPE_CHECKING:
    import random

HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)
SCANNED_PORTS = [21, 22, 23, 25, 80, 110, 143, 443, 445, 1433, 3306, 3389, 5432, 5900, 6379, 8080, 9200, 27017]


class Flow(NamedTuple):
    """One line, as far as lines differ."""

    start: datetime
    source: str
    target: str
    source_port: int
    target_port: int
    packets: int
    size_bytes: int
    action: str

    def line(self) -> str:
        """The line as AWS writes it; an interface belongs to the inside address."""
        inside = self.target if self.target.startswith("10.") else self.source
        interface = "eni-0" + "".join(f"{int(part):04x}" for part in inside.split("."))
        begin = int(self.start.timestamp())
        columns = (
            2,
            ACCOUNT,
            interface,
            *self[1:5],
            6,
            self.packets,
            self.size_bytes,
            begin,
            begin + 59,
            self.action,
            "OK",
        )
        return " ".join(map(str, columns))


def lines(rng: random.Random, count: int) -> list[str]:
    """About `count` lines in order of time, the scan among them."""
    flows = [_usual(rng) for _ in range(count)] + _scan(rng)
    return [flow.line() for flow in sorted(flows)]


def _usual(rng: random.Random) -> Flow:
    """Visitors to the web servers, servers to the database, the odd knock from outside that is refused."""
    packets = int(rng.paretovariate(1.1)) + 3
    when, high_port = work_time(rng), rng.randrange(32768, 61000)
    kind = rng.random()
    if kind < 0.55:
        return Flow(when, public_address(rng), WEB_SERVER, high_port, 443, packets, packets * 740, "ACCEPT")
    if kind < 0.95:
        server = f"10.0.{rng.randrange(4)}.{rng.randrange(10, 60)}"
        return Flow(when, server, "10.0.3.5", high_port, 5432, packets, packets * 310, "ACCEPT")
    return Flow(when, public_address(rng), WEB_SERVER, high_port, rng.choice(SCANNED_PORTS), 1, 40, "REJECT")


def _scan(rng: random.Random) -> list[Flow]:
    """The attacker tries every port of a subnet; only the web answers."""
    flows, when = [], SCAN_START
    for host in range(10, 60):
        for port in SCANNED_PORTS:
            when += timedelta(milliseconds=rng.randrange(200, 900))
            target = f"10.0.1.{host}"
            action = "ACCEPT" if target == WEB_SERVER and port in (80, 443) else "REJECT"
            flows.append(Flow(when, ATTACKER, target, rng.randrange(40000, 60000), port, 1, 44, action))
    return flows
