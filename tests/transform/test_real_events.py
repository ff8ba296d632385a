"""Whole sets of real events: every field has the type of its schema, and says what the event says."""

from __future__ import annotations

import functools
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from tests.transform.mapped import mapped, parse
from tests.transform.schemas import ecs_problems, leaves, ocsf_problems

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.transform.mapped import Json, Parsed

pytestmark = pytest.mark.real_data

OTRF_STEP = 20
"""Of the Windows events every so many: they are very much alike."""


@functools.cache
def events(kind: str, folder: Path) -> list[Parsed]:
    """The events of a set that are of this kind of source."""
    found = list(_READERS[kind](folder))
    return [one for one in found if one.source_type.split(":")[0] in _SOURCES.get(kind, kind)]


def _cloudtrail(folder: Path) -> Iterable[Parsed]:
    paths = [*(folder / "cloudtrail-invictus").iterdir(), *(folder / "cloudtrail-stratus").iterdir()]
    return [one for path in sorted(paths) for one in parse(path.read_bytes())]


def _windows(folder: Path) -> Iterable[Parsed]:
    recorded = [
        one for path in sorted((folder / "sigma-regression").rglob("*.evtx")) for one in parse(path.read_bytes())
    ]
    with zipfile.ZipFile(folder / "otrf" / "metasploit_logonpasswords_lsass_memory_dump.zip") as archive:
        lines = io.BytesIO(archive.read(archive.namelist()[0])).readlines()
    few = [line for place, line in enumerate(lines) if place % OTRF_STEP == 0 or b'"Security"' in line]
    return [*recorded, *parse(b"".join(few))]


def _access(folder: Path) -> Iterable[Parsed]:
    return parse((folder / "web-auth-elastic-examples" / "apache_logs").read_bytes())


def _panther(name: str, folder: Path) -> Iterable[Parsed]:
    lines = (folder / "panther-tests" / f"{name}.ndjson").read_text().splitlines()
    return [one for line in lines for one in parse(json.dumps(json.loads(line)["event"]).encode())]


_READERS: dict[str, Any] = {
    "cloudtrail": _cloudtrail,
    "windows": _windows,
    "access": _access,
    "okta": functools.partial(_panther, "Okta.SystemLog"),
    "github": functools.partial(_panther, "GitHub.Audit"),
    "gworkspace": functools.partial(_panther, "GSuite.ActivityEvent"),
    "kubernetes": functools.partial(_panther, "Amazon.EKS.Audit"),
}
_SOURCES = {"cloudtrail": "aws", "access": "web"}

COUNTS = {
    "cloudtrail": 3210,
    "windows": 4969,
    "access": 10_000,
    "okta": 66,
    "github": 100,
    "gworkspace": 157,
    "kubernetes": 185,
}


@functools.cache
def in_schema(schema: str, kind: str, folder: Path) -> list[Json]:
    return mapped(schema, events(kind, folder))


def flat(schema: str, kind: str, folder: Path) -> list[tuple[Json, Json]]:
    """Each event, and its fields in the schema by their dotted names."""
    parsed = events(kind, folder)
    return [
        (one.event, dict(leaves(found))) for one, found in zip(parsed, in_schema(schema, kind, folder), strict=True)
    ]


@pytest.mark.parametrize("kind", _READERS)
def test_every_event_is_right_by_ecs(kind: str, sample_logs: Path) -> None:
    found = in_schema("ecs", kind, sample_logs)
    assert [problem for event in found if event for problem in ecs_problems(event)] == []
    assert len(found) == COUNTS[kind]


@pytest.mark.parametrize("kind", _READERS)
def test_every_event_is_right_by_ocsf(kind: str, sample_logs: Path) -> None:
    found = in_schema("ocsf", kind, sample_logs)
    assert [problem for event in found if event for problem in ocsf_problems(event)] == []


def test_cloudtrail_says_what_failed(sample_logs: Path) -> None:
    for event, ecs in flat("ecs", "cloudtrail", sample_logs):
        answer = event.get("responseElements") or {}
        has_failed = bool(event.get("errorCode")) or answer.get("ConsoleLogin") == "Failure"
        assert ecs["event.outcome"] == ("failure" if has_failed else "success")
        assert (ecs["event.action"], ecs["event.provider"]) == (event["eventName"], event["eventSource"])
        assert ecs["cloud.account.id"] == event["recipientAccountId"]
    for event, ocsf in flat("ocsf", "cloudtrail", sample_logs):
        assert ocsf["class_uid"] == (3002 if event["eventName"] == "ConsoleLogin" else 6003)
        assert ocsf["status_id"] == (2 if event.get("errorCode") else 1)


def test_cloudtrail_does_not_change_anything_by_reading(sample_logs: Path) -> None:
    for event, ecs in flat("ecs", "cloudtrail", sample_logs):
        if event["readOnly"] and event["eventSource"] not in {"sts.amazonaws.com", "signin.amazonaws.com"}:
            assert not {"creation", "deletion", "change"} & set(ecs["event.type"]), event["eventName"]


def test_access_logs_say_what_failed(sample_logs: Path) -> None:
    for event, ecs in flat("ecs", "access", sample_logs):
        assert ecs["event.outcome"] == ("failure" if event["status"] >= 400 else "success")
        assert ecs["source.ip"] == event["remote_addr"]


def test_windows_events_have_their_processes(sample_logs: Path) -> None:
    for event, ecs in flat("ecs", "windows", sample_logs):
        if event["EventID"] in {1, 4688}:
            image = event.get("Image") or event["NewProcessName"]
            assert (ecs["process.executable"], ecs["process.name"]) == (image, image.rpartition("\\")[2])
            assert ecs["process.command_line"] == event["CommandLine"]
            assert ecs["event.type"] == ["start"]


def test_okta_outcomes_agree_with_ocsf(sample_logs: Path) -> None:
    words = {1: "success", 2: "failure", 99: "unknown"}
    for (_, ecs), (_, ocsf) in zip(flat("ecs", "okta", sample_logs), flat("ocsf", "okta", sample_logs), strict=True):
        assert ecs.get("event.outcome") == words.get(ocsf.get("status_id", 0))
