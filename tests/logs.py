"""Made-up logs: JSON lines with a time, a user and a number, as files, plain or gzip'd."""

from __future__ import annotations

import datetime
import gzip
import json
import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

START = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
USERS = ("alice", "bob", "carol", "dave")


def event(second: float, **fields: object) -> dict[str, object]:
    """An event so many seconds after START."""
    moment = START + datetime.timedelta(seconds=second)
    return {"time": moment.isoformat().replace("+00:00", "Z"), **fields}


def lines(events: list[dict[str, object]]) -> bytes:
    """JSON lines."""
    return b"".join(json.dumps(one).encode() + b"\n" for one in events)


def write_log(path: Path, events: list[dict[str, object]]) -> Path:
    """A file of JSON lines, gzip'd if its name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = lines(events)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def write_logs(folder: Path, files: int, events_each: int, seed: int = 1) -> Path:
    """A folder of files whose times overlap. Each event has a number of its own, `n`, and its file's number, `file`."""
    chance = random.Random(seed)
    for file in range(files):
        found = [
            event(
                file * 100 + chance.randrange(300_000) / 1000,
                user=chance.choice(USERS),
                file=file,
                n=file * events_each + place,
                pad="x" * chance.randrange(50),
            )
            for place in range(events_each)
        ]
        suffix = ".gz" if file % 2 else ""
        write_log(folder / f"{file:04}.json{suffix}", found)
    return folder


def write_random_log(path: Path, size_bytes: int, seed: int) -> Path:
    """A large file in which nearly every word is new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    chance = random.Random(seed)
    with path.open("wb") as file:
        while file.tell() < size_bytes:
            words = chance.randbytes(600_000).hex()
            stamps = (f'{{"time": "2026-01-01T00:{n % 60:02}:00Z", "a": "' for n in range(10_000))
            pieces = (
                f'{stamp}{words[n * 120 : n * 120 + 32]}", "b": "{words[n * 120 + 32 : n * 120 + 64]}", '
                f'"c": "{words[n * 120 + 64 : n * 120 + 80]} {words[n * 120 + 80 : n * 120 + 96]}"}}\n'
                for n, stamp in enumerate(stamps)
            )
            file.write("".join(pieces).encode())
    return path
