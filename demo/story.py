"""Who is in the made-up logs and what happens to them, so that the three log types tell one story.

A small company, one day. At 09:00 somebody scans its addresses. At 10:00 the same somebody attacks the web shop, has
its image proxy fetch the instance's credentials, and uses them from outside: looks around, makes a user, copies
customer data, stops the audit trail. Addresses are from the ranges reserved for documentation; nothing is anybody's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

DAY = datetime(2026, 1, 15, tzinfo=UTC)
ACCOUNT = "123456789012"
REGION = "eu-central-1"
BUCKET = "shop-customer-exports"

ATTACKER = "203.0.113.99"
WEB_SERVER = "10.0.1.17"
STOLEN_KEY = "ASIA4STOLENDEMOKEY42"
SCAN_START = DAY + timedelta(hours=9, minutes=2)
ATTACK_START = DAY + timedelta(hours=10, minutes=14)
THEFT_START = DAY + timedelta(hours=10, minutes=31)

HEX = "0123456789abcdef"
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@dataclass(frozen=True)
class Person:
    """Somebody with an account: name, usual address, long-lived access key."""

    name: str
    address: str
    key: str


def people(rng: random.Random) -> list[Person]:
    """The company: eight engineers who work from a few offices."""
    names = ["amara", "bjorn", "chiyo", "dmitri", "elif", "farid", "grace", "hugo"]
    offices = ["198.51.100.10", "198.51.100.11", "192.0.2.45"]
    return [Person(name, rng.choice(offices), "AKIA" + text(rng, UPPER, 16)) for name in names]


def text(rng: random.Random, alphabet: str, length: int) -> str:
    """Random letters."""
    return "".join(rng.choices(alphabet, k=length))


def uuid(rng: random.Random) -> str:
    """A random UUID in its text form."""
    digits = f"{rng.getrandbits(128):032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def work_time(rng: random.Random) -> datetime:
    """A moment of the day, mostly in office hours."""
    hour = rng.triangular(6, 22, 13) if rng.random() < 0.8 else rng.uniform(0, 24)
    return DAY + timedelta(seconds=min(int(hour * 3600), 86399))


def public_address(rng: random.Random) -> str:
    """An address from a documentation range; some come often, as visitors do."""
    block = rng.choice(["198.51.100", "192.0.2"])
    return f"{block}.{min(int(rng.paretovariate(0.7)) + 20, 254)}"
