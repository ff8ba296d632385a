"""Keeps work below a rate of objects and of bytes, each with a second's worth in stock."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class RateLimit:
    """None is no limit. Used by one thread."""

    def __init__(
        self,
        objects_per_s: float | None,
        bytes_per_s: float | None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._rates = (objects_per_s, bytes_per_s)
        self._stocks = [rate or 0.0 for rate in self._rates]
        self._at = monotonic()

    def take(self, objects: int, size_bytes: int) -> float:
        """Takes so much, at once; how many seconds to wait before the next."""
        now = self._monotonic()
        passed, self._at = now - self._at, now
        waits = [0.0]
        for place, (rate, taken) in enumerate(zip(self._rates, (objects, size_bytes), strict=True)):
            if rate is None:
                continue
            self._stocks[place] = min(rate, self._stocks[place] + passed * rate) - taken
            waits.append(-self._stocks[place] / rate)
        return max(waits)
