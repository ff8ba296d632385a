"""The events in a service's JSON answer: each becomes one line, byte for byte as the service wrote it.

Nothing is decoded but what is asked for: numbers keep their digits, keys their order. Only white space between values
may change, as a line must not hold line ends.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

import msgspec

from lakebed.decoding import json_decoder
from lakebed.errors import PullError
from lakebed.pull.http import shown

if TYPE_CHECKING:
    from lakebed.pull.http import Answer

TimeForm = Literal["rfc3339", "epoch_s", "epoch_ms"]

_MEMBERS = json_decoder(dict[str, msgspec.Raw])
_ELEMENTS = json_decoder(list[msgspec.Raw])
_NO_LINE_ENDS = bytes.maketrans(b"\r\n", b"  ")
_WRONG = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_NO_CONTENT = 204
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_TIME_MS_MAX = 4_102_444_800_000
"""The year 2100: a later event has no time that could move a cursor."""


@dataclass(frozen=True)
class Path:
    """Names of members, one within the other: `data.items`. A name with a dot in it is not reached; empty is the whole.

    >>> Path.parse("data.items").names
    ('data', 'items')
    """

    names: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Path:
        """Reads the names between dots."""
        return cls(tuple(text.split(".")) if text else ())

    def find(self, value: bytes | msgspec.Raw) -> msgspec.Raw | None:
        """What stands there in a JSON text; None when there is nothing or `null`. Raises what msgspec raises."""
        found = value if isinstance(value, msgspec.Raw) else msgspec.Raw(value)
        for name in self.names:
            if bytes(found).lstrip()[:1] != b"{":
                return None
            inner = _MEMBERS.decode(found).get(name)
            if inner is None:
                return None
            found = inner
        return None if bytes(found).strip() == b"null" else found


@dataclass(frozen=True)
class Event:
    """One event: its line, a digest of its id, and its time if it has one."""

    line: bytes
    digest: bytes
    time_ms: int | None


@dataclass(frozen=True)
class EventShape:
    """Where an answer has its events, and each event its id and its time.

    An event without an id is told from others by all of it. `may_be_missing`: an answer without the place of events has
    none; else it is an error.
    """

    records: Path = Path(())
    id: Path = Path(())
    time: Path | None = None
    time_form: TimeForm = "rfc3339"
    may_be_missing: bool = False

    def events(self, answer: Answer) -> list[Event]:
        """The events of an answer, in their order. Raises `PullError` when it is not what was wanted."""
        if answer.status == _NO_CONTENT:
            return []
        check_json(answer)
        try:
            return [self._event(one) for one in self._records(answer.body)]
        except _WRONG as error:
            place = f" at '{'.'.join(self.records.names)}'" if self.records.names else ""
            raise PullError(f"{shown(answer.url)} sent no array of events{place}: {_words(error)}") from error

    def _records(self, body: bytes) -> list[msgspec.Raw]:
        """The array itself. `null` is an array of nothing; what is not there is an answer that was not understood, such
        as an error that comes with 200: taking it for nothing would lead past events.
        """
        found: msgspec.Raw = msgspec.Raw(body)
        for name in self.records.names:
            members = _MEMBERS.decode(found)
            if name not in members and self.may_be_missing:
                return []
            if name not in members:
                raise msgspec.DecodeError(f"there is no '{name}'")
            found = members[name]
            if bytes(found).strip() == b"null":
                return []
        return _ELEMENTS.decode(found)

    def _event(self, raw: msgspec.Raw) -> Event:
        line = bytes(raw).strip()
        if line[:1] != b"{":
            raise msgspec.DecodeError("an event is not an object")
        name = (self.id.find(raw) if self.id.names else None) or raw
        time = self.time.find(raw) if self.time is not None else None
        digest = hashlib.blake2b(bytes(name).strip(), digest_size=8).digest()
        return Event(
            line.translate(_NO_LINE_ENDS), digest, None if time is None else read_time_ms(time, self.time_form)
        )


def check_json(answer: Answer) -> None:
    """Raises `PullError` when the answer is not called JSON: a page for people, such as a login, comes with 200 too."""
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not (kind == "" or kind.endswith(("/json", "+json", "/x-json"))):
        raise PullError(f"{shown(answer.url)} sent '{kind[:100]}' where JSON was wanted")


def text_at(path: Path, answer: Answer) -> str | None:
    """A text, number or nothing in an answer: a cursor. Raises `PullError` for anything else."""
    if answer.status == _NO_CONTENT:
        return None
    try:
        found = path.find(answer.body)
        value = None if found is None else msgspec.json.decode(found)
    except _WRONG as error:
        raise PullError(f"{shown(answer.url)} sent no JSON that can be read: {_words(error)}") from error
    if value is None or isinstance(value, bool):
        return None if value is None else str(value).lower()
    if not isinstance(value, (str, int, float)):
        raise PullError(f"{shown(answer.url)} has no text at '{'.'.join(path.names)}'")
    return value if isinstance(value, str) else bytes(found or b"").decode().strip()


def read_time_ms(raw: bytes | msgspec.Raw, form: TimeForm) -> int | None:
    """The time in ms since 1970; None when it is none, or one that no event can have.

    >>> read_time_ms(b'"2026-01-01T00:00:00.5Z"', "rfc3339"), read_time_ms(b'1767225600.5', "epoch_s")
    (1767225600500, 1767225600500)
    """
    try:
        value = msgspec.json.decode(raw)
        if form == "rfc3339":
            moment = datetime.fromisoformat(value)
            time_ms = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // _MILLISECOND
        else:
            time_ms = int(float(value) * (1000 if form == "epoch_s" else 1))
    except (*_WRONG, ValueError, TypeError, OverflowError):
        return None
    return time_ms if 0 <= time_ms <= _TIME_MS_MAX else None


def rfc3339(time_ms: int) -> str:
    """The time as services want it in a query, in UTC with milliseconds.

    >>> rfc3339(1767225600500)
    '2026-01-01T00:00:00.500Z'
    """
    moment = datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{moment}.{time_ms % 1000:03d}Z"


def _words(error: Exception) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error).partition(" - at")[0].lower()
