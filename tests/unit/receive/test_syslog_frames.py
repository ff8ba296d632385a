"""A stream of syslog is cut into messages, however it arrives, and each is one event again."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakebed.serve.receive.syslog_frames import FramingError, SyslogFrames, datagram_lines, plain_lines
from tests.unit.receive.reading import events


def whole(data: bytes, line_bytes: int = 100) -> list[bytes]:
    frames = SyslogFrames(line_bytes)
    return frames.feed(data) + frames.finish()


def counted(*messages: bytes) -> list[bytes]:
    return [b"%d %b" % (len(message), message) for message in messages]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"<34>Oct 11 22:14:15 h su: a\n<13>b\r\n", [b"<34>Oct 11 22:14:15 h su: a", b"<13>b"]),
        (b"<13>a\0<13>b\0", [b"<13>a", b"<13>b"]),
        (b"5 <13>a5 <13>b", [b"<13>a", b"<13>b"]),
        (b"5 <13>a\n5 <13>b\n<13>c\n", [b"<13>a", b"<13>b", b"<13>c"]),
        (b"9 <13>a\nb\nc", [b"<13>a\nb\nc"]),
        (b"<13>cut", [b"<13>cut"]),
        (b"20 <13>cut", [b"<13>cut"]),
        (b"no priority\n12 apples\n\n  \n", [b"<13>no priority", b"<13>12 apples"]),
        (b"PK\x03\x04zip\n\x1f\x8bgzip\n\xff\xfeu\n", [b"<13>PK\x03\x04zip", b"<13>\x1f\x8bgzip", b"<13>\xff\xfeu"]),
        (b'<Event xmlns="x">\n<9999>a\n', [b'<13><Event xmlns="x">', b"<13><9999>a"]),
        (b"9 <13>a\0b\0c", [b"<13>a#000b#000c"]),
        (b"<13>" + b"x" * 150 + b"\n<13>y\n", [b"<13>" + b"x" * 96, b"<13>" + b"x" * 54, b"<13>y"]),
    ],
)
def test_messages(data: bytes, expected: list[bytes]) -> None:
    assert whole(data) == counted(*expected)


def test_a_length_beyond_the_limit_ends_the_connection() -> None:
    with pytest.raises(FramingError, match="a message of 101 bytes, the most is 100"):
        whole(b"<13>a\n101 <13>b")


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
        lines += frames.feed(stream[place : place + size])
        place += size
    lines += frames.finish()
    assert lines == whole(stream, 1000)
    found = events(lines)
    assert [(event["priority"], event["message"]) for event, _ in found] == expected


@given(st.binary(max_size=200), st.lists(st.integers(1, 20), max_size=10))
def test_any_bytes_give_lines_of_their_own_whatever_the_cuts(data: bytes, cuts: list[int]) -> None:
    frames = SyslogFrames(50)
    lines: list[bytes] = []
    place = 0
    try:
        for size in [*cuts, len(data)]:
            lines += frames.feed(data[place : place + size])
            place += size
        lines += frames.finish()
    except FramingError:
        return
    neighbour = b"<34>1 2026-01-01T00:00:00Z host app - - - neighbour"
    found = events([*counted(neighbour, neighbour, neighbour), *lines, *counted(neighbour)])
    assert sum(event.get("message") == "neighbour" for event, _ in found) == 4
    assert len(found) == len(lines) + 4


def test_a_line_that_comes_in_small_pieces_is_searched_once() -> None:
    frames = SyslogFrames(1024 * 1024)
    started = time.process_time()
    for _ in range(100_000):
        assert frames.feed(b"x" * 10) == []
    assert time.process_time() - started < 10, "searched or copied anew for each piece, it would be 50 GB"


@pytest.mark.parametrize(("data", "expected"), [(b"<13>a\n", [b"<13>a"]), (b"", []), (b"a\nb", [b"<13>a\nb"])])
def test_datagrams(data: bytes, expected: list[bytes]) -> None:
    assert datagram_lines(data) == counted(*expected)


def test_plain_text_keeps_its_lines() -> None:
    body = b"2026-01-01 a\r\n\n  at b\n\xff\xfex\nab\0cd\n"
    assert plain_lines(body) == [b"2026-01-01 a\r", b"  at b", b" \xff\xfex", b"ab#000cd"]
