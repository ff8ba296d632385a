"""Splunk's events become lines, and errors have Splunk's words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakebed.serve.receive import hec
from tests.unit.receive.reading import ARRIVAL, events
from tests.unit.receive.test_documents import VALUES

if TYPE_CHECKING:
    from collections.abc import Mapping

A = ARRIVAL.decode()


def lines(body: str | bytes) -> list[str]:
    return [line.decode() for line in hec.event_lines(body.encode() if isinstance(body, str) else body, ARRIVAL, 1000)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"event":"hi"}', ['{"message":"hi","eventTime":' + A + "}"]),
        ('{"event":{"a":1.50}}', ['{"a":1.50,"eventTime":' + A + "}"]),
        ('{"event":{"time":"2026"}}', ['{"time":"2026"}']),
        (
            '{"time":1426279439.123456,"host":"h","source":"s","sourcetype":"t","index":"i","event":{"time":5}}',
            [
                (
                    '{"time":5,"eventTime":1426279439.123456,"hec":{"time":1426279439.123456,"host":"h","source":"s",'
                    '"sourcetype":"t","index":"i"}}'
                )
            ],
        ),
        (
            '{"time":"1426279439.","event":"x"}',
            ['{"message":"x","eventTime":1426279439.0,"hec":{"time":"1426279439."}}'],
        ),
        ('{"time":5,"event":{"eventTime":"2026"}}', ['{"eventTime":"2026","hec":{"time":5}}']),
        ('{"time":null,"event":"x"}', ['{"message":"x","eventTime":' + A + ',"hec":{"time":null}}']),
        (
            '{"event":"a","fields":{"x":"y","n":[1,"2"]}} {"event":[1,\n2]}{"event":0}',
            [
                '{"message":"a","eventTime":' + A + ',"hec":{"fields":{"x":"y","n":[1,"2"]}}}',
                '{"message":[1, 2],"eventTime":' + A + "}",
                '{"message":0,"eventTime":' + A + "}",
            ],
        ),
        (
            '{"event":{"a":"\\ud800"},"host":"\\ud800"}',
            ['{"a":"\\ud800","eventTime":' + A + ',"hec":{"host":"\\ud800"}}'],
        ),
    ],
)
def test_events_and_what_is_around_them(body: str, expected: list[str]) -> None:
    assert lines(body) == expected


@pytest.mark.parametrize(
    ("body", "code", "number"),
    [
        ("", 5, None),
        (" \n", 5, None),
        ("nope", 6, 0),
        ('{"event":"a"}{"event":', 6, 1),
        ("5", 6, 0),
        ('{"event":"a"}{"time":1}', 12, 1),
        ('{"event":""}', 13, 0),
        ('{"event":null}', 13, 0),
        ('{"event":"a","time":"yesterday"}', 6, 0),
        ('{"event":"a","time":[1]}', 6, 0),
        ('{"event":"a","fields":{"x":{"y":1}}}', 15, 0),
        ('{"event":"a","fields":"x"}', 15, 0),
        ('{"event":"a"}{"event":"' + "x" * 1000 + '"}', 27, 1),
    ],
)
def test_what_is_wrong_has_splunks_code_and_the_number_of_the_event(body: str, code: int, number: int | None) -> None:
    with pytest.raises(hec.HecError) as caught:
        lines(body)
    assert (caught.value.reply.code, caught.value.number) == (code, number)


@pytest.mark.parametrize(
    ("body", "told", "expected"),
    [
        (b"one\r\n\ntwo", {}, ['{"message":"one","eventTime":' + A + "}", '{"message":"two","eventTime":' + A + "}"]),
        (
            b'{"a":1}\n{"a":',
            {"host": 'h"', "source": "", "other": "x"},
            [
                '{"a":1,"eventTime":' + A + ',"hec":{"host":"h\\""}}',
                '{"message":"{\\"a\\":","eventTime":' + A + ',"hec":{"host":"h\\""}}',
            ],
        ),
        (b"x", {"time": "5.25"}, ['{"message":"x","eventTime":5.25,"hec":{"time":"5.25"}}']),
        (b'{"a":1}{"b":2}', {}, ['{"message":"{\\"a\\":1}{\\"b\\":2}","eventTime":' + A + "}"]),
    ],
)
def test_raw_lines(body: bytes, told: Mapping[str, str], expected: list[str]) -> None:
    assert [line.decode() for line in hec.raw_lines(body, ARRIVAL, 1000, told)] == expected


@pytest.mark.parametrize(("body", "told", "code"), [(b"", {}, 5), (b"x", {"time": "now"}, 6), (b"x" * 1001, {}, 27)])
def test_raw_lines_that_are_refused(body: bytes, told: Mapping[str, str], code: int) -> None:
    with pytest.raises(hec.HecError) as caught:
        hec.raw_lines(body, ARRIVAL, 1000, told)
    assert caught.value.reply.code == code


SENT = st.fixed_dictionaries(
    {
        "event": st.dictionaries(st.text(max_size=5), VALUES, max_size=3)
        | st.text(min_size=1, max_size=9)
        | st.integers()
    },
    optional={
        "time": st.integers(0, 4_000_000_000) | st.integers(0, 4_000_000_000).map(lambda n: f"{n}.25"),
        "host": st.text(max_size=5),
        "fields": st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
    },
)


@given(st.lists(SENT, min_size=1, max_size=5), st.sampled_from(["", "\n", " "]))
def test_every_event_is_one_line_that_holds_all_that_was_sent(sent: list[dict[str, object]], separator: str) -> None:
    body = separator.join(map(json.dumps, sent)).encode()
    found = hec.event_lines(body, ARRIVAL, 100_000)
    for line, one in zip(found, sent, strict=True):
        told = json.loads(line)
        around = {name: value for name, value in one.items() if name != "event"}
        if around and not (isinstance(one["event"], dict) and "hec" in one["event"]):
            assert told["hec"] == around
        event = one["event"]
        assert (told["message"] if not isinstance(event, dict) else {name: told[name] for name in event}) == event


def test_the_time_around_an_event_is_its_time() -> None:
    body = b'{"time":1426279439.25,"event":{"user":"kim","time":"2020-01-01T00:00:00Z"}}'
    body += b'{"event":{"timestamp":"2026-01-01"}}{"event":{"id":1}}'
    assert [when for _, when in events(hec.event_lines(body, ARRIVAL, 1000))] == [
        "2015-03-13T20:43:59.25Z",
        "2026-01-01T00:00:00Z",
        "2026-01-02T03:04:05.25Z",
    ]
