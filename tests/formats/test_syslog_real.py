"""`auth.log` of a real host: every line is an event, and counts are those of plain regular expressions."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from lakebed import _core
from tests.formats.test_formats import METADATA, MODIFIED_NS, rows

if TYPE_CHECKING:
    from pathlib import Path

Read = tuple[dict[str, Any], list[dict[str, Any]]]  # JSON
LINE = re.compile(r"^\w{3} [ \d]\d \d\d:\d\d:\d\d \S+ ([^\s:\[]+)(?:\[\d+\])?: (.*)$")


@pytest.fixture(scope="module")
def text(sample_logs: Path) -> str:
    return (sample_logs / "web-auth-elastic-examples" / "auth.log").read_text()


@pytest.fixture(scope="module")
def report_and_events(text: str) -> Read:
    """The report, and the events in order, each with its metadata."""
    builder = _core.Builder(index="formats")
    builder.begin_object("file:///auth.log", modified_ns=MODIFIED_NS, received_ns=MODIFIED_NS)
    builder.feed(text.encode())
    report = json.loads(builder.end_object())
    segment = builder.take_segment()
    events = dict(rows(segment, None))
    for record, metadata in rows(segment, METADATA):
        events[record] |= metadata
    return report, [events[record] for record in sorted(events)]


@pytest.mark.real_data
def test_every_line_is_an_event(text: str, report_and_events: Read) -> None:
    report, events = report_and_events
    lines = text.splitlines()
    assert (report["format"], report["source_type"]) == ("syslog", "linux:auth")
    assert (report["events"], report["unparsed_lines"], len(events)) == (len(lines), 0, len(lines))
    matches = [LINE.match(line) for line in lines]
    assert Counter(event["app_name"] for event in events) == Counter(match[1] for match in matches if match)
    assert [event["message"] for event in events] == [match[2] for match in matches if match]
    assert {event["@lb.time"][:4] for event in events} == {"2023"}


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("program", "action", "pattern"),
    [
        ("sshd", "failed", r"sshd\[\d+\]: (?:message repeated \d+ times: \[ )?Failed \w+ for "),
        ("sshd", "accepted", r"sshd\[\d+\]: Accepted \w+ for "),
        ("sshd", "invalid_user", r"sshd\[\d+\]: Invalid user "),
        ("sshd", "maximum_attempts", r"sshd\[\d+\]: error: maximum authentication attempts exceeded"),
        ("sshd", "disconnected", r"sshd\[\d+\]: Disconnected from "),
        ("sshd", "connection_closed", r"sshd\[\d+\]: Connection closed by "),
        ("sshd", "session_opened", r"sshd\[\d+\]: pam_unix\(sshd:session\): session opened"),
        ("sudo", "command", r"sudo: +\S+ : TTY="),
        ("sudo", "session_opened", r"sudo: pam_unix\(sudo:session\): session opened"),
        ("cron", "session_opened", r"CRON\[\d+\]: pam_unix\(cron:session\): session opened"),
        ("su", "accepted", r"su\[\d+\]: (?:Successful su for|\+ )"),
        ("pam", "session_opened", r"systemd: pam_unix\(systemd-user:session\): session opened"),
    ],
)
def test_counts_are_those_of_regular_expressions(
    text: str, report_and_events: Read, program: str, action: str, pattern: str
) -> None:
    _, events = report_and_events
    found = sum(event.get(program, {}).get("action") == action for event in events)
    wanted = sum(re.search(pattern, line) is not None for line in text.splitlines())
    assert (found, found > 0) == (wanted, True)


@pytest.mark.real_data
def test_who_failed_to_log_in(text: str, report_and_events: Read) -> None:
    _, events = report_and_events
    failed = [event["sshd"] for event in events if event.get("sshd", {}).get("action") == "failed"]
    pattern = r"Failed (\w+) for (invalid user )?(.*) from (\S+) port (\d+) ssh2(?:: .*)?\]?$"
    wanted = [match.groups() for match in re.finditer(pattern, text, re.MULTILINE)]
    assert [
        (
            one["method"],
            "invalid user " if one.get("invalid_user") else None,
            one.get("user", ""),
            one["source_ip"],
            str(one["source_port"]),
        )
        for one in failed
    ] == wanted
