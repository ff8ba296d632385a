"""Asks a service until it answers: tries again what may be tried again, waits as long as it is told to, keeps a pace.

A request of a connector only reads, so that it may be repeated. What takes longer than a few seconds is not waited for
here: `ThrottledError` says for how long, and the scheduler comes back then.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import msgspec

from lakebed import config
from lakebed.errors import PullError, ThrottledError
from lakebed.pull.http import HttpClient, HttpSettings, Request, UnreachableError, shown
from lakebed.pull.waiting import UNTOLD_S, asked_wait_s, is_throttled, service_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lakebed.pull.http import Answer

REASON_MAX = 200
"""Characters of a service's own explanation that an error repeats."""

TOKEN_LENGTH_MIN = 4
"""Parts of a header that are as long are struck out of a service's explanation, in case it repeats them."""

_TRANSIENT = {408, 500, 502, 503, 504}
_REASON_KEYS = ("errorSummary", "message", "error_description", "error", "detail", "title")


class RefusedError(PullError):
    """The service said no, with this status; another try does not change it."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class World:
    """What a connector has of the world around it, so that tests can have another."""

    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    rng: random.Random = field(default_factory=random.Random)
    environment: Mapping[str, str] | None = None


class Fetcher:
    """Requests to one service, one after the other. `interval_s` is the least time between two of them."""

    def __init__(self, settings: HttpSettings, world: World, *, interval_s: float = 0.0) -> None:
        self._http = HttpClient(settings, monotonic=world.monotonic)
        self._world = world
        self._interval_s = interval_s
        self._last_at = -interval_s
        self._clock_offset_s = 0.0

    def send(self, request: Request) -> Answer:
        """The answer, whose status is 200 to 299.

        Raises `ThrottledError`, `RefusedError`, and `PullError` when the service fails or cannot be reached.
        """
        for attempt in range(config.PULL_RETRIES + 1):
            self._keep_pace()
            is_last = attempt == config.PULL_RETRIES
            try:
                answer = self._http.send(request)
            except UnreachableError:
                if is_last:
                    raise
                self._wait(self._backoff_s(attempt), "")
                continue
            self._compare_clocks(answer)
            if is_throttled(answer):
                asked_s = asked_wait_s(answer, self._world.clock())
                wait_s = UNTOLD_S if asked_s is None else asked_s
                message = f"{shown(request.url)} asks to wait {wait_s:.0f} s"
                if is_last:
                    raise ThrottledError(message, wait_s)
                self._wait(wait_s, message)
            elif answer.status in _TRANSIENT and not is_last:
                told_s = asked_wait_s(answer, self._world.clock()) if "retry-after" in answer.headers else None
                message = f"{shown(request.url)} answers {answer.status}"
                self._wait(self._backoff_s(attempt) if told_s is None else told_s, message)
            elif 200 <= answer.status < 300:
                return answer
            else:
                raise RefusedError(_refusal(request, answer), answer.status)
        raise AssertionError("the last attempt returns or raises")

    def service_now(self) -> float:
        """Seconds since 1970 by the service's clock, as far as it told; else by ours."""
        return self._world.clock() + self._clock_offset_s

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def _compare_clocks(self, answer: Answer) -> None:
        told = service_time(answer)
        if told is not None:
            self._clock_offset_s = told - self._world.clock()

    def _keep_pace(self) -> None:
        early_s = self._last_at + self._interval_s - self._world.monotonic()
        if early_s > 0:
            self._world.sleep(early_s)
        self._last_at = self._world.monotonic()

    def _backoff_s(self, attempt: int) -> float:
        return config.PULL_BACKOFF_S * 2.0**attempt * (0.75 + self._world.rng.random() / 2)

    def _wait(self, wait_s: float, message: str) -> None:
        if wait_s > config.PULL_WAIT_IN_POLL_S:
            raise ThrottledError(message, wait_s)
        self._world.sleep(wait_s)


def _refusal(request: Request, answer: Answer) -> str:
    hint = {401: ": the credentials are wrong or no longer valid", 403: ": the credentials do not allow this"}
    text = f"{shown(request.url)} answers {answer.status}{hint.get(answer.status, '')}"
    reason = _service_reason(answer.body)
    for part in _sent_parts(request):
        reason = reason.replace(part, "…")
    return f"{text} ('{reason[:REASON_MAX]}')" if reason else text


def _sent_parts(request: Request) -> list[str]:
    """What of the request may be a secret that the service repeats: the longest first, since one may hold another."""
    sent = [part for value in request.headers.values() for part in value.split()]
    if request.body is not None:
        sent += [value for _, value in parse_qsl(request.body.decode("utf-8", "replace"))]
    return sorted((part for part in sent if len(part) >= TOKEN_LENGTH_MIN), key=len, reverse=True)


def _service_reason(body: bytes) -> str:
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    if isinstance(told, dict):
        for key in _REASON_KEYS:
            if isinstance(told.get(key), str):
                return str(told[key])
    return ""
