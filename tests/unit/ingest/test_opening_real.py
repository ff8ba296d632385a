"""Real Windows events: every event of every file is there, told by readers that share nothing with ours."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

import lakebed
from tests.opened import opened

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real_data

Event = dict[str, Any]  # Any: values of JSON


OTHERWISE_WRITTEN = {"ad691d92-15f2-4181-9aa4-723c74f9ddc3": {"TimeCreated", "ParentCommandLine"}}
"""The JSON beside this file has other letters and more digits in these fields than the file itself."""


def twin(text: str) -> list[Event]:
    """The events of a JSON file beside an EVTX file: objects one after the other."""
    decoder, found, at = json.JSONDecoder(), [], 0
    text = text.strip()
    while at < len(text):
        event, at = decoder.raw_decode(text, at)
        found.append(event["Event"])
        while at < len(text) and text[at].isspace():
            at += 1
    return found


def simply_flat(event: Event) -> Event:
    """The flat shape of such an event, as far as these files need it."""
    flat: Event = {}
    for name, value in event["System"].items():
        if isinstance(value, dict):
            attributes = value["#attributes"]
            flat |= {name if name == "TimeCreated" else f"{name}_{key}": text for key, text in attributes.items()}
            if "#text" in value:
                flat[name] = value["#text"]
        elif value is not None:
            flat[name] = value
    for section in ("EventData", "UserData"):
        values = event.get(section) or {}
        if section == "UserData" and values:
            (values,) = (value for value in values.values() if isinstance(value, dict))
        for name, value in values.items():
            if name != "#attributes":
                if value is not None:
                    flat[name.replace(" ", "")] = value
            elif "Name" in value:
                flat[f"{section}_Name"] = value["Name"]
    return flat


def trimmed(events: list[Event], ignored: set[str]) -> list[Event]:
    """Without the spaces at the ends of texts: the program that wrote the JSON of some files left them out."""
    return [
        {key: value.strip() if isinstance(value, str) else value for key, value in one.items() if key not in ignored}
        for one in events
    ]


def test_each_evtx_has_exactly_the_events_of_its_json(sample_logs: Path) -> None:
    files = sorted((sample_logs / "sigma-regression").glob("**/*.evtx"))
    assert len(files) == 202
    total = 0
    for path in files:
        members, findings = opened(path.read_bytes())
        found = [json.loads(line) for _, text in members for line in text.splitlines()]
        expected = [simply_flat(event) for event in twin(path.with_suffix(".json").read_text())]
        ignored = OTHERWISE_WRITTEN.get(path.stem, set())
        assert trimmed(found, ignored) == trimmed(expected, ignored), path
        assert findings.damages == []
        total += len(found)
    assert total == 238


@pytest.mark.slow
def test_all_events_of_the_zips_are_indexed(sample_logs: Path, tmp_path: Path) -> None:
    counts: dict[str, int] = {}
    for path in sorted((sample_logs / "otrf").glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            lines = (line for name in archive.namelist() for line in archive.open(name) if line.strip())
            counts[path.as_uri()] = sum(isinstance(json.loads(line), dict) for line in lines)
    lake = lakebed.open(tmp_path / "lake")
    totals = lake.index(sample_logs / "otrf", into="otrf")
    assert (totals.events, totals.damaged, totals.failed, totals.unparsed_lines) == (sum(counts.values()), [], [], 0)
    query = "* | groupbycount(@lb.object)"
    for rows in (lake.search(query), lakebed.grep(query, str(sample_logs / "otrf"))):
        assert {row["@lb.object"]: row["@q.count"] for row in rows if isinstance(row, dict)} == counts
