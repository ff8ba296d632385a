"""Cuts a stream of syslog into messages (RFC 6587), without any I/O.

A message has its length before it (`34 <13>1 …`), or ends with a line end (or a NUL, as some devices have it). Which it
is, is asked anew for each, as senders behind one relay may differ. What comes out is how it stands in a raw object: a
line, or, where it holds line ends itself, with its length before it, which the engine reads again.
"""

from __future__ import annotations

import re

LENGTH_DIGITS_MAX = 7
"""As the engine believes lengths."""

NO_PRIORITY = b"<13>"
"""What RFC 3164 has a relay put before a message without a priority. It also keeps a sender from making the first line
of an object look like an archive or another format, at the cost of all others in it."""

NUL = b"#000"
"""What stands for a byte 0, as rsyslog writes it: real ones make text look like UTF-16."""

_TEXT_BEGINS = re.compile(rb"[ -~\t]{4}")
_PRIORITY = re.compile(rb"<[0-9]{1,3}>")
_LENGTH = re.compile(rb"([1-9][0-9]{0,6}) (?=<)")
_LENGTH_BEGINS = re.compile(rb"[1-9][0-9]{0,6} ?")
_END = re.compile(rb"[\n\0]")
_LINE_END = re.compile(rb"[\r\n\0]+")


class FramingError(Exception):
    """The stream cannot be cut any more: the connection is to be closed."""


class SyslogFrames:
    """One connection's stream. A message longer than `line_bytes` is cut into several, as the engine cuts lines."""

    def __init__(self, line_bytes: int) -> None:
        self._line_bytes = line_bytes
        self._pending = b""
        self._searched = 0
        """Of a line whose end has not come: so far there is none. A line must not be searched anew with each piece."""

    @property
    def pending_bytes(self) -> int:
        """What of the stream is no whole message yet."""
        return len(self._pending)

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that are whole now, as lines of a raw object. Raises `FramingError`."""
        text = self._pending + data
        lines: list[bytes] = []
        place = 0
        while place < len(text):
            cut = self._cut(text, place)
            if cut is None:
                break
            message, place = cut
            self._searched = 0
            lines += _lines(message)
        self._pending = text[place:]
        return lines

    def finish(self) -> list[bytes]:
        """The end of the stream; the last line may lack its end."""
        text, self._pending, self._searched = self._pending, b"", 0
        match = _LENGTH.match(text)
        return _lines(text[match.end() :] if match else text)

    def _cut(self, text: bytes, place: int) -> tuple[bytes, int] | None:
        match = _LENGTH.match(text, place)
        if match is not None:
            length = int(match[1])
            if length > self._line_bytes:
                raise FramingError(f"a message of {length} bytes, the most is {self._line_bytes}")
            end = match.end() + length
            return (text[match.end() : end], end) if end <= len(text) else None
        begins = _LENGTH_BEGINS.match(text, place)
        if begins is not None and begins.end() == len(text):
            return None  # it may be a length yet
        end_match = _END.search(text, place + self._searched)
        if end_match is not None and end_match.start() - place <= self._line_bytes:
            return text[place : end_match.start()], end_match.end()
        if len(text) - place > self._line_bytes:
            return text[place : place + self._line_bytes], place + self._line_bytes
        self._searched = len(text) - place
        return None


def datagram_lines(data: bytes) -> list[bytes]:
    """The message of a datagram, as lines of a raw object."""
    return _lines(data)


def plain_lines(body: bytes) -> list[bytes]:
    """The lines of a text that is no syslog, as they stand in a raw object.

    The first bytes of an object tell what it is: a line that does not begin as text does gets a space before it.
    """
    lines = [line.replace(b"\0", NUL) for line in body.split(b"\n") if line.strip(b"\r\0 \t")]
    return [line if _TEXT_BEGINS.match(line) else b" " + line for line in lines]


def _lines(message: bytes) -> list[bytes]:
    text = message.strip(b"\r\n\0 ")
    if not text:
        return []
    text = text.replace(b"\0", NUL)
    if b"\n" not in text:
        return [_with_priority(text)]
    if _PRIORITY.match(text):
        return [b"%d %b" % (len(text), text)]
    return [_with_priority(part) for part in _LINE_END.split(text) if part]


def _with_priority(line: bytes) -> bytes:
    return line if _PRIORITY.match(line) else NO_PRIORITY + line
