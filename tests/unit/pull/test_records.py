"""Events leave an answer as the service wrote them; whatever else it sends is an error that says what it was."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakebed.errors import PullError
from lakebed.pull.http import Answer
from lakebed.pull.links import link_to
from lakebed.pull.records import EventShape, Path, read_time_ms, rfc3339, text_at

JSON = {"content-type": "application/json; charset=utf-8"}


def answer(body: bytes, headers: dict[str, str] | None = None) -> Answer:
    return Answer("https://api.example/v1?token=s3cret", 200, JSON if headers is None else headers, body)


def test_an_event_keeps_its_digits_its_order_and_its_doubled_keys_in_one_line() -> None:
    body = b'[ {"b": 1.50,\r\n "a": 12345678901234567890, "b": "x\\ny"} ,\n{}\n]'
    shape = EventShape()
    assert [event.line for event in shape.events(answer(body))] == [
        b'{"b": 1.50,   "a": 12345678901234567890, "b": "x\\ny"}',
        b"{}",
    ]


def test_the_place_of_events_ids_and_times() -> None:
    body = b'{"data": {"items": [{"id": "a", "at": {"ms": 5}}, {"id": "a", "x": 1}, {"at": 1}, {"id": null}]}}'
    shape = EventShape(Path.parse("data.items"), Path.parse("id"), Path.parse("at.ms"), "epoch_ms")
    events = shape.events(answer(body))
    assert [event.time_ms for event in events] == [5, None, None, None]
    assert events[0].digest == events[1].digest
    assert len({event.digest for event in events}) == 3


def test_no_events_where_the_place_is_missing_or_null() -> None:
    shape = EventShape(Path.parse("data.items"))
    for body in (b"{}", b'{"data": null}', b'{"data": {"items": null}}', b'{"data": {"items": []}}', b'{"data": 5}'):
        assert shape.events(answer(body)) == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"[{]", "sent no array of events: json is malformed"),
        (b'[{"a": 1}, {"b"', "sent no array of events: input data was truncated"),
        (b"", "sent no array of events: input data was truncated"),
        (b"{}", "sent no array of events: expected `array`, got `object`"),
        (b"[1]", "sent no array of events: an event is not an object"),
        (b'["x"]', "sent no array of events: an event is not an object"),
        (b"<html>", "sent no array of events: json is malformed"),
        (b"[" * 100_000, "sent no array of events: it is nested too deeply"),
        (b'[{"a":' * 50_000, "sent no array of events: it is nested too deeply"),
    ],
)
def test_what_is_no_array_of_events(body: bytes, words: str) -> None:
    with pytest.raises(PullError) as caught:
        EventShape().events(answer(body))
    assert str(caught.value).startswith(f"'https://api.example/v1' {words}")
    assert "s3cret" not in str(caught.value)


def test_a_page_for_people_is_no_json() -> None:
    with pytest.raises(PullError) as caught:
        EventShape().events(answer(b"[]", {"content-type": "text/html"}))
    assert str(caught.value) == "'https://api.example/v1' sent 'text/html' where JSON was wanted"
    assert EventShape().events(answer(b"[]", {})) == []
    assert EventShape().events(answer(b"[]", {"content-type": "application/vnd.github+json"})) == []


def test_a_cursor_is_a_text_or_a_number() -> None:
    body = b'{"meta": {"next": "abc", "page": 12345678901234567890, "more": true, "none": null, "list": []}}'
    read = [text_at(Path.parse(f"meta.{name}"), answer(body)) for name in ("next", "page", "more", "none", "other")]
    assert read == ["abc", "12345678901234567890", "true", None, None]
    with pytest.raises(PullError, match=r"'https://api.example/v1' has no text at 'meta.list'"):
        text_at(Path.parse("meta.list"), answer(body))


@pytest.mark.parametrize(
    ("text", "form", "time_ms"),
    [
        ('"2026-01-01T00:00:00Z"', "rfc3339", 1767225600000),
        ('"2026-01-01T01:00:00.123456+01:00"', "rfc3339", 1767225600123),
        ('"2026-01-01T00:00:00"', "rfc3339", 1767225600000),
        ("1767225600", "epoch_s", 1767225600000),
        ('"1767225600.25"', "epoch_s", 1767225600250),
        ("1767225600123", "epoch_ms", 1767225600123),
        ('"soon"', "rfc3339", None),
        ("1767225600", "rfc3339", None),
        ('"9999-01-01T00:00:00Z"', "rfc3339", None),
        ("-5", "epoch_s", None),
        ("1e400", "epoch_s", None),
        ('"nan"', "epoch_ms", None),
        ("[]", "epoch_ms", None),
    ],
)
def test_times(text: str, form: str, time_ms: int | None) -> None:
    assert read_time_ms(text.encode(), form) == time_ms  # type: ignore[arg-type] # the parameters' types are wider


@given(st.integers(0, 4_102_444_799_999))
def test_a_time_in_a_query_is_read_back(time_ms: int) -> None:
    assert read_time_ms(json.dumps(rfc3339(time_ms)).encode(), "rfc3339") == time_ms


@given(st.binary(max_size=200))
def test_hostile_bodies_are_an_error_or_events_in_one_line_each(body: bytes) -> None:
    try:
        events = EventShape(Path.parse("a.b"), Path.parse("id"), Path.parse("t")).events(answer(body))
    except PullError:
        return
    assert all(b"\n" not in event.line and b"\r" not in event.line for event in events)


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ('<https://a/x?after=2>; rel="next"', "https://a/x?after=2"),
        ('<https://a/x?q=1,2>; rel="self", <https://a/y>; rel=next', "https://a/y"),
        ('</y?z=1>; title="a, <b>; rel=\\"self\\""; rel="prev next"', "https://a/y?z=1"),
        ('<https://a/x>; REL="NEXT"', "https://a/x"),
        ('<https://a/x>; rel="nextish"', None),
        ("", None),
        ("<https://a/x>", None),
        ("rel=next", None),
    ],
)
def test_links(header: str, target: str | None) -> None:
    assert link_to(header, "next", "https://a/") == target


@pytest.mark.parametrize("piece", [" ", "; ", ";a", ';a="', "<", "<a>;", '\\"', "<a>; rel=x ,", ";a= "])
def test_a_long_link_header_takes_no_time(piece: str) -> None:
    started = time.process_time()
    link_to("<https://a/x>" + piece * (64_000 // len(piece)), "next", "https://a/")
    assert time.process_time() - started < 2


@given(st.text(alphabet='<>;,"= relnxt/a', max_size=2000))
def test_links_of_any_text(header: str) -> None:
    found = link_to(header, "next", "https://a/")
    assert found is None or isinstance(found, str)
