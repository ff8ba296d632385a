"""What is tried again, how long is waited, and what a refusal tells."""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest

from lakebed import config
from lakebed.errors import PullError, ThrottledError
from lakebed.pull.fetch import Fetcher, RefusedError
from lakebed.pull.http import HttpSettings, Request, UnreachableError
from tests.unit.pull.services import FakeTime, Reply, Service, json_reply

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SETTINGS = HttpSettings(allow_private_addresses=True, allow_plain_http=True)


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def service(time: FakeTime) -> Iterator[Service]:
    with Service(clock=time.clock) as found:
        yield found


@pytest.fixture
def fetcher(time: FakeTime) -> Iterator[Fetcher]:
    found = Fetcher(SETTINGS, time.world())
    yield found
    found.close()


def get(fetcher: Fetcher, service: Service, headers: Mapping[str, str] | None = None) -> int:
    return fetcher.send(Request(f"{service.url}/logs?x=1", headers or {})).status


@pytest.mark.parametrize("fault", [Reply(500), Reply(502), Reply(503), Reply(504), Reply(408), Reply(200, cut=1)])
def test_a_service_that_fails_once(fetcher: Fetcher, service: Service, time: FakeTime, fault: Reply) -> None:
    service.faults = [fault]
    assert get(fetcher, service) == 200
    assert len(service.asked) == 2
    assert len(time.slept) == 1
    assert 0.75 * config.PULL_BACKOFF_S <= time.slept[0] <= 1.25 * config.PULL_BACKOFF_S


def test_a_service_that_goes_on_failing(fetcher: Fetcher, service: Service, time: FakeTime) -> None:
    service.faults = [json_reply({"errorSummary": "Sorry"}, 500)] * 9
    with pytest.raises(RefusedError) as caught:
        get(fetcher, service)
    assert str(caught.value) == f"'{service.url}/logs' answers 500 ('Sorry')"
    assert len(service.asked) == 1 + config.PULL_RETRIES
    rounded = [round(wait / config.PULL_BACKOFF_S / 2**n) for n, wait in enumerate(time.slept)]
    assert rounded == [1] * config.PULL_RETRIES


def test_a_connection_that_goes_on_breaking(fetcher: Fetcher, service: Service) -> None:
    service.faults = [Reply(cut=-1)] * 9
    with pytest.raises(UnreachableError):
        get(fetcher, service)
    assert len(service.asked) == 1 + config.PULL_RETRIES


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 501])
def test_a_refusal_is_not_tried_again(fetcher: Fetcher, service: Service, status: int) -> None:
    service.faults = [json_reply({"message": "no"}, status)]
    with pytest.raises(RefusedError) as caught:
        get(fetcher, service)
    assert caught.value.status == status
    assert len(service.asked) == 1


def test_a_short_wait_is_waited(fetcher: Fetcher, service: Service, time: FakeTime) -> None:
    service.faults = [Reply(429, headers={"Retry-After": "2"})]
    assert get(fetcher, service) == 200
    assert time.slept == [2.0]


@pytest.mark.parametrize(
    ("status", "headers", "body", "wait_s"),
    [
        pytest.param(429, {"Retry-After": "30"}, b"", 30, id="seconds"),
        pytest.param(503, {"Retry-After": "30"}, b"", 30, id="a service that is down and says until when"),
        pytest.param(429, {"Retry-After": formatdate(1767225600 + 40, usegmt=True)}, b"", 40, id="a date"),
        pytest.param(429, {"X-Rate-Limit-Reset": str(1767225600 + 50)}, b"", 51, id="Okta"),
        pytest.param(
            403,
            {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(1767225600 + 60)},
            b"",
            61,
            id="GitHub, primary",
        ),
        pytest.param(
            403, {}, b'{"message":"You have exceeded a secondary rate limit."}', 60, id="GitHub, secondary, untold"
        ),
        pytest.param(403, {"Retry-After": "70"}, b"", 70, id="GitHub, secondary, told"),
        pytest.param(429, {"RateLimit-Reset": "12"}, b"", 13, id="seconds until the reset"),
        pytest.param(429, {}, b"", 60, id="untold"),
        pytest.param(429, {"Retry-After": "soon", "X-RateLimit-Reset": "-4"}, b"", 60, id="nonsense"),
        pytest.param(429, {"Retry-After": "inf"}, b"", 60, id="for ever"),
        pytest.param(429, {"Retry-After": "999999999"}, b"", 3600, id="too long to be believed"),
    ],
)
def test_a_long_wait_is_handed_to_the_scheduler(
    fetcher: Fetcher, service: Service, status: int, headers: dict[str, str], body: bytes, wait_s: float
) -> None:
    service.faults = [Reply(status, body, headers)]
    with pytest.raises(ThrottledError) as caught:
        get(fetcher, service)
    assert caught.value.wait_s == wait_s
    assert len(service.asked) == 1


@pytest.mark.parametrize("skew_s", [-86_400, 0, 7_200])
def test_a_reset_is_by_the_service_s_clock(fetcher: Fetcher, time: FakeTime, skew_s: int) -> None:
    with Service(clock=lambda: time.now + skew_s) as service:
        service.faults = [Reply(429, headers={"X-Rate-Limit-Reset": str(1767225600 + skew_s + 20)})]
        with pytest.raises(ThrottledError) as caught:
            get(fetcher, service)
    assert caught.value.wait_s == 21
    assert fetcher.service_now() == 1767225600 + skew_s


def test_the_pace_is_kept(service: Service, time: FakeTime) -> None:
    fetcher = Fetcher(SETTINGS, time.world(), interval_s=2.0)
    for _ in range(3):
        get(fetcher, service)
    time.go(10)
    get(fetcher, service)
    fetcher.close()
    assert time.slept == [2.0, 2.0]


def test_a_refusal_does_not_repeat_what_was_sent(fetcher: Fetcher, service: Service) -> None:
    service.faults = [
        json_reply({"error": "token s3cret-t0ken of scheme SSWS is unknown"}, 401),
        json_reply({"error_description": "client_secret hunter2hunter2 is wrong"}, 400),
        json_reply({"message": "x" * 1000}, 403),
        Reply(403, b"<html>"),
        Reply(403, b"[" * 4000),
    ]
    place = f"'{service.url}/logs'"
    told = []
    for body in (None, b"client_secret=hunter2hunter2", None, None, None):
        with pytest.raises(PullError) as caught:
            fetcher.send(Request(f"{service.url}/logs?key=s3cret", {"Authorization": "SSWS s3cret-t0ken"}, body))
        told.append(str(caught.value))
    assert told == [
        f"{place} answers 401: the credentials are wrong or no longer valid ('token … of scheme … is unknown')",
        f"{place} answers 400 ('client_secret … is wrong')",
        f"{place} answers 403: the credentials do not allow this ('{'x' * 200}')",
        f"{place} answers 403: the credentials do not allow this",
        f"{place} answers 403: the credentials do not allow this",
    ]
