"""A large benchmark corpus from a small real sample, with the same shape and entropy.

Every event is copied many times and re-identified: UUIDs, long hex and base64 runs, access keys, request ids get fresh
random text of the same alphabet and length, time moves on, addresses are redrawn from a Zipf-like pool. Structure,
field frequencies and repeated values stay real, so that compression and term statistics stay close to the original.
Needles are planted in a known number of events. The same seed writes the same corpus. Where there is no sample of real
events, made-up ones (demo/cloudtrail.py) are amplified: good for trying the benchmark; their sizes mean little.

usage: python -m bench.corpus OUT [--source DIR] [--copies 10] [--seed 7]
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo import cloudtrail

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HEX = "0123456789abcdef"
CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
OPAQUE = re.compile(
    r"(?P<uuid>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)"
    r"|(?P<identity>\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16,17}\b)"
    r"|(?P<hex>(?<![\\\w])(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{16,64}\b)"
    r"|(?P<base64>(?<![\\A-Za-z0-9+/])(?=[A-Za-z0-9+/]*[a-z])(?=[A-Za-z0-9+/]*[A-Z])(?=[A-Za-z0-9+/]*[0-9])"
    r"[A-Za-z0-9+/]{40,}={0,2})"
    r"|(?P<request>(?<![\\\w])[A-Z0-9]{16}\b)"
)
IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
START = datetime(2026, 1, 1, tzinfo=UTC)
SPAN = timedelta(days=30)
SAMPLE_EVENTS = 5_000
EVENTS_WANTED = 330_000  # what ten copies of the real sample give: about 480 MB raw
EVENTS_PER_FILE = 4_000

FREQUENT = "ec2"  # a word of every tenth event or so

Event = dict[str, Any]  # JSON of any shape


@dataclass(frozen=True)
class Truth:
    """What is in the corpus, known because it was put there."""

    events: int
    raw_bytes: int
    seed: int
    key: str
    key_events: int
    address: str
    address_events: int
    agent: str
    agent_events: int
    absent: str

    @classmethod
    def read(cls, path: Path) -> Truth:
        """From the JSON file beside a corpus."""
        return cls(**json.loads(path.read_text()))


@dataclass
class Needles:
    """Words that are planted, and the numbers of the events that get them."""

    key: str
    address: str
    agent: str
    absent: str
    key_events: set[int] = field(default_factory=set)
    address_events: set[int] = field(default_factory=set)
    agent_events: set[int] = field(default_factory=set)

    @classmethod
    def draw(cls, rng: random.Random, total: int) -> Needles:
        """Three events with a key, fifty with an address, seven with a user agent; and a word that is nowhere."""
        return cls(
            key="AKIANEEDLE" + text(rng, CAPITALS, 10),
            address="203.0.113.77",
            agent="evilclient-" + text(rng, HEX, 6),
            absent="AKIAABSENT" + text(rng, CAPITALS, 10),
            key_events=set(rng.sample(range(total), 3)),
            address_events=set(rng.sample(range(total), 50)),
            agent_events=set(rng.sample(range(total), 7)),
        )

    def plant(self, number: int, event: Event) -> None:
        """Puts into the event what its number calls for."""
        if number in self.key_events:
            event.setdefault("userIdentity", {})["accessKeyId"] = self.key
        if number in self.address_events:
            event["sourceIPAddress"] = self.address
        if number in self.agent_events:
            event["userAgent"] = f"Mozilla/5.0 ({self.agent}; rv:1.0) Custom"


class Disguise:
    """One copy's new identities: an access key recurs, so it has one value per copy; the rest is fresh each time."""

    def __init__(self, rng: random.Random, addresses: Sequence[str], weights: Sequence[float]) -> None:
        self._rng = rng
        self._addresses = addresses
        self._weights = weights
        self._identities: dict[str, str] = {}
        self._last_address: dict[str, str] = {}

    def apply(self, line: str) -> Event:
        """The event of a JSON line, re-identified."""
        event: Event = json.loads(OPAQUE.sub(self._replace, line))
        old = event.get("sourceIPAddress", "")
        if IPV4.fullmatch(old):
            if old not in self._last_address or self._rng.random() < 0.3:
                self._last_address[old] = self._rng.choices(self._addresses, self._weights)[0]
            event["sourceIPAddress"] = self._last_address[old]
        return event

    def _replace(self, match: re.Match[str]) -> str:
        old = match.group()
        match match.lastgroup:
            case "uuid":
                digits = f"{self._rng.getrandbits(128):032x}"
                return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
            case "hex":
                return f"{self._rng.getrandbits(4 * len(old)):0{len(old)}x}"
            case "identity":
                return self._identities.setdefault(old, old[:4] + text(self._rng, CAPITALS, len(old) - 4))
            case "request":
                return text(self._rng, CAPITALS, len(old))
        return text(self._rng, BASE64, len(old))


