"""Runners on a real queue: every road, duplicates, old news, two roads at once, several runners, poison."""

from __future__ import annotations

import json
import statistics
import threading
import time
import uuid
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

import pytest

from lakebed.errors import IngestError, StorageError
from lakebed.ingest.discovery import limits as discovery_limits
from lakebed.ingest.discovery.sqs import open_queue
from lakebed.runner import limits as runner_limits
from lakebed.runner.queue_road import MESSAGES
from lakebed.storage.wrapper import StoreWrapper
from tests.lakes import numbers_in
from tests.logs import event, lines
from tests.runners import Heard, World, bucket_source, wait_until

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from pathlib import Path

    from typing_extensions import Buffer

    from lakebed.ingest.discovery.sqs import Queue
    from lakebed.runner.source import Source
    from lakebed.storage.store import ObjectInfo
    from tests.ministack import Ministack

pytestmark = pytest.mark.server


class Road:
    """A bucket whose news come into a queue."""

    def __init__(self, aws: Ministack, through: str = "direct") -> None:
        self.aws = aws
        self.bucket = aws.bucket()
        self.queue = aws.queue()
        aws.notify(self.bucket, self.queue, through=through)

    @property
    def source(self) -> Source:
        return bucket_source(f"s3://{self.bucket}/web/", queue=self.queue)

    def put(self, number: int, key: str = "", extra: int = 0) -> str:
        """An object with one event."""
        key = key or f"web/{number:05} ä+.json"
        self.aws.put(self.bucket, key, lines([event(number, n=number, extra="x" * extra)]))
        return key

    def is_empty(self) -> bool:
        return self.aws.messages(self.queue) == (0, 0)

    def send(self, message: object) -> None:
        body = message if isinstance(message, str) else json.dumps(message)
        self.aws.client("sqs").send_message(QueueUrl=self.queue, MessageBody=body)

    def notice(self, *keys: str, etag: str | None = None) -> dict[str, object]:
        """What S3 would send of objects that are there."""
        records = []
        for key in keys:
            head = self.aws.client("s3").head_object(Bucket=self.bucket, Key=key) if etag is None else {}
            told = etag or head["ETag"].strip('"')
            inside = {"bucket": {"name": self.bucket}, "object": {"key": quote_plus(key), "size": 10, "eTag": told}}
            records.append(
                {
                    "eventVersion": "2.1",
                    "eventSource": "aws:s3",
                    "eventName": "ObjectCreated:Put",
                    "eventTime": "2026-01-01T00:00:00Z",
                    "s3": inside,
                }
            )
        return {"Records": records}


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop waits for the request for messages that is under way."""
    monkeypatch.setattr(discovery_limits, "SQS_WAIT_S", 1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("through", ["direct", "sns", "sns_raw", "eventbridge"])
def test_what_a_bucket_tells_becomes_searchable(aws: Ministack, world: World, through: str) -> None:
    road, heard = Road(aws, through), Heard()
    with world.running(road.source, heard=heard):
        for number in range(30):
            road.put(number)
        road.put(1000, "other/not of this source.json")
        wait_until(lambda: len(heard.visible) == 30, "30 objects are visible")
        wait_until(road.is_empty, "all messages are deleted")
    assert numbers_in(world.lake) == list(range(30))
    assert (heard.failures, heard.aside, heard.troubles) == ([], [], [])


def test_from_created_to_searchable_in_seconds(aws: Ministack, world: World) -> None:
    """Of the settings that a product has. A median of 5 s is what is promised; a busy machine is given its time."""
    road = Road(aws)
    created: dict[str, float] = {}
    visible: dict[str, float] = {}

    class Clock(Heard):
        def indexed(self, jobs, *, commit_s, segments, now_ns):  # type: ignore[no-untyped-def] # as its base
            super().indexed(jobs, commit_s=commit_s, segments=segments, now_ns=now_ns)
            visible.update((job.key, time.monotonic()) for job, _ in jobs)

    with world.running(road.source, heard=Clock(), commit_seconds=2.0):
        for number in range(25):
            created[road.put(number)] = time.monotonic()
            time.sleep(0.1)  # arrivals at their pace, not a wait for anything
        wait_until(lambda: len(visible) == 25, "25 objects are visible")
    lags = [visible[key] - created[key] for key in created]
    print(f"median {statistics.median(lags):.2f} s, longest {max(lags):.2f} s")  # noqa: T201 - shown when it fails
    assert statistics.median(lags) < 5


def test_duplicates_old_news_and_disorder(aws: Ministack, world: World, rng: random.Random) -> None:
    """Each notice up to three times, in any order, some of versions that were replaced since, some of what is gone."""
    road, heard = Road(aws), Heard()
    notices = []
    keys = []
    for number in range(20):
        keys.append(road.put(number))
        notices += [road.notice(keys[-1])] * rng.randrange(3)
        if number % 4 == 0:
            road.put(100 + number, keys[-1], extra=number)
    notices.append(road.notice(*keys))
    gone = road.put(999)
    notices += [road.notice(gone), road.notice(gone)]
    aws.client("s3").delete_object(Bucket=road.bucket, Key=gone)
    rng.shuffle(notices)
    for notice in notices:
        road.send(notice)
    with world.running(road.source, heard=heard):
        wait_until(road.is_empty, "all messages are deleted")
    wanted = [100 + number if number % 4 == 0 else number for number in range(20)]
    assert numbers_in(world.lake) == sorted(wanted)
    assert set(heard.gone_urls) == {f"s3://{road.bucket}/{gone}"}
    assert (heard.failures, heard.aside) == ([], [])


def test_an_object_that_is_replaced_again_and_again_ends_with_its_last_version(aws: Ministack, world: World) -> None:
    road = Road(aws)
    with world.running(road.source):
        for number in range(40):
            road.put(number, "web/one.json", extra=number)
        wait_until(road.is_empty, "all messages are deleted")
    assert numbers_in(world.lake) == [39]


def test_the_same_objects_by_two_roads_and_two_runners(aws: Ministack, world: World) -> None:
    road = Road(aws)
    listed = bucket_source(f"s3://{road.bucket}/web/", queue=road.queue, every_s=0.2)
    one, other = Heard(), Heard()
    with world.running(listed, heard=one), world.running(listed, heard=other):
        for number in range(150):
            road.put(number)
        wait_until(road.is_empty, "all messages are deleted")
        wait_until(lambda: not world.state.work.counts(), "the table of work is empty")
    assert numbers_in(world.lake) == list(range(150))
    assert one.visible
    assert other.visible


def test_two_sources_share_a_queue(aws: Ministack, world: World) -> None:
    road = Road(aws)
    app = bucket_source(f"s3://{road.bucket}/app/*.json", queue=road.queue, name="app")
    heard = Heard()
    with world.running(road.source, app, heard=heard):
        road.put(1, "web/1.json")
        road.put(2, "app/2.json")
        road.put(3, "app/deep/3.json")
        road.put(4, "other/4.json")
        wait_until(road.is_empty, "all messages are deleted")
    assert numbers_in(world.lake) == [1, 2]


def test_a_message_that_is_none_is_set_aside_with_its_reason(aws: Ministack, world: World) -> None:
    road, heard = Road(aws), Heard()
    road.send("hello")
    road.send({"Records": [{"eventSource": "aws:sqs"}]})
    road.put(1)
    with world.running(road.source, heard=heard):
        wait_until(road.is_empty, "all messages are deleted")
    assert numbers_in(world.lake) == [1]
    aside = world.state.work.set_aside(10)
    assert {(one.object.source, one.reason) for one in aside} == {
        (f"{MESSAGES}web", "not JSON"),
        (f"{MESSAGES}web", "record 0 is no event of S3, version 2"),
    }
    assert all(one.object.url.startswith(f"{road.queue}#") for one in aside)


class Poisoned(StoreWrapper):
    """Objects with `poison` in their key cannot be read, whatever their store says."""

    is_cured = False

    def stream(self, info: ObjectInfo, chunk_bytes: int) -> Iterator[Buffer]:
        if "poison" in info.key and not self.is_cured:
            raise IngestError("made-up fault: poison")
        return self.inner.stream(info, chunk_bytes)


def test_poison_is_set_aside_and_can_be_tried_again(
    aws: Ministack, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_limits, "OBJECT_RETRY_S", 0.05)
    road, heard = Road(aws), Heard()
    source = road.source
    poisoned = Poisoned(source.place.store)
    object.__setattr__(source.place, "store", poisoned)
    with world.running(source, heard=heard, tries=3):
        for number in range(10):
            road.put(number, "web/poison.json" if number == 5 else "")
        wait_until(lambda: len(heard.aside) == 1, "the poison is set aside")
        wait_until(road.is_empty, "all messages are deleted")
        assert numbers_in(world.lake) == [number for number in range(10) if number != 5]
        (aside,) = world.state.work.set_aside(10)
        assert (aside.object.url, aside.attempts, aside.reason) == (
            f"s3://{road.bucket}/web/poison.json",
            3,
            "made-up fault: poison",
        )
        Poisoned.is_cured = True
        try:
            assert world.state.work.retry() == 1
            wait_until(lambda: world.visible() == 10, "the cured object is visible")
        finally:
            Poisoned.is_cured = False
    assert world.state.work.counts() == {}


def test_a_queue_that_is_not_there_does_not_stop_the_other(aws: Ministack, world: World) -> None:
    road, heard = Road(aws), Heard()
    lost = bucket_source(f"s3://{road.bucket}/lost/", queue=f"{road.queue}-{uuid.uuid4().hex}", name="lost")
    with world.running(lost, road.source, heard=heard):
        road.put(1)
        wait_until(lambda: len(heard.visible) == 1, "the object of the other is visible")
        wait_until(lambda: bool(heard.troubles), "the trouble is told")
    assert "NonExistentQueue" in heard.troubles[0][1]


def test_a_message_that_came_often_without_an_answer_goes_another_way(aws: Ministack, world: World) -> None:
    """As if its object had ended each process that took it: the table of work finds out about it."""
    road, heard = Road(aws), Heard()
    road.put(1)
    queue = open_queue(road.queue)
    tries = 2
    for _ in range(tries + discovery_limits.RECEIVES_SPARE):
        wait_until(lambda: _received_and_given_back(queue), "the message is there")
    with world.running(road.source, heard=heard, tries=tries):
        wait_until(lambda: len(heard.visible) == 1, "the object is visible")
    assert heard.roads == ["table"]
    assert road.is_empty()
    assert world.state.work.counts() == {}


def _received_and_given_back(queue: Queue) -> bool:
    found = queue.receive(wait_s=1)
    queue.keep(found, 0)
    return bool(found)


class Away(StoreWrapper):
    """A bucket that cannot be read for some requests."""

    def __init__(self, source: Source, times: int) -> None:
        super().__init__(source.place.store)
        object.__setattr__(source.place, "store", self)
        self.left = times

    def stream(self, info: ObjectInfo, chunk_bytes: int) -> Iterator[Buffer]:
        if self.left:
            self.left -= 1
            raise StorageError("permission denied")
        return self.inner.stream(info, chunk_bytes)


def test_an_outage_of_a_bucket_sets_nothing_aside(
    aws: Ministack, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the queue or the table of work keeps the object meanwhile."""
    for name in ("OBJECT_RETRY_S", "PART_RETRY_S", "PART_RETRY_S_MAX"):
        monkeypatch.setattr(runner_limits, name, 0.05)
    road, heard = Road(aws), Heard()
    source = road.source
    Away(source, 30)
    for number in range(5):
        road.put(number)
    with world.running(source, heard=heard, tries=3):
        wait_until(lambda: len(heard.visible) == 5, "all are visible")
        wait_until(road.is_empty, "all messages are deleted")
    assert numbers_in(world.lake) == list(range(5))
    assert heard.aside == []
    assert len(heard.failures) == 30


