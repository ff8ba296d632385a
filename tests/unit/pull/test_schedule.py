"""When sources are polled, by whom, and what is told of them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from lakebed import config
from lakebed.errors import LakebedError, PullError, ThrottledError, UsageError
from lakebed.pull.schedule import PullSource, PullStatus, PullWorker
from lakebed.state import open_state
from lakebed.storage.local import LocalStore
from tests.unit.pull.feeds import Feed, numbers
from tests.unit.pull.services import START_MS, FakeTime, OktaService

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lakebed.pull.turn import Turn

OPTIONS = {"domain": "acme.okta.com", "token": "env:T", "poll_every": "60s"}


class Runners:
    """Runners with one lake and one state, each with its own connector to the same events."""

    def __init__(self, folder: Path, time: FakeTime) -> None:
        self.time = time
        self.store = LocalStore(folder / "lake")
        self.state = open_state(str(folder / "state.db"), lease_clock=time.monotonic)
        self.feeds: dict[str, Feed] = {}
        self.turns: list[tuple[str, int]] = []
        self.errors: list[str] = []

    def runner(self, owner: str, *sources: str) -> PullWorker:
        feed = self.feeds[owner] = Feed()

        def told(source: str, turn: Turn) -> None:
            self.turns.append((source, turn.events))

        def failed(source: str, error: LakebedError) -> None:
            self.errors.append(f"{source}: {error}")

        return PullWorker(
            [PullSource(name, "okta", OPTIONS) for name in sources or ("idp",)],
            self.state,
            self.store,
            owner=owner,
            world=self.time.world(),
            connect=lambda _options, _world: feed,
            on_turn=told,
            on_error=failed,
        )


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def runners(tmp_path: Path, time: FakeTime) -> Iterator[Runners]:
    found = Runners(tmp_path, time)
    yield found
    found.state.close()


def test_a_source_that_has_more_is_asked_again_at_once_and_one_that_has_not_at_its_interval(runners: Runners) -> None:
    one = runners.runner("a")
    feed = runners.feeds["a"]
    feed.cut = lambda left: min(left, 2)
    feed.there = 5
    assert [one.step("idp") for _ in range(4)] == [0.0, 0.0, 60.0, 60.0]
    assert numbers(runners.store, "idp") == [0, 1, 2, 3, 4]
    assert runners.turns == [("idp", 2), ("idp", 2), ("idp", 1), ("idp", 0)]
    assert one.status() == {
        "idp": PullStatus(
            is_ours=True,
            polls=4,
            events=5,
            bytes=45,
            last_success_s=START_MS / 1000,
            is_caught_up=True,
            newest_ms=START_MS + 5,
            next_s=START_MS / 1000 + 60,
        )
    }


def test_a_source_that_says_there_is_more_but_gives_nothing_is_asked_less_and_less(runners: Runners) -> None:
    one = runners.runner("a")
    runners.feeds["a"].cut = lambda _: 0
    runners.feeds["a"].there = 1
    waits = [one.step("idp") for _ in range(9)]
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]


def test_after_failures_the_wait_doubles_and_a_success_ends_it(runners: Runners) -> None:
    one = runners.runner("a")
    feed = runners.feeds["a"]
    feed.failure = PullError("the service is down")
    waits = [one.step("idp") for _ in range(12)]
    wanted = [min(config.PULL_FAILURE_WAIT_S * 2**n, config.PULL_FAILURE_WAIT_S_MAX) for n in range(12)]
    assert all(0.75 * want <= wait <= 1.25 * want for wait, want in zip(waits, wanted, strict=True))
    assert len(set(waits)) == 12, "with jitter"
    status = one.status()["idp"]
    assert (status.failures, status.failures_in_a_row, status.failure) == (12, 12, feed.failure)
    assert (status.last_success_s, status.is_caught_up) == (None, False)
    assert runners.errors == ["idp: the service is down"] * 12
    feed.failure = None
    assert one.step("idp") == 60.0
    status = one.status()["idp"]
    assert (status.polls, status.failures, status.failures_in_a_row, status.failure) == (13, 12, 0, None)


def test_the_lag_grows_while_a_service_is_down(runners: Runners, time: FakeTime) -> None:
    one = runners.runner("a")
    one.step("idp")
    assert one.status()["idp"].lag_s == 0.0
    runners.feeds["a"].failure = PullError("down")
    time.go(100)
    one.step("idp")
    assert one.status()["idp"].lag_s == 100.0


def test_the_lag_of_a_source_that_catches_up(runners: Runners, time: FakeTime) -> None:
    one = runners.runner("a")
    feed = runners.feeds["a"]
    feed.there, feed.cut = 2000, lambda left: min(left, 1000)
    time.go(3600)
    one.step("idp")
    assert one.status()["idp"].lag_s == 3599.0
    one.step("idp")
    assert one.status()["idp"].lag_s == 0.0


def test_a_service_that_asks_to_wait_is_asked_again_then(runners: Runners) -> None:
    one = runners.runner("a")
    runners.feeds["a"].failure = ThrottledError("asks to wait 31 s", 31.0)
    assert one.step("idp") == 31.0
    assert str(one.status()["idp"].failure) == "asks to wait 31 s"


def test_an_error_in_a_connector_is_told_and_the_source_goes_on(
    runners: Runners, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_state: bytes | None) -> None:
        raise IndexError("list index out of range")

    one = runners.runner("a")
    with monkeypatch.context() as patch:
        patch.setattr(runners.feeds["a"], "poll", broken)
        assert one.step("idp") < 10
    assert runners.errors == ["idp: internal error: IndexError('list index out of range')"]
    assert one.step("idp") == 60.0


def test_of_two_runners_one_polls_and_the_other_takes_over(runners: Runners, time: FakeTime) -> None:
    one, two = runners.runner("a"), runners.runner("b")
    for feed in runners.feeds.values():
        feed.there = 1
    one.step("idp")
    assert two.step("idp") == 60.0
    assert [one.status()["idp"].is_ours, two.status()["idp"].is_ours] == [True, False]
    assert runners.feeds["b"].polled == []
    time.go(config.PULL_LEASE_S + 61)
    for feed in runners.feeds.values():
        feed.there = 3
    two.step("idp")
    assert [two.status()["idp"].is_ours, runners.feeds["b"].polled] == [True, [1]]
    assert one.step("idp") == 60.0
    assert one.status()["idp"].is_ours is False
    assert numbers(runners.store, "idp") == [0, 1, 2]


def test_threads_poll_every_source_until_told_to_stop_and_give_the_leases_back(runners: Runners) -> None:
    names = ("idp", "code", "mail")
    one = runners.runner("a", *names)
    runners.feeds["a"].there = 4
    stop, is_polled = threading.Event(), threading.Event()
    thread = threading.Thread(target=one.run, args=(stop,))
    told = one._loops["mail"]._on_turn

    def on_turn(source: str, turn: Turn) -> None:
        told(source, turn)
        if {found for found, _ in runners.turns} == set(names):
            is_polled.set()

    for loop in one._loops.values():
        loop._on_turn = on_turn
    thread.start()
    assert is_polled.wait(60)
    stop.set()
    thread.join(60)
    assert not thread.is_alive()
    assert runners.feeds["a"].is_closed
    assert [numbers(runners.store, name) for name in names] == [[0, 1, 2, 3]] * 3
    assert all(runners.state.leases.acquire(f"pull/{name}", "b", 60) for name in names)


def test_bad_options_are_told_before_anything_runs(runners: Runners) -> None:
    bad = PullSource("idp", "okta", {"domain": "acme.okta.com"})
    with pytest.raises(UsageError, match="source 'idp': missing option 'token'"):
        PullWorker([bad], runners.state, runners.store, owner="a")
    with pytest.raises(UsageError, match="source 'x': a source of kind 'bucket' is not pulled"):
        PullWorker([PullSource("x", "bucket")], runners.state, runners.store, owner="a")


def test_a_real_connector_from_its_options_to_the_lake(runners: Runners, time: FakeTime) -> None:
    with OktaService(clock=time.clock) as okta:
        for number in range(10):
            okta.add(number, START_MS - 1000 + number)
        options = {"domain": okta.url, "token": "env:T", "private_addresses": True, "plain_http": True}
        world = time.world(T="s3cret")
        worker = PullWorker([PullSource("idp", "okta", options)], runners.state, runners.store, owner="a", world=world)
        assert worker.step("idp") == 30.0
    assert numbers(runners.store, "idp") == list(range(10))
