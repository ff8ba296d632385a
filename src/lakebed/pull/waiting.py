"""How long a service asks to wait: `Retry-After`, `X-Rate-Limit-Reset` (Okta), `X-RateLimit-Reset` (GitHub, others).

A reset is a moment by the service's clock, so it is compared with the service's own `Date`, not with our clock, which
may be wrong by minutes. What GitHub says of its limits: docs.github.com/rest/using-the-rest-api/rate-limits-for-the-
rest-api (403 or 429; `retry-after`, else `x-ratelimit-reset` when nothing remains, else at least a minute).
"""

from __future__ import annotations

import math
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from lakebed import config

if TYPE_CHECKING:
    from lakebed.pull.http import Answer

UNTOLD_S = 60.0
"""Where a service says that there is too much, but not until when."""

RESETS = ("x-rate-limit-reset", "x-ratelimit-reset", "ratelimit-reset")
REMAINING = ("x-rate-limit-remaining", "x-ratelimit-remaining", "ratelimit-remaining")

_EPOCH_FROM = 100_000_000
"""A smaller reset is a number of seconds, not a moment."""

_TOO_MANY = 429
_FORBIDDEN = 403


def is_throttled(answer: Answer) -> bool:
    """Whether the service refused because of too many requests. GitHub says so with 403 too."""
    if answer.status == _TOO_MANY:
        return True
    return answer.status == _FORBIDDEN and (
        "retry-after" in answer.headers
        or any(answer.headers.get(name, "").strip() == "0" for name in REMAINING)
        or b"rate limit" in answer.body.lower()
    )


def asked_wait_s(answer: Answer, now: float) -> float | None:
    """Seconds to wait as the answer asks for it, None when it does not; `now` stands in for a `Date` that is missing.

    At most `PULL_WAIT_S_MAX`, at least 0.
    """
    service_now = service_time(answer)
    service_now = now if service_now is None else service_now
    told = _retry_after(answer.headers.get("retry-after", ""), service_now)
    if told is None:
        told = next((wait for name in RESETS if (wait := _reset(answer.headers.get(name, ""), service_now))), None)
    return None if told is None else min(max(told, 0.0), config.PULL_WAIT_S_MAX)


def service_time(answer: Answer) -> float | None:
    """The service's clock when it answered, in whole seconds."""
    return _date(answer.headers.get("date", ""))


def _retry_after(text: str, service_now: float) -> float | None:
    seconds = _number(text)
    if seconds is not None:
        return seconds
    moment = _date(text)
    return None if moment is None else moment - service_now


def _reset(text: str, service_now: float) -> float | None:
    """A second more than told: the service's times are whole seconds."""
    number = _number(text)
    if number is None:
        return None
    return (number - service_now if number >= _EPOCH_FROM else number) + 1


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None
