"""How far a source was read, as its cursor in the state keeps it.

`state` is the connector's. While a raw object is being written, `attempt` says which, and what the state is after it:
whoever comes after a crash can tell whether it was written.
"""

from __future__ import annotations

import msgspec

from lakebed.errors import PullError

FORMAT = 1


class Attempt(msgspec.Struct, frozen=True):
    """A raw object on its way: its key, and the connector's state after its events."""

    key: str
    state: bytes


class Progress(msgspec.Struct, frozen=True):
    """The value of a cursor. `format` is that of this record."""

    state: bytes | None = None
    attempt: Attempt | None = None
    format: int = FORMAT

    def packed(self) -> bytes:
        """For the state."""
        return msgspec.msgpack.encode(self)


def unpack_progress(packed: bytes) -> Progress:
    """Raises `PullError` for what is no progress, or one of a later version."""
    try:
        found = msgspec.msgpack.decode(packed, type=Progress)
    except msgspec.DecodeError as error:
        raise PullError(f"the cursor of the source cannot be read: {error}") from error
    if found.format != FORMAT:
        raise PullError(f"the cursor of the source has format {found.format}; this version knows {FORMAT}")
    return found
