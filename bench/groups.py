"""Events with many groups: a user of a million, an address of two hundred thousand, a size, a status.

Some users are far more frequent than others, as in real logs; each is there at least once.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
from collections import Counter
from pathlib import Path

FOLDER = "groups"
EVENTS = 5_000_000
USERS = 1_000_000
ADDRESSES = 200_000
STATUSES = ("ok", "denied", "failed", "throttled", "unknown")
EVENTS_PER_FILE = 250_000
TOP = 1000


def make(folder: Path, events: int = EVENTS) -> None:
    """Writes the events as JSON lines, gzip'd, and what must be found in them."""
    folder.mkdir(parents=True, exist_ok=True)
    dice = random.Random(12)
    counts: Counter[int] = Counter()
    for start in range(0, events, EVENTS_PER_FILE):
        lines = []
        for number in range(start, min(start + EVENTS_PER_FILE, events)):
            user = number * 7919 % USERS if number < USERS else int(USERS * dice.random() ** 4)
            counts[user] += 1
            lines.append(
                f'{{"time":{1_767_225_600_000 + number},"user":{{"name":"user-{user:07}"}},'
                f'"status":"{STATUSES[int(5 * dice.random() ** 2)]}",'
                f'"ip":"10.{dice.randrange(8)}.{dice.randrange(100)}.{dice.randrange(250)}",'
                f'"bytes":{int(100_000 * dice.random() ** 3)}}}\n'
            )
        with gzip.open(folder / f"part-{start:08}.json.gz", "wt", compresslevel=1) as file:
            file.write("".join(lines))
    top = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:TOP]
    truth = {"users": len(counts), "top": [[f"user-{user:07}", count] for user, count in top]}
    truth_file(folder).write_text(json.dumps(truth))


def truth_file(folder: Path) -> Path:
    """What is in the events, beside their folder."""
    return folder.with_name(f"{folder.name}.truth.json")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
