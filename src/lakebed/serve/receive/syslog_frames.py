"""Cuts a stream of syslog into messages (RFC 6587), without any I/O.

A message has its length before it (`34 <13>1 …`), or ends with a line end (or a NUL, as some devices have it). Which
it is, is asked anew for each, as senders behind one relay may differ. What comes out is how it stands in a raw object:
with its length before it, so that it may hold line ends, and nothing in it is taken for the next one. As RFC 3164 wants
it of a relay, a message without a priority gets one, and one without a time that of its arrival and its sender's
address: a time cannot be found later, and the engine knows syslog by it.
"""

from __future__ import annotations

import re

from lakebed.serve.receive.event_lines import arrival_time

MESSAGE_BYTES_MAX = 1024 * 1024
"""Longest message: what the engine reads as one line. Its length has 7 digits, as many as the engine believes."""

NO_PRIORITY = b"<13>"
"""It also keeps a sender from making the first line of an object look like an archive, or another format."""

NUL = b"#000"
"""What stands for a byte 0, as rsyslog writes it: real ones make text look like UTF-16."""

_TEXT_BEGINS = re.compile(rb"[ -~\t]{4}")
_PRIORITY = re.compile(rb"<[0-9]{1,3}>")
_TELLS_TIME = re.compile(
    rb"<[0-9]{1,3}>(?:[1-9][0-9]{0,2} (?:-|[0-9]{4}-)|(?:[0-9]+: )?(?:[A-Za-z0-9_.:-]{1,64}: )?[*.%]?"
    rb"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?"
    rb"(?:(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* [ 0-9]?[0-9][ ,]|[0-9]{4}[-/ ]))"
)
"""The version of RFC 5424 and its time, or a time where RFC 3164 and Cisco have it."""

_LENGTH = re.compile(rb"([1-9][0-9]{0,6}) (?=<)")
_LENGTH_BEGINS = re.compile(rb"[1-9][0-9]{0,6} ?")
_END = re.compile(rb"[\n\0]")


class SyslogFrames:
    """One connection's stream. A message longer than `line_bytes` is cut into several, as the engine cuts lines.

    `arrival` of its methods is what a message without a time gets: time and sender, as `arrival_header` has it.
    """

    def __init__(self, line_bytes: int) -> None:
        self._line_bytes = min(line_bytes, MESSAGE_BYTES_MAX)
        self._pending = bytearray()
        self.error: str | None = None
        """Why the stream cannot be cut any more: then the connection is to be closed."""
        self._searched = 0
        """Of a line whose end has not come: so far there is none. A line must not be searched anew with each piece."""

    @property
    def pending_bytes(self) -> int:
        """What of the stream is no whole message yet."""
        return len(self._pending)

    def feed(self, data: bytes, arrival: bytes) -> list[bytes]:
        """The messages that are whole now, as lines of a raw object."""
        text = self._pending
        text += data
        lines: list[bytes] = []
        place = 0
        while place < len(text) and self.error is None:
            cut = self._cut(text, place)
            if cut is None:
                break
            message, place = cut
            self._searched = 0
            lines += _lines(message, arrival)
        del text[:place]
        if self.error is not None:
            text.clear()
        return lines

    def finish(self, arrival: bytes) -> list[bytes]:
        """The end of the stream; the last line may lack its end."""
        text, self._pending, self._searched = bytes(self._pending), bytearray(), 0
        match = _LENGTH.match(text)
        return _lines(text[match.end() :] if match else text, arrival)

    def _cut(self, text: bytearray, place: int) -> tuple[bytes, int] | None:
        match = _LENGTH.match(text, place)
        if match is not None:
            length = int(match[1])
            if length > self._line_bytes:
                self.error = f"a message of {length} bytes, the most is {self._line_bytes}"
                return None
            end = match.end() + length
            return (bytes(text[match.end() : end]), end) if end <= len(text) else None
        begins = _LENGTH_BEGINS.match(text, place)
        if begins is not None and begins.end() == len(text):
            return None  # it may be a length yet
        end_match = _END.search(text, place + self._searched)
        if end_match is not None and end_match.start() - place <= self._line_bytes:
            return bytes(text[place : end_match.start()]), end_match.end()
        if len(text) - place > self._line_bytes:
            return bytes(text[place : place + self._line_bytes]), place + self._line_bytes
        self._searched = len(text) - place
        return None


def datagram_lines(data: bytes, arrival: bytes) -> list[bytes]:
    """The message of a datagram, as lines of a raw object."""
    return _lines(data, arrival)


def arrival_header(now: float, peer: str) -> bytes:
    """What a message without a time gets: when it came, and from which address.

    >>> arrival_header(1_767_323_045.25, "192.0.2.7")
    b'2026-01-02T03:04:05.250Z 192.0.2.7 '
    """
    return arrival_time(now).strip(b'"') + b" " + peer.encode("ascii", "replace") + b" "


def plain_lines(body: bytes) -> list[bytes]:
    """The lines of a text that is no syslog, as they stand in a raw object.

    The first bytes of an object tell what it is: a line that does not begin as text does gets a space before it.
    """
    lines = [line.replace(b"\0", NUL) for line in body.split(b"\n") if line.strip(b"\r\0 \t")]
    return [line if _TEXT_BEGINS.match(line) else b" " + line for line in lines]


def _lines(message: bytes, arrival: bytes) -> list[bytes]:
    text = message.strip(b"\r\n\0").replace(b"\0", NUL)
    if not text.strip():
        return []
    if not _PRIORITY.match(text):
        text = NO_PRIORITY + text
    if not _TELLS_TIME.match(text):
        end = text.index(b">") + 1
        text = text[:end] + arrival + text[end:].lstrip()
    return [b"%d %b" % (len(text), text)]
