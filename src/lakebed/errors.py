"""The one tree of errors: every failure that Lakebed reports is a `LakebedError`.

A message says what was wanted, what was found and where. It is lower case, has no final stop and quotes values.
It never holds a secret or a whole event.
"""

from __future__ import annotations

from lakebed.safe_text import safe_text

SHOWN_BEFORE_MAX = 200
"""Characters of a query's line that an error shows before its place."""

SHOWN_AFTER_MAX = 400
"""And from there on: enough for what people write, and a screen is not flooded by what programs make."""


class LakebedError(Exception):
    """Base of everything that Lakebed raises on purpose."""


class UsageError(LakebedError):
    """The caller asked for something that cannot be: an unknown option, a bad value."""


class ConfigError(LakebedError):
    """A lakebed.toml is wrong; the message has a line `file:line: what` for each of its problems."""


class QueryError(LakebedError):
    """The query text is wrong. Knows where: `text`, `start` and `end` are character offsets into it."""

    def __init__(self, message: str, text: str, start: int, end: int) -> None:
        super().__init__(message)
        self.message = message
        self.text = text
        self.start = start
        self.end = max(end, start + 1)

    @property
    def line(self) -> int:
        """Line of the error, counted from 1."""
        return self.text.count("\n", 0, self.start) + 1

    @property
    def column(self) -> int:
        """Column of the error in characters, counted from 1."""
        return self.start - (self.text.rfind("\n", 0, self.start) + 1) + 1

    def __str__(self) -> str:
        line_start = self.text.rfind("\n", 0, self.start) + 1
        line_end = self.text.find("\n", self.start)
        line_end = line_end if line_end >= 0 else len(self.text)
        first = line_start if self.start - line_start <= SHOWN_BEFORE_MAX else self.start - SHOWN_BEFORE_MAX
        last = line_end if line_end - self.start <= SHOWN_AFTER_MAX else self.start + SHOWN_AFTER_MAX
        end = min(self.end, last)
        before = ("…" if first > line_start else "") + safe_text(self.text[first : self.start])
        marked = safe_text(self.text[self.start : end])
        after = safe_text(self.text[end:last]) + ("…" if last < line_end else "")
        marker = " " * len(before) + "^" * max(1, len(marked))
        where = f"line {self.line}, column {self.column}"
        return f"{safe_text(self.message)}\n  {where}\n  {before}{marked}{after}\n  {marker}"


class StorageError(LakebedError):
    """The object store refused, failed or could not be reached."""


class TransientStorageError(StorageError):
    """The store throttled, failed or did not answer in time; the same request may succeed when repeated."""


class NotFoundError(StorageError):
    """The object is not there."""


class ChangedError(StorageError):
    """The object is no longer the one that was asked for: it was replaced since it was listed."""


class AlreadyExistsError(StorageError):
    """A conditional create found the object there."""


class UnsafeStoreError(StorageError):
    """The store lets two conditional writes win: a catalog on it would lose data."""


class CatalogError(LakebedError):
    """The catalog holds something it must not, or cannot be read."""


class CorruptSegmentError(LakebedError):
    """Bytes of a segment are damaged; the message names file, section and offset."""


class IngestError(LakebedError):
    """A source object could not be indexed."""


class QueueError(IngestError):
    """A queue of notifications refused, failed or could not be reached."""


class StateError(LakebedError):
    """The state (work that waits, leases, cursors) cannot be read, or holds something it must not."""


class TransientStateError(StateError):
    """The state's database is busy, full or cannot be reached; the same call may succeed when repeated."""


class StateConflict(StateError):  # noqa: N818 - a lost race, which its caller expects
    """Somebody else changed it in between; nothing was written."""


class LimitError(LakebedError):
    """A named limit was reached; the message names it and how to raise it."""


class PullError(LakebedError):
    """A service could not be read: it refused, failed or answered with something else than was wanted."""


class ThrottledError(PullError):
    """A service asks to wait before the next request: `wait_s` seconds."""

    def __init__(self, message: str, wait_s: float) -> None:
        super().__init__(message)
        self.wait_s = wait_s
