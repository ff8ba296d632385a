"""A queue on a real server: what is received, kept, handed back and deleted; and what S3 sends on each road."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

from lakebed.errors import QueueError, UsageError
from lakebed.ingest.discovery.notification import NoticedObject, read_notification
from lakebed.ingest.discovery.sqs import Message, Queue, open_queue

if TYPE_CHECKING:
    from tests.ministack import Ministack

pytestmark = pytest.mark.server

DEADLINE_S = 30


def receive(queue: Queue, count: int) -> list[Message]:
    """So many messages, or fewer when they do not come in time."""
    found: list[Message] = []
    deadline = time.monotonic() + DEADLINE_S
    while len(found) < count and time.monotonic() < deadline:
        found += queue.receive(count=count - len(found), wait_s=1)
    return found


def test_messages_are_ours_until_they_are_handed_back_or_deleted(aws: Ministack) -> None:
    url = aws.queue()
    queue = open_queue(url)
    for number in range(25):
        aws.client("sqs").send_message(QueueUrl=url, MessageBody=f"message {number}")
    assert queue.check() == 25
    found = receive(queue, 25)
    assert sorted(one.body for one in found) == sorted(f"message {number}" for number in range(25))
    assert {one.receives for one in found} == {1}
    assert aws.messages(url) == (0, 25)
    queue.keep(found[:12], 0)
    again = receive(queue, 12)
    assert sorted(one.body for one in again) == sorted(one.body for one in found[:12])
    assert {one.receives for one in again} == {2}
    queue.keep(again, 1000)
    queue.delete([*again, *found[12:]])
    assert aws.messages(url) == (0, 0)
    assert queue.receive(wait_s=0) == []
    queue.delete(found[:1])  # what is gone already is no error


@pytest.mark.parametrize("through", ["direct", "sns", "sns_raw", "eventbridge"])
def test_what_a_bucket_sends(aws: Ministack, through: str) -> None:
    bucket, url = aws.bucket(), aws.queue()
    aws.notify(bucket, url, through=through)
    aws.put(bucket, "web/a b+ä.json", b"{}")
    queue = open_queue(url)
    objects: list[NoticedObject] = []
    deadline = time.monotonic() + DEADLINE_S
    while not objects and time.monotonic() < deadline:
        for message in queue.receive(wait_s=1):
            objects += read_notification(message.body).objects
    (found,) = objects
    head = aws.client("s3").head_object(Bucket=bucket, Key="web/a b+ä.json")
    assert (found.bucket, found.key, found.size_bytes, found.etag) == (bucket, "web/a b+ä.json", 2, head["ETag"])
    assert found.time_ns is not None
    assert abs(found.time_ns / 1e9 - head["LastModified"].timestamp()) <= 1


def test_a_queue_that_is_not_there(aws: Ministack) -> None:
    url = aws.queue() + "-not"
    with pytest.raises(QueueError, match=f"cannot look at queue '{re.escape(url)}': .*NonExistentQueue"):
        open_queue(url).check()


def test_a_server_that_is_not_there(aws: Ministack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    url = "http://127.0.0.1:1/0/new"
    with pytest.raises(QueueError, match=re.escape(f"cannot look at queue '{url}': EndpointConnectionError")):
        open_queue(url).check()


@pytest.mark.parametrize(
    "url", ["", "new-logs", "https://", "https://host/", "arn:aws:sqs:eu:1:q", "https://u:p@h/1/q"]
)
def test_what_is_no_queue(url: str) -> None:
    with pytest.raises(UsageError, match="not the URL of a queue"):
        open_queue(url)


@pytest.mark.parametrize(
    ("url", "region"),
    [
        ("https://sqs.eu-central-1.amazonaws.com/1/q", "eu-central-1"),
        ("https://vpce-0a-1b.sqs.us-west-2.vpce.amazonaws.com/1/q", "us-west-2"),
        ("https://sqs.cn-north-1.amazonaws.com.cn/1/q", "cn-north-1"),
    ],
)
def test_the_region_is_in_the_url(url: str, region: str) -> None:
    assert open_queue(url, {})._client.meta.region_name == region
