"""What every state must do, in SQLite and in PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from lakebed.errors import StateConflict, UsageError
from lakebed.state import Backfill, Claimed, Cursor, SetAside, WorkCounts, WorkObject, limits, open_state
from lakebed.state.requests import Requests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakebed.state.state import State


@dataclass
class Clocks:
    """People's time and the leases' time, set by the test."""

    now_s: float = 1_790_000_000.0
    lease_s: float = 5_000.0


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def state(state_url: str, clocks: Clocks) -> Iterator[State]:
    with open_state(state_url, clock=lambda: clocks.now_s, lease_clock=lambda: clocks.lease_s) as opened:
        yield opened


def an_object(number: int, source: str = "trail", *, road: str = "listing") -> WorkObject:
    return WorkObject(source, f"s3://logs/{source}/{number:04}.gz", 100 + number, 7_000 + number, None, road, 1.5)


def objects(*numbers: int, source: str = "trail") -> list[WorkObject]:
    return [an_object(number, source) for number in numbers]


def claimed(state: State, owner: str = "a", count: int = 100, source: str | None = None) -> list[WorkObject]:
    return [one.object for one in state.work.claim(owner, count=count, lease_s=60, source=source)]


# -- offering ---------------------------------------------------------------------------------------------------------


def test_what_is_offered_is_claimed_in_its_order(state: State) -> None:
    offered = objects(*range(9, 0, -1))
    assert state.work.offer(offered) == 9
    assert state.work.claim("a", count=4, lease_s=60) == [Claimed(n + 1, one, 1) for n, one in enumerate(offered[:4])]
    assert claimed(state) == offered[4:]
    assert claimed(state) == []


def test_an_object_is_known_once_in_each_version(state: State) -> None:
    one = an_object(1)
    assert state.work.offer([one, one, replace(one, road="sqs", found_s=9.0)]) == 1
    newer = [replace(one, modified_ns=8_000), replace(one, size_bytes=7), replace(one, source="other")]
    assert state.work.offer([*newer, one]) == 3
    assert sorted(map(repr, claimed(state, source="trail"))) == sorted(map(repr, [one, *newer[:2]]))
    assert state.work.offer([one]) == 0  # also while it is claimed


def test_an_etag_names_the_version_with_or_without_quotes_whatever_the_time(state: State) -> None:
    listed = replace(an_object(1), etag='"9a0364b9"', modified_ns=5_000_000_000)
    noticed = replace(listed, etag="9a0364b9", modified_ns=5_123_000_000, road="sqs")
    assert state.work.offer([listed]) == 1
    assert state.work.offer([noticed, replace(noticed, etag="ffff")]) == 1
    assert claimed(state) == [listed, replace(noticed, etag="ffff")]


def test_what_is_done_is_forgotten(state: State) -> None:
    state.work.offer(objects(1, 2))
    first, second = state.work.claim("a", count=2, lease_s=60)
    assert state.work.done([first.id], "a") == 1
    assert state.work.done([first.id, second.id, 99], "a") == 1
    assert state.work.counts() == {}
    assert state.work.offer(objects(1)) == 1
    again = state.work.claim("a", count=2, lease_s=60)
    assert [(one.object, one.attempts) for one in again] == [(an_object(1), 1)]
    assert again[0].id not in (first.id, second.id)  # a late answer must not hit it


def test_more_than_one_statement_can_take(state: State) -> None:
    many = objects(*range(2 * limits.STATE_ROWS + 7))
    assert state.work.offer(many) == len(many)
    got = state.work.claim("a", count=len(many) + 1, lease_s=60)
    assert [one.object for one in got] == many
    ids = [one.id for one in got]
    assert state.work.extend(ids, "a", 90) == ids
    assert state.work.hand_back(ids, "a") == len(many)
    assert state.work.done([one.id for one in state.work.claim("a", count=5_000, lease_s=60)], "a") == len(many)


def test_hostile_names_come_back_as_they_are(state: State) -> None:
    urls = [
        "s3://b/nul\0here",
        "file:///lone\udcff",
        "s3://b/back\\0000slash\\\\",
        "s3://b/ü😀\u202e",
        "s3://b/" + "k" * 4000,
    ]
    hostile = [replace(an_object(1), url=url, etag='e"\0') for url in urls]
    assert state.work.offer(hostile) == len(urls)
    got = state.work.claim("own\0er", count=9, lease_s=60)
    assert [one.object for one in got] == hostile
    for one in got:
        assert state.work.failed(one.id, "own\0er", f"no \0 {one.object.url}", tries=1, retry_in_s=0)
    assert state.work.retry(url=urls[0]) == 1
    assert state.work.drop(url=urls[2]) == 1
    assert {one.object.url for one in state.work.set_aside(9)} == {urls[1], urls[3], urls[4]}


def test_numbers_out_of_a_notification_have_any_size(state: State) -> None:
    state.work.offer([replace(an_object(1), size_bytes=10**30, modified_ns=-5)])
    assert claimed(state) == [replace(an_object(1), size_bytes=2**63 - 1, modified_ns=0)]


# -- claiming ---------------------------------------------------------------------------------------------------------


def test_a_claim_is_of_one_source(state: State) -> None:
    state.work.offer([*objects(1, 2, source="b"), *objects(1, source="a"), *objects(3, source="b")])
    assert claimed(state, source="a") == objects(1, source="a")
    assert claimed(state, count=2) == objects(1, 2, source="b")
    assert claimed(state, source="none") == []
    assert claimed(state, count=0) == []
    assert claimed(state) == objects(3, source="b")


def test_a_backfill_waits_until_nothing_else_does(state: State) -> None:
    old, new = an_object(1, road="backfill"), an_object(2, road="sqs")
    state.work.offer([old])
    state.work.offer([new])
    assert claimed(state, count=1) == [new]
    assert claimed(state, count=1) == [old]


def test_a_lease_that_ended_frees_its_objects(state: State, clocks: Clocks) -> None:
    state.work.offer(objects(1, 2))
    mine = state.work.claim("a", count=2, lease_s=60)
    clocks.lease_s += 59
    assert claimed(state, "b") == []
    assert state.work.extend([mine[1].id], "a", 60) == [mine[1].id]
    clocks.lease_s += 1
    assert state.work.claim("b", count=2, lease_s=60) == [Claimed(mine[0].id, an_object(1), 2)]
    # what comes from the first owner now is too late
    assert state.work.extend([one.id for one in mine], "a", 60) == [mine[1].id]
    assert state.work.done([mine[0].id], "a") == 0
    assert state.work.hand_back([mine[0].id], "a") == 0
    assert state.work.failed(mine[0].id, "a", "too late", tries=1, retry_in_s=0) is False
    assert state.work.counts()["trail"].claimed == 2


def test_a_lease_that_ended_is_still_its_owners_until_another_takes_it(state: State, clocks: Clocks) -> None:
    state.work.offer(objects(1))
    mine = state.work.claim("a", count=1, lease_s=60)
    clocks.lease_s += 1_000
    assert state.work.extend([mine[0].id], "a", 60) == [mine[0].id]
    assert claimed(state, "b") == []


def test_what_is_handed_back_is_free_at_once_and_was_no_attempt(state: State) -> None:
    state.work.offer(objects(1))
    mine = state.work.claim("a", count=1, lease_s=60)
    assert state.work.hand_back([mine[0].id], "b") == 0
    assert state.work.hand_back([mine[0].id], "a") == 1
    assert state.work.claim("b", count=1, lease_s=60) == [Claimed(mine[0].id, an_object(1), 1)]


@pytest.mark.parametrize("lease_s", [0, -1, limits.LEASE_S_MAX + 1, float("nan"), float("inf")])
def test_a_lease_has_bounds(state: State, lease_s: float) -> None:
    message = f"a lease is longer than 0 and at most 3600 seconds, not {lease_s}"
    with pytest.raises(UsageError, match=message.replace(".", r"\.")):
        state.work.claim("a", count=1, lease_s=lease_s)
    with pytest.raises(UsageError, match="a lease is longer than 0"):
        state.work.extend([1], "a", lease_s)
    with pytest.raises(UsageError, match="a lease is longer than 0"):
        state.leases.acquire("name", "a", lease_s)


# -- failing ----------------------------------------------------------------------------------------------------------


def test_a_failure_waits_and_then_sets_aside(state: State, clocks: Clocks) -> None:
    state.work.offer(objects(1, 2))
    for attempt in (1, 2, 3):
        [mine] = state.work.claim("a", count=1, lease_s=60)
        assert mine == Claimed(1, an_object(1), attempt)
        clocks.now_s += 1
        assert state.work.failed(mine.id, "a", f"broken {attempt}", tries=3, retry_in_s=30) is (attempt == 3)
        [other] = state.work.claim("b", count=9, lease_s=60)  # it must not hold up the next one
        assert other.object == an_object(2)
        state.work.hand_back([other.id], "b")
        clocks.lease_s += 30
    assert state.work.set_aside(9) == [SetAside(1, an_object(1), 3, "broken 3", clocks.now_s)]
    assert state.work.offer(objects(1)) == 0
    assert claimed(state) == objects(2)


def test_a_wait_before_a_retry_is_an_hour_at_most(state: State, clocks: Clocks) -> None:
    state.work.offer(objects(1))
    [mine] = state.work.claim("a", count=1, lease_s=60)
    state.work.failed(mine.id, "a", "broken", tries=3, retry_in_s=1e9)
    assert claimed(state) == []
    clocks.lease_s += limits.LEASE_S_MAX
    assert claimed(state) == objects(1)


def set_aside_all(state: State, *offered: WorkObject) -> None:
    state.work.offer(offered)
    while got := state.work.claim("a", count=1, lease_s=60):
        state.work.failed(got[0].id, "a", "broken", tries=1, retry_in_s=0)


def test_set_aside_objects_are_tried_again_or_dropped_by_source_or_url(state: State) -> None:
    set_aside_all(state, *objects(1, 2, 3), *objects(1, 2, source="other"))
    assert [one.object for one in state.work.set_aside(2)] == objects(2, 1, source="other")
    assert [one.object for one in state.work.set_aside(9, "trail")] == objects(3, 2, 1)
    assert state.work.retry(source="trail", url=an_object(1, "other").url) == 0
    assert state.work.retry(source="trail", url=an_object(2).url) == 1
    assert state.work.claim("b", count=9, lease_s=60) == [Claimed(2, an_object(2), 1)]
    assert state.work.retry(source="trail") == 2
    assert claimed(state) == objects(1, 3)
    assert state.work.drop(source="trail") == 0  # what is claimed or waits is not dropped
    assert state.work.drop() == 2
    assert state.work.set_aside(9) == []


def test_a_reason_is_cut(state: State) -> None:
    state.work.offer(objects(1))
    [mine] = state.work.claim("a", count=1, lease_s=60)
    state.work.failed(mine.id, "a", "x" * 10_000, tries=1, retry_in_s=0)
    assert state.work.set_aside(1)[0].reason == "x" * 1_999 + "…"


def test_an_object_that_kills_its_workers_is_found_out_and_its_neighbours_are_not_blamed(
    state: State, clocks: Clocks
) -> None:
    state.work.offer(objects(*range(100)))
    poison, together = an_object(50), []
    for _ in range(200):
        got = state.work.claim("a", count=40, lease_s=60)
        if not got:
            break
        if poison in [one.object for one in got]:
            together.append(len(got))
            clocks.lease_s += 60  # the worker is gone, and says nothing
        else:
            assert state.work.done([one.id for one in got], "a") == len(got)
    assert together == [40, 40, 16, 1, 1]
    reason = "its worker ended 5 times without a word: it may have taken all memory, or crashed"
    assert state.work.set_aside(9) == [SetAside(51, poison, 5, reason, clocks.now_s)]
    assert state.work.counts() == {"trail": WorkCounts(0, 0, 1, 0.0)}


# -- counting ---------------------------------------------------------------------------------------------------------


def test_counts_tell_each_source_and_its_oldest(state: State, clocks: Clocks) -> None:
    assert state.work.counts() == {}
    set_aside_all(state, *objects(1, 2))
    state.work.offer([replace(one, found_s=clocks.now_s - 50 - n) for n, one in enumerate(objects(*range(3, 9)))])
    state.work.offer([replace(an_object(1, "other"), found_s=clocks.now_s + 99)])
    [failed, *_] = state.work.claim("a", count=3, lease_s=60, source="trail")
    state.work.failed(failed.id, "a", "broken", tries=3, retry_in_s=30)
    assert state.work.counts() == {"other": WorkCounts(1, 0, 0, 0.0), "trail": WorkCounts(4, 2, 2, 55.0)}
    clocks.lease_s += 60
    assert state.work.counts()["trail"] == WorkCounts(6, 0, 2, 55.0)


# -- leases -----------------------------------------------------------------------------------------------------------


def test_a_lease_has_one_owner_until_it_ends_or_is_released(state: State, clocks: Clocks) -> None:
    assert state.leases.acquire("list", "a", 30)
    assert not state.leases.acquire("list", "b", 30)
    assert state.leases.acquire("other", "b", 30)
    clocks.lease_s += 20
    assert state.leases.acquire("list", "a", 30)  # prolonged
    clocks.lease_s += 29
    assert not state.leases.acquire("list", "b", 30)
    clocks.lease_s += 1
    assert state.leases.acquire("list", "b", 30)
    assert not state.leases.acquire("list", "a", 30)
    assert not state.leases.release("list", "a")
    assert state.leases.release("list", "b")
    assert not state.leases.release("list", "b")
    assert state.leases.acquire("list", "a", 30)


# -- cursors ----------------------------------------------------------------------------------------------------------


def test_a_cursor_moves_only_from_where_its_mover_saw_it(state: State) -> None:
    assert state.cursors.get("okta") is None
    assert state.cursors.put("okta", b"\0\xff", 0) == 1
    assert state.cursors.get("okta") == Cursor(b"\0\xff", 1)
    with pytest.raises(StateConflict, match=r"^the cursor 'okta' is not at version 0 any more$"):
        state.cursors.put("okta", b"x", 0)
    assert state.cursors.put("okta", b"", 1) == 2
    for wrong in (1, 3):
        with pytest.raises(StateConflict, match=rf"^the cursor 'okta' is not at version {wrong} any more$"):
            state.cursors.put("okta", b"x", wrong)
    assert state.cursors.get("okta") == Cursor(b"", 2)
    with pytest.raises(StateConflict):
        state.cursors.put("github", b"x", 1)
    assert state.cursors.get("github") is None
    assert state.cursors.forget("okta")
    assert not state.cursors.forget("okta")
    assert state.cursors.put("okta", b"new", 0) == 1


# -- backfills --------------------------------------------------------------------------------------------------------


def test_a_backfill_goes_on_where_it_was(state: State, clocks: Clocks) -> None:
    began = clocks.now_s
    made = state.backfills.create("trail", {"since": "2026-01-01", "rate": 2.5, "newest_first": True})
    assert made == Backfill(
        1, "trail", {"since": "2026-01-01", "rate": 2.5, "newest_first": True}, "", {}, 1, began, began, None
    )
    clocks.now_s += 10
    counts = {"objects": 10**15, "bytes": 3}
    moved = replace(made, after_key="a\0\udcff\\", counts=counts, version=2, updated_s=began + 10)
    assert state.backfills.advance(1, "a\0\udcff\\", counts, 1) == moved
    assert state.backfills.get(1) == moved
    with pytest.raises(StateConflict, match=r"^backfill 1 does not run at version 1 any more$"):
        state.backfills.advance(1, "b", {}, 1)
    assert state.backfills.finish(1, expected_version=2) == replace(moved, version=3, outcome="done")
    with pytest.raises(StateConflict, match=r"^backfill 1 does not run at version 3 any more$"):
        state.backfills.advance(1, "b", {}, 3)
    with pytest.raises(StateConflict, match=r"^backfill 1 does not run any more$"):
        state.backfills.finish(1, "cancelled")


def test_backfills_are_listed_newest_first(state: State) -> None:
    made = [state.backfills.create(source, {}) for source in ("a", "b", "a")]
    ended = state.backfills.finish(made[2].id, "cancelled")
    assert state.backfills.get(9) is None
    assert state.backfills.list() == [ended, made[1], made[0]]
    assert state.backfills.list(limit=1) == [ended]
    assert state.backfills.list("a") == [ended, made[0]]
    assert state.backfills.list(has_outcome=False) == [made[1], made[0]]
    assert state.backfills.list("a", has_outcome=True) == [ended]


# -- requests ---------------------------------------------------------------------------------------------------------


def test_requests_add_up_by_the_hour_and_old_ones_are_forgotten(state: State, clocks: Clocks) -> None:
    clocks.now_s = 3600.0 * 1000
    state.requests.add({"get": Requests(2, 100, 0), "put": Requests(0, 0, 0)})
    state.requests.add({"get": Requests(1, 2**40, 0), "put": Requests(5, 0, 7)})
    assert state.requests.since(86_400) == {"get": Requests(3, 2**40 + 100, 0), "put": Requests(5, 0, 7)}
    clocks.now_s += 23 * 3600
    state.requests.add({"get": Requests(1, 1, 0)})
    assert state.requests.since(86_400) == {"get": Requests(4, 2**40 + 101, 0), "put": Requests(5, 0, 7)}
    clocks.now_s += 3600
    assert state.requests.since(86_400) == {"get": Requests(1, 1, 0)}
    state.requests.add({"bytes": Requests(0, 8, 9)})
    assert state.requests.since(86_400) == {"bytes": Requests(0, 8, 9), "get": Requests(1, 1, 0)}
    clocks.now_s += 3600 * (limits.REQUEST_HOURS_KEPT + 1)
    state.requests.add({"list": Requests(1, 0, 0)})
    assert state.requests.since(1e9) == {"list": Requests(1, 0, 0)}
