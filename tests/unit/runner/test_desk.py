from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from lakebed.runner import limits
from lakebed.runner.desk import Desk, identity_of
from lakebed.runner.job import BACK, DONE
from lakebed.storage.store import ObjectInfo
from tests.unit.runner.parts import Answers, job_of, source_of

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_each_job_is_answered_once(tmp_path: Path) -> None:
    desk, road, source = Desk(1, 4), Answers(), source_of(tmp_path)
    jobs = [job_of(source, road, key) for key in ("a", "b")]
    desk.submit(jobs)
    assert (desk.open_count, len(desk.to_fetch)) == (2, 2)
    desk.settle([(jobs[0], DONE)])
    desk.settle([(jobs[0], BACK), (jobs[1], BACK)])
    assert road.told == [(jobs[0], DONE), (jobs[1], BACK)]
    assert desk.open_count == 0


def test_the_same_object_by_two_roads_is_worked_on_once(tmp_path: Path) -> None:
    desk, one, other, source = Desk(1, 4), Answers(), Answers(), source_of(tmp_path)
    first, second = job_of(source, one, "a", etag="1"), job_of(source, other, "a", etag="1")
    newer = job_of(source, other, "a", etag="2")
    desk.submit([first, second, newer])
    assert (desk.open_count, len(desk.to_fetch)) == (3, 2)
    desk.settle([(first, DONE)])
    assert (one.told, other.told) == ([(first, DONE)], [(second, DONE)])
    desk.submit([job_of(source, one, "a", etag="1")])
    assert len(desk.to_fetch) == 3, "what was settled is forgotten"


def test_a_job_that_turns_out_to_be_of_another_version(tmp_path: Path) -> None:
    desk, road, source = Desk(1, 4), Answers(), source_of(tmp_path)
    job = job_of(source, road, "a", etag="1")
    desk.submit([job])
    before = identity_of(job)
    job.info = ObjectInfo("a", 10, 1, "2")
    desk.renamed(job, before)
    follower, other = job_of(source, road, "a", etag="2"), job_of(source, road, "a", etag="1")
    desk.submit([follower, other])
    desk.settle([(job, DONE)])
    assert road.told == [(job, DONE), (follower, DONE)]
    assert desk.open_count == 1


def test_room_is_shared_by_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "JOBS_MAX", 10)
    monkeypatch.setattr(limits, "JOBS_PER_SOURCE_MIN", 2)
    desk, road, source = Desk(4, 4), Answers(), source_of(tmp_path)
    assert [desk.room("web"), desk.room("app")] == [2, 2]
    desk.submit([job_of(source, road, "a")])
    assert [desk.room("web"), desk.room("app")] == [1, 2]
    desk.close()
    assert [desk.room("web"), desk.room("app")] == [0, 0]


def test_bytes_are_bounded_but_one_object_always_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FETCHED_BYTES_MAX", 100)
    desk, road, source = Desk(1, 4), Answers(), source_of(tmp_path)
    big, small, third = (job_of(source, road, key) for key in "abc")
    desk.submit([big, small, third])
    assert desk.hold_bytes(big, 500, 0)
    assert not desk.hold_bytes(small, 10, 0)
    desk.release_bytes(big)
    assert desk.hold_bytes(small, 60, 0)
    assert not desk.hold_bytes(third, 60, 0)
    waiting = threading.Thread(target=lambda: desk.settle([(small, DONE)]))
    waiting.start()
    while not desk.hold_bytes(third, 60, 1.0):
        pass
    waiting.join()
    assert desk.held_bytes == 60


def test_after_the_close_nothing_is_begun(tmp_path: Path) -> None:
    desk, road, source = Desk(1, 4), Answers(), source_of(tmp_path)
    begun, waiting, late = (job_of(source, road, key) for key in "abc")
    desk.submit([begun, waiting])
    assert desk.to_fetch.get(0) == ("web", begun)
    desk.close()
    desk.submit([late])
    assert road.told == [(waiting, BACK), (late, BACK)]
    assert desk.abandon() == 1
    assert road.told[2:] == [(begun, BACK)]
