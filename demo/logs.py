"""Writes the made-up logs into a folder, laid out as their makers lay them out. The same seed writes the same bytes."""

from __future__ import annotations

import gzip
import json
import random
from typing import TYPE_CHECKING

from demo import cloudtrail, nginx, vpcflow
from demo.story import ACCOUNT, DAY, REGION

if TYPE_CHECKING:
    from pathlib import Path

CLOUDTRAIL_EVENTS = 5_000
VPCFLOW_LINES = 30_000
NGINX_LINES = 20_000


def write_logs(folder: Path, seed: int = 42) -> dict[str, Path]:
    """Writes everything below `folder`; gives name of the index to folder of its logs."""
    day = DAY.strftime("%Y/%m/%d")
    aws = folder / "aws-logs" / "AWSLogs" / ACCOUNT
    trail = aws / "CloudTrail" / REGION / day
    flow = aws / "vpcflowlogs" / REGION / day
    web = folder / "nginx"
    for place in (trail, flow, web):
        place.mkdir(parents=True, exist_ok=True)

    events = cloudtrail.events(random.Random(f"{seed} cloudtrail"), CLOUDTRAIL_EVENTS)
    for number, start in enumerate(range(0, len(events), 500)):
        records = json.dumps({"Records": events[start : start + 500]}, separators=(",", ":"))
        name = f"{ACCOUNT}_CloudTrail_{REGION}_20260115T{number:02d}00Z_{number:016x}.json.gz"
        _write_gzip(trail / name, records)

    lines = vpcflow.lines(random.Random(f"{seed} vpcflow"), VPCFLOW_LINES)
    for number, start in enumerate(range(0, len(lines), 10_000)):
        name = f"{ACCOUNT}_vpcflowlogs_{REGION}_fl-0demo_20260115T{number:02d}00Z_{number:08x}.log.gz"
        _write_gzip(flow / name, "\n".join([vpcflow.HEADER, *lines[start : start + 10_000], ""]))

    requests = nginx.lines(random.Random(f"{seed} nginx"), NGINX_LINES)
    _write(web / "access.log", "\n".join([*requests, ""]).encode())
    return {"cloudtrail": trail.parents[3], "vpcflow": flow.parents[3], "web": web}


def _write_gzip(path: Path, text: str) -> None:
    _write(path, gzip.compress(text.encode(), compresslevel=6, mtime=0))


def _write(path: Path, data: bytes) -> None:
    """A file that is right already stays untouched, so that indexing it again is no work."""
    if not path.exists() or path.read_bytes() != data:
        path.write_bytes(data)
