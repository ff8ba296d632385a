"""A stream of syslog is cut into messages, however it arrives, and each is one event again."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakebed.serve.receive.syslog_frames import SyslogFrames, datagram_lines, plain_lines
from tests.unit.receive.reading import events

HEADER = b"2026-01-02T03:04:05.250Z 192.0.2.7 "
H13 = b"<13>" + HEADER


def whole(data: bytes, line_bytes: int = 100) -> list[bytes]:
    frames = SyslogFrames(line_bytes)
    return frames.feed(data, HEADER) + frames.finish(HEADER)


def counted(*messages: bytes) -> list[bytes]:
    return [b"%d %b" % (len(message), message) for message in messages]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"<34>Oct 11 22:14:15 h su: a\n<13>b\r\n", [b"<34>Oct 11 22:14:15 h su: a", H13 + b"b"]),
        (b"<13>a\0<13> b \0", [H13 + b"a", H13 + b"b "]),
        (b"5 <13>a5 <13>b", [H13 + b"a", H13 + b"b"]),
        (b"5 <13>a\n5 <13>b\n<13>c\n", [H13 + b"a", H13 + b"b", H13 + b"c"]),
        (b"9 <13>a\nb\nc", [H13 + b"a\nb\nc"]),
        (b"<13>cut", [H13 + b"cut"]),
        (b"20 <13>cut", [H13 + b"cut"]),
        (b"no priority\n12 apples\n\n  \n", [H13 + b"no priority", H13 + b"12 apples"]),
        (
            b"PK\x03\x04zip\n\x1f\x8bgzip\n\xff\xfeu\n",
            [H13 + b"PK\x03\x04zip", H13 + b"\x1f\x8bgzip", H13 + b"\xff\xfeu"],
        ),
        (b'<Event xmlns="x">\n<9999>a\n', [H13 + b'<Event xmlns="x">', H13 + b"<9999>a"]),
        (b"9 <13>a\0b\0c", [H13 + b"a#000b#000c"]),
        (b"<13>" + b"x" * 150 + b"\n<13>y\n", [H13 + b"x" * 96, H13 + b"x" * 54, H13 + b"y"]),
        (b"7 <13>one101 <13>two", [H13 + b"one"]),
    ],
)
def test_messages(data: bytes, expected: list[bytes]) -> None:
    assert whole(data) == counted(*expected)


@pytest.mark.parametrize(
    "message",
    [
        b"<34>Oct 11 22:14:15 h su: a",
        b"<34>Oct  1 22:14:15 h su: a",
        b"<34>1 2003-10-11T22:14:15.003Z h a - - - m",
        b"<34>1 - h a - - - m",
        b"<34>2003-10-11T22:14:15.003Z h a: m",
        b"<34>2003 Oct 11 22:14:15 h a: m",
        b"<189>29: *Mar  1 00:00:00.123 UTC: %SYS-5-CONFIG_I: m",
        b"<189>29: router: .Mar  1 00:00:00.123: %SYS-5-CONFIG_I: m",
        b"<13>Mon, 10 Jul",
    ],
)
def test_a_message_with_a_time_stays_as_it_is(message: bytes) -> None:
    is_told = message != b"<13>Mon, 10 Jul"
    assert whole(message + b"\n") == counted(message if is_told else H13 + message[4:])


def test_a_message_without_a_time_has_that_of_its_arrival_and_its_senders_address() -> None:
    lines = whole(b"<165>app[7]: one\n<13>1 2026-01-01T00:00:00Z h a - - - two\n")
    found = [(event["hostname"], event["app_name"], event["message"], when) for event, when in events(lines)]
    assert found == [
        ("192.0.2.7", "app", "one", "2026-01-02T03:04:05.25Z"),
        ("h", "a", "two", "2026-01-01T00:00:00Z"),
    ]


def test_a_length_beyond_the_limit_ends_the_stream() -> None:
    frames = SyslogFrames(100)
    assert frames.feed(b"<13>a\n101 <13>b", HEADER) == counted(H13 + b"a")
    assert (frames.error, frames.feed(b"more\n", HEADER), frames.finish(HEADER)) == (
        "a message of 101 bytes, the most is 100",
        [],
        [],
    )


MESSAGES = st.lists(
    st.tuples(
        st.booleans(),
        st.integers(0, 191),
        st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=20).map(lambda text: text.strip()),
    ),
    max_size=6,
)


@given(MESSAGES, st.lists(st.integers(1, 40), max_size=12))
def test_however_a_stream_is_cut_its_messages_are_the_same_events(
    sent: list[tuple[bool, int, str]], cuts: list[int]
) -> None:
    stream, expected = b"", []
    for is_counted, priority, text in sent:
        message = f"<{priority}>1 2026-01-01T00:00:00Z h app - - - x{text}y".encode()
        stream += b"%d %b" % (len(message), message) if is_counted else message.replace(b"\n", b" ") + b"\n"
        expected.append((priority, f"x{text if is_counted else text.replace(chr(10), ' ')}y"))
    frames = SyslogFrames(1000)
    lines: list[bytes] = []
    place = 0
    for size in [*cuts, len(stream)]:
        lines += frames.feed(stream[place : place + size], HEADER)
        place += size
    lines += frames.finish(HEADER)
    assert lines == whole(stream, 1000)
    found = events(lines)
    assert [(event["priority"], event["message"]) for event, _ in found] == expected


@given(st.binary(max_size=200), st.lists(st.integers(1, 20), max_size=10))
def test_any_bytes_give_lines_of_their_own_whatever_the_cuts(data: bytes, cuts: list[int]) -> None:
    frames = SyslogFrames(50)
    lines: list[bytes] = []
    place = 0
    for size in [*cuts, len(data)]:
        lines += frames.feed(data[place : place + size], HEADER)
        place += size
    lines += frames.finish(HEADER)
    neighbour = b"<34>1 2026-01-01T00:00:00Z host app - - - neighbour"
    found = events([*counted(neighbour, neighbour, neighbour), *lines, *counted(neighbour)])
    assert sum(event.get("message") == "neighbour" for event, _ in found) == 4
    assert len(found) == len(lines) + 4


def test_a_line_that_comes_in_small_pieces_is_searched_once() -> None:
    frames = SyslogFrames(1024 * 1024)
    started = time.process_time()
    for _ in range(100_000):
        assert frames.feed(b"x" * 10, HEADER) == []
    assert time.process_time() - started < 10, "searched or copied anew for each piece, it would be 50 GB"


@pytest.mark.parametrize(("data", "expected"), [(b"<13>a\n", [H13 + b"a"]), (b"", []), (b"a\nb", [H13 + b"a\nb"])])
def test_datagrams(data: bytes, expected: list[bytes]) -> None:
    assert datagram_lines(data, HEADER) == counted(*expected)


def test_plain_text_keeps_its_lines() -> None:
    body = b"2026-01-01 a\r\n\n  at b\n\xff\xfex\nab\0cd\n"
    assert plain_lines(body) == [b"2026-01-01 a\r", b"  at b", b" \xff\xfex", b"ab#000cd"]