class Slow(StoreWrapper):
    """A source that gives its first object only after a while, and counts how often it is asked."""

    def __init__(self, source: Source, seconds: float) -> None:
        super().__init__(source.place.store)
        object.__setattr__(source.place, "store", self)
        self.reads = 0
        self._seconds = seconds

    def stream(self, info: ObjectInfo, chunk_bytes: int) -> Iterator[Buffer]:
        self.reads += 1
        time.sleep(self._seconds)  # longer than a message is ours: the time itself is what counts
        return self.inner.stream(info, chunk_bytes)


def test_a_message_stays_ours_while_its_object_is_worked_on(
    aws: Ministack, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery_limits, "SQS_VISIBILITY_S", 5)  # longer than a busy machine stands still
    monkeypatch.setattr(runner_limits, "KEEP_EVERY_S", 0.3)
    road = Road(aws)
    source = road.source
    slow = Slow(source, 11.0)
    road.put(1)
    with world.running(source), world.running(source):
        wait_until(road.is_empty, "the message is deleted")
    assert slow.reads == 1, "no other runner took it meanwhile"
    assert numbers_in(world.lake) == [1]


def test_a_stop_hands_back_what_it_cannot_finish(aws: Ministack, world: World) -> None:
    """Also what a request brings that was under way when it was told to stop: nothing has to wait for its time."""
    road = Road(aws)
    for number in range(60):
        road.put(number)
    source = road.source
    slow = Slow(source, 30.0)
    runner = world.runner(source, stop_seconds=6.0)
    runner.start()
    wait_until(lambda: slow.reads > 0, "something is being read")
    stopped = runner.stop()
    assert stopped.handed_back > 0
    assert not stopped.is_clean
    assert aws.messages(road.queue) == (60, 0), "all are anybody's"
    with world.running(road.source):
        wait_until(road.is_empty, "all messages are deleted")
    assert numbers_in(world.lake) == list(range(60))


def test_a_stop_in_the_middle_of_a_request_for_messages(aws: Ministack, world: World) -> None:
    road = Road(aws)
    runner = world.runner(road.source)
    runner.start()
    road.put(0)
    wait_until(lambda: world.visible() == 1, "it works")
    stopping = threading.Thread(target=runner.stop)
    stopping.start()
    for number in range(1, 20):
        road.put(number)
    stopping.join()
    visible, ours = aws.messages(road.queue)
    assert (visible + world.visible(), ours) == (20, 0)
