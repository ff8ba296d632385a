"""GitHub's audit log: every event once, also those that appear after later ones."""

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
from tests.unit.pull.services import START_MS, FakeTime, GithubService, Reply, iso, json_reply

if TYPE_CHECKING:
    from collections.abc import Iterator

MINUTE_MS = 60_000
DAY_MS = 86_400_000


@pytest.fixture
def time() -> FakeTime:
    return FakeTime(START_MS / 1000 + 3600)


@pytest.fixture
def github(time: FakeTime) -> Iterator[GithubService]:
    with GithubService(clock=time.clock) as found:
        yield found


def reader(github: GithubService, time: FakeTime, **options: Any) -> Reader:
    told = {
        "url": github.url,
        "organization": "acme",
        "token": "env:GITHUB_TOKEN",
        "private_addresses": True,
        "plain_http": True,
        "requests_per_minute": 60_000,
        **options,
    }
    return Reader(make_connector(check_options("github", told), time.world(GITHUB_TOKEN="s3cret")))


def test_all_events_oldest_first(github: GithubService, time: FakeTime) -> None:
    for number in range(8):
        github.add(number, START_MS + number * 1000)
    found = reader(github, time)
    assert found.catch_up() == list(range(8))
    assert [json.loads(line) for line in found.lines] == github.events
    assert dict(github.asked[0].query) == {
        "phrase": f"created:>={iso(START_MS + 3_600_000 - 7 * DAY_MS)[:19]}Z",
        "include": "all",
        "order": "asc",
        "per_page": "100",
    }
    told = github.asked[0].headers
    assert (told["authorization"], told["accept"], told["x-github-api-version"], told["user-agent"]) == (
        "Bearer s3cret",
        "application/vnd.github+json",
        "2022-11-28",
        "lakebed",
    )


def test_an_event_that_appears_late_is_found_by_reading_again(github: GithubService, time: FakeTime) -> None:
    github.add(1, START_MS)
    github.add(3, START_MS + 9 * MINUTE_MS)
    found = reader(github, time)
    assert found.catch_up() == [1, 3]
    github.add(2, START_MS + MINUTE_MS)
    assert found.catch_up() == [1, 3, 2]
    assert found.catch_up() == [1, 3, 2]
    assert github.asked[-1].query["phrase"] == f"created:>={iso(START_MS - MINUTE_MS)[:19]}Z"


def test_a_poll_without_news_leaves_the_state_as_it_is(github: GithubService, time: FakeTime) -> None:
    github.add(1, time_ms=START_MS + 3_000_000)
    found = reader(github, time)
    found.catch_up()
    before = found.poll().state
    time.go(1)
    assert found.poll().state == before


def test_a_service_that_was_cut_off_in_the_middle_goes_on_there(
    github: GithubService, time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "PULL_PAGES", 2)
    for number in range(20):
        github.add(number, START_MS + number * MINUTE_MS)
    found = reader(github, time)
    assert not found.poll().is_caught_up
    assert found.numbers() == list(range(6))
    github.faults = [json_reply({"message": "You have exceeded a secondary rate limit"}, 403)]
    with pytest.raises(ThrottledError):
        found.poll()
    time.go(60)
    found.poll()
    assert found.numbers() == list(range(12))
    assert found.catch_up() == list(range(20))


def test_late_events_of_a_sweep_that_took_long(
    github: GithubService, time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first page was read an hour before the last; what appeared meanwhile behind it is found by the next sweep."""
    monkeypatch.setattr(config, "PULL_PAGES", 1)
    for number in range(6):
        github.add(number, START_MS + (50 + number) * MINUTE_MS)
    found = reader(github, time)
    found.poll()
    github.add(100, START_MS + 51 * MINUTE_MS - 500)
    time.go(3600)
    github.add(6, START_MS + 119 * MINUTE_MS)
    assert sorted(found.catch_up()) == [0, 1, 2, 3, 4, 5, 6]
    assert sorted(found.catch_up()) == [0, 1, 2, 3, 4, 5, 6, 100]


@settings(max_examples=30)
@given(st.data())
def test_any_cuts_late_events_and_failures_give_each_event_once(data: st.DataObject) -> None:
    """Events appear up to ten minutes after their time, at any place; pages are cut anywhere, requests fail."""
    time = FakeTime(START_MS / 1000)
    faults = st.sampled_from([None, None, Reply(502), Reply(200, b"[{", cut=1), Reply(403, b"rate limit")])
    with GithubService(clock=time.clock) as github:
        found = reader(github, time)
        count = 0
        for _ in range(data.draw(st.integers(1, 5))):
            time.go(data.draw(st.sampled_from([1, 60, 300, 4000])))
            github.page = data.draw(st.integers(1, 7))
            github.faults = data.draw(st.lists(faults, max_size=6))
            for _ in range(data.draw(st.integers(0, 12))):
                late_ms = data.draw(st.sampled_from([0, 1, 999, 30_000, 590_000]))
                github.add(count, int(time.now * 1000) - late_ms)
                count += 1
            for _ in range(data.draw(st.integers(1, 5))):
                try:
                    found.poll()
                except PullError:
                    time.go(60)
        github.faults = []
        found.catch_up()
        assert sorted(found.catch_up()) == list(range(count))
        found.connector.close()


def test_more_events_than_are_remembered_make_the_re_read_shorter(
    github: GithubService, time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "PULL_SEEN_MAX", 20)
    monkeypatch.setattr(config, "PULL_SEEN_RECENT", 5)
    github.page = 7
    for number in range(100):
        github.add(number, START_MS + number * 100)
    found = reader(github, time)
    assert found.catch_up() == list(range(100))
    assert found.catch_up() == list(range(100))
    assert github.asked[-1].query["phrase"] > f"created:>={iso(START_MS)[:19]}Z"
    assert found.state is not None
    assert len(unpack(found.state).seen) <= 20 * 16


def test_an_enterprise_server_and_a_phrase(github: GithubService, time: FakeTime) -> None:
    github.faults = [json_reply([])]
    told = {"organization": None, "enterprise": "big", "url": f"{github.url}/api/v3/", "include": "git"}
    reader(github, time, **told, phrase="actor:mallory").catch_up()
    assert github.asked[0].path == "/api/v3/enterprises/big/audit-log"
    assert github.asked[0].query["include"] == "git"
    assert github.asked[0].query["phrase"].endswith("Z actor:mallory")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"organization": "a", "enterprise": "b"}, "wanted either 'organization' or 'enterprise'"),
        ({}, "wanted either 'organization' or 'enterprise'"),
        ({"organization": "a/../b"}, "'a/../b' is no name as in GitHub's URLs"),
        ({"organization": "a", "include": "some"}, "invalid enum value 'some' in 'include'"),
    ],
)
def test_options_that_cannot_work(options: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_options("github", {"token": "env:T", **options})
    assert str(caught.value) == words
