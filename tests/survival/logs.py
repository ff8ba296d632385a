"""Where a survival test writes its logs: a folder, or a bucket with a queue that is told of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ministack import Ministack


class Logs(Protocol):
    """Where logs are written, and how news of them are sent."""

    def put(self, key: str, data: bytes) -> None:
        """Writes or replaces an object."""

    def delete(self, key: str) -> None:
        """Removes it."""

    def tell(self, key: str) -> None:
        """Sends news of it, whether it is there or not."""


class Folder:
    """Logs in a folder; nobody tells of them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.mkdir(parents=True)

    def put(self, key: str, data: bytes) -> None:
        target = self._path / key
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_name(self._path.name + ".fresh")
        fresh.write_bytes(data)
        fresh.rename(target)

    def delete(self, key: str) -> None:
        (self._path / key).unlink()

    def tell(self, key: str) -> None:
        pass


class Bucket:
    """Logs in a bucket; a queue tells of them."""

    def __init__(self, aws: Ministack, bucket: str, queue: str) -> None:
        self._aws, self._bucket, self._queue = aws, bucket, queue

    def put(self, key: str, data: bytes) -> None:
        self._aws.put(self._bucket, key, data)

    def delete(self, key: str) -> None:
        self._aws.client("s3").delete_object(Bucket=self._bucket, Key=key)

    def tell(self, key: str) -> None:
        self._aws.client("sqs").send_message(QueueUrl=self._queue, MessageBody=news(self._bucket, key))


def news(bucket: str, key: str) -> str:
    """What S3 sends of a new object; size and etag are those of some version, or of none."""
    inside = {"bucket": {"name": bucket}, "object": {"key": key, "size": 1}}
    record = {"eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": inside}
    return json.dumps({"Records": [record | {"eventTime": "2026-01-01T00:00:00.000Z"}]})
