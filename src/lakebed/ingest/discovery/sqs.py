"""A queue of SQS: messages taken, kept from others while they are worked on, and deleted when all is done.

A message that nobody deletes comes again when its time is over, so a crash loses nothing. Everything here is one
request or a few; who decides what becomes of a message is the runner.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lakebed.errors import QueueError, UsageError
from lakebed.ingest.discovery import limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_AWS_HOST = re.compile(r"(?:vpce-[a-z0-9-]+\.)?sqs\.(?P<region>[a-z0-9-]+)(?:\.vpce)?\.amazonaws\.com(?:\.cn)?")
"""Also of endpoints in a private network: `vpce-1-2.sqs.eu-west-1.vpce.amazonaws.com`."""


@dataclass(frozen=True)
class Message:
    """A message that is ours for a while. `receipt` names this delivery of it, `receives` counts them."""

    id: str
    receipt: str
    body: str
    receives: int
    sent_s: float


class Queue:
    """One queue. Every method may be called from any thread, and raises `QueueError`."""

    def __init__(self, url: str, client: Any) -> None:  # Any: boto3 makes its clients' methods at run time
        self.url = url
        self._client = client

    def receive(self, *, count: int = limits.SQS_MESSAGES, wait_s: int | None = None) -> list[Message]:
        """Up to `count` messages; when there is none, waits for the first so long."""
        reply = self._call(
            "receive messages from",
            self._client.receive_message,
            MaxNumberOfMessages=min(count, limits.SQS_MESSAGES),
            WaitTimeSeconds=limits.SQS_WAIT_S if wait_s is None else wait_s,
            VisibilityTimeout=limits.SQS_VISIBILITY_S,
            MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
        )
        return [_message(told) for told in reply.get("Messages", ())]

    def delete(self, messages: Sequence[Message]) -> None:
        """They are done. One whose time was over comes again, and is found to be done."""
        for part in _parts(messages):
            entries = [{"Id": str(place), "ReceiptHandle": one.receipt} for place, one in enumerate(part)]
            self._call("delete messages of", self._client.delete_message_batch, Entries=entries)

    def keep(self, messages: Sequence[Message], seconds: float) -> None:
        """They are ours for so long from now; with 0 they are anybody's at once."""
        visibility = min(max(0, round(seconds)), limits.SQS_VISIBILITY_MAX_S)
        for part in _parts(messages):
            entries = [
                {"Id": str(place), "ReceiptHandle": one.receipt, "VisibilityTimeout": visibility}
                for place, one in enumerate(part)
            ]
            self._call("extend messages of", self._client.change_message_visibility_batch, Entries=entries)

    def check(self) -> int:
        """Whether the queue can be reached; about how many messages wait in it."""
        reply = self._call("look at", self._client.get_queue_attributes, AttributeNames=["ApproximateNumberOfMessages"])
        return int(reply.get("Attributes", {}).get("ApproximateNumberOfMessages", 0))

    def _call(self, action: str, method: Callable[..., Any], **arguments: object) -> Any:  # Any: as boto3 has it
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return method(QueueUrl=self.url, **arguments)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", "unknown"))
            raise QueueError(f"cannot {action} queue '{self.url}': {code.rpartition('.')[2][:100]}") from error
        except BotoCoreError as error:
            raise QueueError(f"cannot {action} queue '{self.url}': {type(error).__name__}") from error


def open_queue(url: str, environment: Mapping[str, str] | None = None) -> Queue:
    """The queue at a URL such as `https://sqs.eu-central-1.amazonaws.com/123456789012/new-logs`. Makes no request.

    Credentials come from where AWS' own tools have them; a server other than AWS is the URL's host, or that which
    `AWS_ENDPOINT_URL_SQS` or `AWS_ENDPOINT_URL` names. Raises `UsageError`.
    """
    try:
        import boto3
        from botocore.config import Config
    except ImportError as error:
        raise UsageError("queues want the package boto3: pip install 'lakebed[server]'") from error
    told = os.environ if environment is None else environment
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not parts.path.strip("/") or parts.username:
        raise UsageError(f"not the URL of a queue: '{url}'; wanted https://sqs.REGION.amazonaws.com/ACCOUNT/NAME")
    region, endpoint = _region(parts.hostname), None
    if region is None:
        named = told.get("AWS_ENDPOINT_URL_SQS") or told.get("AWS_ENDPOINT_URL")
        endpoint = named or f"{parts.scheme}://{parts.netloc}"
    region = region or told.get("AWS_REGION") or told.get("AWS_DEFAULT_REGION") or "us-east-1"
    client = boto3.session.Session().client(
        "sqs",
        region_name=region,
        endpoint_url=endpoint,
        config=Config(
            connect_timeout=limits.SQS_CONNECT_S,
            read_timeout=limits.SQS_TIMEOUT_S,
            retries={"mode": "standard", "max_attempts": limits.SQS_ATTEMPTS},
            max_pool_connections=limits.SQS_CONNECTIONS,
        ),
    )
    return Queue(url, client)


def _region(host: str) -> str | None:
    found = _AWS_HOST.fullmatch(host)
    return found["region"] if found else None


def _message(told: Mapping[str, Any]) -> Message:  # Any: as boto3 has it
    attributes = told.get("Attributes", {})
    return Message(
        str(told.get("MessageId", "")),
        str(told["ReceiptHandle"]),
        str(told.get("Body", "")),
        int(attributes.get("ApproximateReceiveCount", 1)),
        int(attributes.get("SentTimestamp", 0)) / 1000,
    )


def _parts(messages: Sequence[Message]) -> Iterator[Sequence[Message]]:
    for start in range(0, len(messages), limits.SQS_MESSAGES):
        yield messages[start : start + limits.SQS_MESSAGES]
