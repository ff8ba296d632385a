"""What a made-up log of each source is in the two schemas, in full."""

from __future__ import annotations

import pytest

from tests.transform import sample_events
from tests.transform.schemas import ecs_problems, ocsf_missing, ocsf_problems

NOT_TOLD = {"src_endpoint", "actor"}
"""What OCSF requires of a class and some of its events do not tell."""


@pytest.mark.parametrize("name", sample_events.LOGS)
def test_events_are_mapped_as_expected(name: str) -> None:
    assert sample_events.found(name) == sample_events.expected(name)


@pytest.mark.parametrize("name", sample_events.LOGS)
def test_what_is_expected_is_right_by_the_schemas(name: str) -> None:
    for event in sample_events.expected(name):
        assert ecs_problems(event["ecs"]) == []
        assert ocsf_problems(event["ocsf"]) == []
        assert ocsf_missing(event["ocsf"]) <= NOT_TOLD


def test_one_question_finds_the_failed_sign_ins_of_all_sources() -> None:
    failed = {
        (sample_events.source_of(name), ecs["user"]["name"], ecs.get("source", {}).get("ip"))
        for name in sample_events.LOGS
        for ecs in (one["ecs"] for one in sample_events.found(name))
        if "authentication" in ecs["event"].get("category", []) and ecs["event"]["outcome"] == "failure"
    }
    assert failed == {
        ("cloudtrail", "bob", "198.51.100.9"),
        ("gworkspace", "alice@example.com", "203.0.113.7"),
        ("okta", "alice@example.com", "203.0.113.7"),
        ("windows", "alice", None),
        ("windows", "mallory", "198.51.100.9"),
    }


def test_what_is_wrong_is_found() -> None:
    ecs = {
        "event": {"category": ["process", "x"], "type": ["end", "denied"], "kind": "eVent", "outcome": "success"},
        "source": {"ip": "10.0.0", "port": "80", "mac": "x"},
        "related": {"ip": ["10.0.0.1", "host"], "user": "bob"},
    }
    assert ecs_problems(ecs) == [
        "source.ip is '10.0.0'",
        "source.port is '80'",
        "source.mac is not known",
        "related.ip is ['10.0.0.1', 'host']",
        "related.user is 'bob'",
        "event.kind is 'eVent'",
        "event.category has 'x'",
        "event.type has 'denied' of ['process', 'x']",
    ]
    ocsf = {
        "class_uid": 4003,
        "activity_id": 5,
        "type_uid": 400301,
        "category_uid": 3,
        "time": 1.5,
        "user": {"uid": "1"},
    }
    assert ocsf_problems(ocsf) == [
        "time is 1.5",
        "type_uid is 400301 for activity 5 of 4003",
        "category_uid is 3 for 4003",
        "activity 5 of 4003",
        "user of 4003",
    ]
    assert ocsf_missing(ocsf) == {"metadata", "severity_id"}