def text(rng: random.Random, alphabet: str, length: int) -> str:
    """Random letters."""
    return "".join(rng.choices(alphabet, k=length))


def read_events(source: Path, *, delivery_files_only: bool = True) -> Iterator[Event]:
    """CloudTrail events below `source`: of delivery files (`{"Records": […]}`), and of plain arrays when asked for."""
    for path in sorted(source.rglob("*")):
        if not path.is_file() or not path.name.endswith((".json", ".json.gz")):
            continue
        data = path.read_bytes()
        try:
            document = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
        except (ValueError, OSError):
            continue  # one of the sample's files is not JSON
        if isinstance(document, dict):
            yield from document.get("Records", [])
        elif not delivery_files_only:
            yield from document


def sample_events(source: Path | None, seed: int) -> list[Event]:
    """The events to amplify: real ones below `source`, else made-up ones."""
    if source is None:
        return cloudtrail.events(random.Random(seed), SAMPLE_EVENTS)
    events = [event for folder in sorted(source.glob("cloudtrail-*")) for event in read_events(folder)]
    return events or list(read_events(source))


def write_corpus(events: Sequence[Event], out: Path, copies: int, seed: int) -> Truth:
    """Writes gzip'd delivery files below `out`; gives the truth about them."""
    rng = random.Random(seed)
    lines = [dumps(event) for event in events]
    total = len(lines) * copies
    step = SPAN / total
    needles = Needles.draw(rng, total)
    addresses = [".".join(str(rng.randrange(1, 255)) for _ in range(4)) for _ in range(5_000)]
    weights = [1 / (rank + 1) for rank in range(len(addresses))]
    out.mkdir(parents=True, exist_ok=True)
    batch: list[str] = []
    number = raw_bytes = 0
    for _ in range(copies):
        disguise = Disguise(rng, addresses, weights)
        for line in lines:
            event = disguise.apply(line)
            event["eventTime"] = (START + step * number).strftime("%Y-%m-%dT%H:%M:%SZ")
            needles.plant(number, event)
            batch.append(dumps(event))
            assert needles.absent not in batch[-1]
            raw_bytes += len(batch[-1].encode()) + 1
            number += 1
            if len(batch) == EVENTS_PER_FILE or number == total:
                _write_file(out, batch, number)
                batch = []
    return Truth(number, raw_bytes, seed, needles.key, 3, needles.address, 50, needles.agent, 7, needles.absent)


def dumps(event: Event) -> str:
    """One line of JSON without spaces."""
    return json.dumps(event, separators=(",", ":"))


def _write_file(out: Path, lines: Sequence[str], number: int) -> None:
    first = re.sub("[-:]", "", json.loads(lines[0])["eventTime"])
    path = out / f"123456789012_CloudTrail_us-east-1_{first}_{number:09d}.json.gz"
    data = f'{{"Records":[{",".join(lines)}]}}'.encode()
    path.write_bytes(gzip.compress(data, compresslevel=6, mtime=0))


def main() -> None:
    """Writes OUT/*.json.gz and OUT.truth.json; prints the truth."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("out", type=Path)
    arguments.add_argument("--source", type=Path, default=None, help="folder of real CloudTrail samples")
    arguments.add_argument("--copies", type=int, default=0, help="default: as many as give about 330,000 events")
    arguments.add_argument("--seed", type=int, default=7)
    chosen = arguments.parse_args()
    events = sample_events(chosen.source, chosen.seed)
    if not events:
        raise SystemExit(f"no CloudTrail events below '{chosen.source}'")
    copies = chosen.copies or max(1, round(EVENTS_WANTED / len(events)))
    truth = write_corpus(events, chosen.out, copies, chosen.seed)
    Path(f"{chosen.out}.truth.json").write_text(json.dumps(asdict(truth)))
    print(json.dumps(asdict(truth)))


if __name__ == "__main__":
    main()
