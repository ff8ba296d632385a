"""The events of a source that were taken already, by their ids: who asks again is shown the same ones again.

Bounded: of more than `PULL_SEEN_MAX` the oldest are forgotten, and `floor_ms` says from when on all are remembered. A
connector does not go back behind it, so that forgetting makes a re-read shorter instead of an event double.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from lakebed import config

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lakebed.pull.records import Event

_ENTRY = struct.Struct("<8sq")


class Seen:
    """Digests of ids with the times of their events, in the order in which they were taken; and the floor."""

    def __init__(self, packed: bytes = b"", floor_ms: int = 0) -> None:
        self._times: dict[bytes, int] = dict(_ENTRY.iter_unpack(packed))
        self.floor_ms = floor_ms

    def new(self, events: Iterable[Event], *, since_ms: int | None, default_ms: int) -> list[Event]:
        """Those of the events that were not seen and are not from before `since_ms`; they are seen from now on.

        An event without a time is remembered as if it were of `default_ms`.
        """
        fresh: list[Event] = []
        for event in events:
            is_old = since_ms is not None and event.time_ms is not None and event.time_ms < since_ms
            if is_old or event.digest in self._times:
                continue
            self._times[event.digest] = default_ms if event.time_ms is None else event.time_ms
            fresh.append(event)
        self._forget(len(self._times) - config.PULL_SEEN_MAX)
        return fresh

    def forget_before(self, time_ms: int) -> None:
        """Events from before are not asked for again."""
        self._times = {digest: time for digest, time in self._times.items() if time >= time_ms}

    def packed(self) -> bytes:
        """For the state; 16 bytes each."""
        return b"".join(_ENTRY.pack(digest, time) for digest, time in self._times.items())

    def __len__(self) -> int:
        return len(self._times)

    def _forget(self, count: int) -> None:
        if count <= 0:
            return
        candidates = list(self._times)[: -config.PULL_SEEN_RECENT]
        oldest = sorted(candidates, key=self._times.__getitem__)[:count]
        self.floor_ms = max(self.floor_ms, self._times[oldest[-1]] + 1)
        for digest in oldest:
            del self._times[digest]
