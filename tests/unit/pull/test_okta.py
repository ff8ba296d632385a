"""Okta's System Log: every event once, whatever the order, the failures and the limits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakebed import config
from lakebed.errors import PullError, ThrottledError, UsageError
from lakebed.pull.kinds import check_options, make_connector
from lakebed.pull.sweep import unpack
from tests.unit.pull.polling import Reader
from tests.unit.pull.services import START_MS, FakeTime, OktaService, Reply, iso, json_reply

if TYPE_CHECKING:
    from collections.abc import Iterator

MINUTE_MS = 60_000


@pytest.fixture
def time() -> FakeTime:
    return FakeTime(START_MS / 1000 + 3600)


@pytest.fixture
def okta(time: FakeTime) -> Iterator[OktaService]:
    with OktaService(clock=time.clock) as found:
        yield found


def reader(okta: OktaService, time: FakeTime, **options: Any) -> Reader:
    told = {
        "domain": okta.url,
        "token": "env:OKTA_TOKEN",
        "private_addresses": True,
        "plain_http": True,
        "requests_per_minute": 60_000,
        **options,
    }
    return Reader(make_connector(check_options("okta", told), time.world(OKTA_TOKEN="s3cret")))


def test_all_events_come_as_they_were_written(okta: OktaService, time: FakeTime) -> None:
    for number in range(8):
        okta.add(number, START_MS + number * 1000)
    found = reader(okta, time)
    assert found.catch_up() == list(range(8))
    assert [json.loads(line) for line in found.lines] == okta.events
    assert [asked.path for asked in okta.asked] == ["/api/v1/logs"] * 4  # pages of 3, 3, 2, and none
    assert dict(okta.asked[0].query) == {
        "since": iso(START_MS + 3_600_000 - 7 * 86_400_000),
        "sortOrder": "ASCENDING",
        "limit": "1000",
    }
    assert all(asked.headers["authorization"] == "SSWS s3cret" for asked in okta.asked)


def test_new_events_come_with_the_next_poll(okta: OktaService, time: FakeTime) -> None:
    found = reader(okta, time)
    assert found.catch_up() == []
    okta.add(1, START_MS)
    assert found.catch_up() == [1]
    okta.add(2, START_MS)
    okta.add(3, START_MS - 5 * MINUTE_MS, stored_ms=START_MS + 10)
    assert found.catch_up() == [1, 2, 3]
    assert found.catch_up() == [1, 2, 3]


def test_since_filter_and_scheme(okta: OktaService, time: FakeTime) -> None:
    okta.add(1, START_MS)
    okta.add(2, START_MS + 86_400_000)
    found = reader(okta, time, since="2026-01-02", filter='eventType sw "user."', scheme="Bearer")
    assert found.catch_up() == [2]
    assert okta.asked[0].query["filter"] == 'eventType sw "user."'
    assert okta.asked[0].headers["authorization"] == "Bearer s3cret"


@settings(max_examples=30)
@given(st.data())
def test_any_cuts_orders_and_failures_give_each_event_once(data: st.DataObject) -> None:
    """Pages of any size, events that were published in any order, between polls and within, and faults in between."""
    time = FakeTime(START_MS / 1000 + 3600)
    faults = st.sampled_from([None, None, Reply(500), Reply(200, b"[1, 2", cut=3), Reply(429)])
    with OktaService(clock=time.clock) as okta:
        found = reader(okta, time)
        count = 0
        for _ in range(data.draw(st.integers(1, 4))):
            okta.page = data.draw(st.integers(1, 7))
            okta.faults = data.draw(st.lists(faults, max_size=6))
            for _ in range(data.draw(st.integers(0, 12))):
                okta.add(count, START_MS + data.draw(st.integers(-10_000, 10_000)), stored_ms=START_MS + count)
                count += 1
            for _ in range(20):
                try:
                    if found.poll().is_caught_up:
                        break
                except PullError:
                    time.go(60)
        okta.faults = []
        assert sorted(found.catch_up()) == list(range(count))
        found.connector.close()


def test_a_cursor_that_is_refused_starts_again_from_the_end_without_doubles(okta: OktaService, time: FakeTime) -> None:
    for number in range(5):
        okta.add(number, START_MS + number * MINUTE_MS)
    found = reader(okta, time, reread="2m")
    assert found.catch_up() == [0, 1, 2, 3, 4]
    okta.add(5, START_MS + 5 * MINUTE_MS)
    okta.expired_before = 6
    okta.page = 100
    okta.asked.clear()
    assert found.catch_up() == [0, 1, 2, 3, 4, 5]
    assert [asked.query.get("since", "") for asked in okta.asked] == ["", iso(START_MS + 2 * MINUTE_MS), ""]


def test_a_service_that_refuses_its_own_cursors_is_an_error(okta: OktaService, time: FakeTime) -> None:
    okta.add(1, START_MS)
    found = reader(okta, time)
    assert found.catch_up() == [1]
    okta.expired_before = 1000
    with pytest.raises(PullError, match="answers 400"):
        found.catch_up()
    time.go(600)
    okta.expired_before = 0
    assert found.catch_up() == [1]


def test_a_first_request_that_is_refused_is_an_error(okta: OktaService, time: FakeTime) -> None:
    okta.faults = [json_reply({"errorSummary": "Invalid filter"}, 400)]
    with pytest.raises(PullError) as caught:
        reader(okta, time, filter="x").poll()
    assert str(caught.value) == f"'{okta.url}/api/v1/logs' answers 400 ('Invalid filter')"


def test_what_came_before_a_failure_is_kept(okta: OktaService, time: FakeTime) -> None:
    for number in range(6):
        okta.add(number, START_MS)
    okta.faults = [None, json_reply({"errorCode": "E0000047"}, 429, {"X-Rate-Limit-Reset": str(int(time.now) + 30)})]
    found = reader(okta, time)
    poll = found.poll()
    assert found.numbers() == [0, 1, 2]
    assert not poll.is_caught_up
    okta.faults = [json_reply({"errorCode": "E0000047"}, 429, {"X-Rate-Limit-Reset": str(int(time.now) + 30)})]
    with pytest.raises(ThrottledError) as caught:
        found.poll()
    assert caught.value.wait_s == 31
    assert found.catch_up() == list(range(6))


def test_a_link_to_another_host_gets_no_token(okta: OktaService, time: FakeTime) -> None:
    okta.add(1, START_MS)
    with OktaService() as other:
        event = json.dumps([okta.events[0]]).encode()
        link = f'<{other.url}/api/v1/logs?after=1>; rel="next"'
        okta.faults = [Reply(200, event, {"Content-Type": "application/json", "Link": link})]
        found = reader(okta, time)
        assert found.poll().lines
        with pytest.raises(PullError) as caught:
            found.poll()
        words = "another host than that of the source"
        assert str(caught.value) == f"the next page is said to be at '{other.url}/api/v1/logs', {words}"
        assert other.asked == []


def test_pages_that_go_round_in_a_circle(okta: OktaService, time: FakeTime) -> None:
    def page(number: int, after: int) -> Reply:
        event = {"uuid": f"u{number}", "n": number, "published": iso(START_MS)}
        return json_reply([event], headers={"Link": f'<{okta.url}/api/v1/logs?after={after}>; rel="next"'})

    circle = [page(1, 11), page(2, 12), page(3, 11)]
    okta.faults = [*circle, *circle[1:], *circle[1:]]
    found = reader(okta, time)
    assert len(found.poll().lines) == 3
    with pytest.raises(PullError, match="lead round in a circle"):
        found.poll()
    assert found.numbers() == [1, 2, 3]


def test_pages_without_end_end_the_poll(okta: OktaService, time: FakeTime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "PULL_PAGES", 5)
    for number in range(100):
        okta.add(number, START_MS)
    found = reader(okta, time)
    assert not found.poll().is_caught_up
    assert len(okta.asked) == 5
    assert found.catch_up() == list(range(100))


def test_a_poll_ends_when_it_has_enough(okta: OktaService, time: FakeTime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "PULL_BYTES", 150)
    for number in range(10):
        okta.add(number, START_MS)
    found = reader(okta, time)
    found.poll()
    assert found.numbers() == [0, 1, 2]
    assert found.catch_up() == list(range(10))


def test_events_of_a_wrong_clock_do_not_lead_past_others(okta: OktaService, time: FakeTime) -> None:
    okta.add(1, START_MS + 365 * 86_400_000, stored_ms=START_MS)
    okta.add(2, START_MS + MINUTE_MS)
    found = reader(okta, time)
    assert found.catch_up() == [1, 2]
    assert found.state is not None
    assert unpack(found.state).newest_ms <= int(time.now * 1000)


def test_the_state_stays_small(okta: OktaService, time: FakeTime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "PULL_SEEN_MAX", 50)
    monkeypatch.setattr(config, "PULL_SEEN_RECENT", 10)
    okta.page = 40
    for number in range(1000):
        okta.add(number, START_MS + number)
    found = reader(okta, time)
    assert found.catch_up() == list(range(1000))
    assert len(found.state or b"") < 50 * 16 + 2000


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"token": "s3cret"}, "a secret must not stand here"),
        (
            {"domain": "https://x/y z"},
            "domain = 'https://x/y z' is no name of a host; wanted such as 'example.okta.com'",
        ),
        ({"poll_every": "0s"}, "poll_every is less than a second"),
        ({"poll_every": "fast"}, "poll_every = 'fast' is no span of time"),
        ({"since": "yesterday"}, "since = 'yesterday' is no time; wanted such as '7d' or '2026-01-31'"),
        ({"requests_per_minute": 0}, "requests_per_minute = 0"),
        ({"tokne": "x"}, "there is no option 'tokne'"),
        ({"domain": None}, "missing option 'domain'"),
        ({"domain": 5}, "expected 'str', got 'int' in 'domain'"),
        ({"scheme": "Basic"}, "invalid enum value 'Basic' in 'scheme'"),
    ],
)
def test_options_that_cannot_work(options: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_options("okta", {"domain": "acme.okta.com", "token": "env:T", **options})
    assert str(caught.value).startswith(words)
    assert "s3cret" not in str(caught.value)


def test_a_secret_that_is_missing_or_cannot_be_sent(okta: OktaService, time: FakeTime) -> None:
    with pytest.raises(UsageError, match="the environment variable 'NO_TOKEN' is not set"):
        reader(okta, time, token="env:NO_TOKEN").poll()
    world = time.world(OKTA_TOKEN="s3cret\r\nX-Evil: 1")
    told = {"domain": okta.url, "token": "env:OKTA_TOKEN", "private_addresses": True, "plain_http": True}
    with pytest.raises(UsageError, match="no header can hold") as caught:
        make_connector(check_options("okta", told), world).poll(None)
    assert "s3cret" not in str(caught.value)
    assert okta.asked == []
