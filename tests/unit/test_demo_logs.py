"""The made-up logs: the same bytes for the same seed, well-formed, and with the story in them."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

from demo.logs import write_logs
from demo.story import ATTACKER, STOLEN_KEY

if TYPE_CHECKING:
    from pathlib import Path


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    write_logs(tmp_path / "a")
    write_logs(tmp_path / "b")
    write_logs(tmp_path / "c", seed=43)
    assert content(tmp_path / "a") == content(tmp_path / "b")
    assert content(tmp_path / "a") != content(tmp_path / "c")


def test_the_story_is_in_every_log(tmp_path: Path) -> None:
    folders = write_logs(tmp_path)
    trail = [
        event
        for path in sorted(folders["cloudtrail"].rglob("*.gz"))
        for event in json.loads(gzip.decompress(path.read_bytes()))["Records"]
    ]
    stolen = [event for event in trail if event["userIdentity"]["accessKeyId"] == STOLEN_KEY]
    assert [len(stolen), {event["sourceIPAddress"] for event in stolen}] == [47, {ATTACKER}]
    assert [event["eventTime"] for event in trail] == sorted(event["eventTime"] for event in trail)

    flows = [
        line.split(" ")
        for path in sorted(folders["vpcflow"].rglob("*.gz"))
        for line in gzip.decompress(path.read_bytes()).decode().splitlines()
    ]
    assert {len(columns) for columns in flows} == {14}
    assert sum(columns[3] == ATTACKER and columns[12] == "REJECT" for columns in flows) == 898

    requests = (folders["web"] / "access.log").read_text().splitlines()
    assert sum("169.254.169.254" in line for line in requests) == 1
