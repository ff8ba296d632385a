"""The benchmark's corpus: deterministic, and the truth about it is true."""

from __future__ import annotations

import gzip
import json
import random
from typing import TYPE_CHECKING

from bench.corpus import Event, sample_events, write_corpus
from demo import cloudtrail

if TYPE_CHECKING:
    from pathlib import Path


def read(folder: Path) -> list[Event]:
    return [
        event
        for path in sorted(folder.glob("*.gz"))
        for event in json.loads(gzip.decompress(path.read_bytes()))["Records"]
    ]


def test_the_truth_is_true(tmp_path: Path) -> None:
    sample = cloudtrail.events(random.Random(1), 300)
    truth = write_corpus(sample, tmp_path, copies=3, seed=5)
    events = read(tmp_path)
    lines = [json.dumps(event, separators=(",", ":")) for event in events]
    assert truth.events == len(events) == 3 * len(sample)
    assert truth.raw_bytes == sum(len(line) + 1 for line in lines)
    found = {
        word: sum(word in line for line in lines) for word in (truth.key, truth.address, truth.agent, truth.absent)
    }
    assert found == {truth.key: 3, truth.address: 50, truth.agent: 7, truth.absent: 0}
    assert (truth.key_events, truth.address_events, truth.agent_events) == (3, 50, 7)


def test_the_same_seed_writes_the_same_corpus(tmp_path: Path) -> None:
    sample = cloudtrail.events(random.Random(1), 50)
    truths = [
        write_corpus(sample, tmp_path / name, copies=2, seed=seed) for name, seed in (("a", 1), ("b", 1), ("c", 2))
    ]
    assert truths[0] == truths[1]
    assert read(tmp_path / "a") == read(tmp_path / "b")
    assert read(tmp_path / "a") != read(tmp_path / "c")


def test_copies_keep_the_shape_and_change_the_identities(tmp_path: Path) -> None:
    event = cloudtrail.events(random.Random(1), 50)[0]
    write_corpus([event] * 100, tmp_path, copies=1, seed=1)
    copies = read(tmp_path)
    assert {tuple(copy) for copy in copies} == {tuple(event)}
    assert len({copy["eventID"] for copy in copies}) == 100
    assert event["eventID"] not in {copy["eventID"] for copy in copies}
    assert {copy["eventName"] for copy in copies} == {event["eventName"]}


def test_without_a_sample_made_up_events_are_amplified() -> None:
    assert len(sample_events(None, 1)) > 5_000
