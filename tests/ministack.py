"""A real SQS, SNS, EventBridge and S3 with notifications, on loopback: ministack, in an environment of its own.

`scripts/need-ministack` makes that environment. A machine where it cannot skips what needs it; with `CI` set nothing
skips.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.servers import free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).parents[1]
START_SECONDS = 60


@dataclass(frozen=True)
class Ministack:
    """A running server."""

    endpoint: str
    _clients: dict[str, Any] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to use the server."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def client(self, service: str) -> Any:  # Any: boto3 makes its clients' methods at run time
        """A client of AWS' own library."""
        if service not in self._clients:
            import boto3

            self._clients[service] = boto3.session.Session().client(
                service,
                endpoint_url=self.endpoint,
                region_name="us-east-1",
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )
        return self._clients[service]

    def bucket(self) -> str:
        """A new bucket."""
        name = f"logs-{uuid.uuid4().hex[:16]}"
        self.client("s3").create_bucket(Bucket=name)
        return name

    def queue(self) -> str:
        """The URL of a new queue."""
        url: str = self.client("sqs").create_queue(QueueName=f"new-{uuid.uuid4().hex[:16]}")["QueueUrl"]
        return url

    def queue_arn(self, url: str) -> str:
        """How other services name it."""
        reply = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        arn: str = reply["Attributes"]["QueueArn"]
        return arn

    def notify(self, bucket: str, queue: str, *, through: str = "direct") -> None:
        """Has the bucket tell the queue of new objects: `direct`, `sns`, `sns_raw` or `eventbridge`."""
        s3, arn = self.client("s3"), self.queue_arn(queue)
        if through == "direct":
            told: dict[str, Any] = {
                "QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]}]
            }
        elif through == "eventbridge":
            rule, events = f"rule-{bucket}", self.client("events")
            pattern = f'{{"source": ["aws.s3"], "detail": {{"bucket": {{"name": ["{bucket}"]}}}}}}'
            events.put_rule(Name=rule, EventPattern=pattern, State="ENABLED")
            events.put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": arn}])
            told = {"EventBridgeConfiguration": {}}
        else:
            sns = self.client("sns")
            topic = sns.create_topic(Name=f"topic-{bucket}")["TopicArn"]
            attributes = {"RawMessageDelivery": "true"} if through == "sns_raw" else {}
            sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)
            told = {"TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]}
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=told)

    def put(self, bucket: str, key: str, data: bytes) -> None:
        """Writes an object."""
        self.client("s3").put_object(Bucket=bucket, Key=key, Body=data)

    def messages(self, queue: str) -> tuple[int, int]:
        """How many messages wait, and how many are somebody's."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = self.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return int(told[names[0]]), int(told[names[1]])


@contextlib.contextmanager
def ministack_server(folder: Path) -> Iterator[Ministack]:
    """Starts the server and waits until it answers."""
    found = subprocess.run([str(REPOSITORY / "scripts/need-ministack")], capture_output=True, text=True)
    if found.returncode != 0:
        reason = f"ministack is missing: {found.stderr[-500:]}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    (port,) = free_ports(1)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}
    environment |= {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "LOG_LEVEL": "ERROR", "TMPDIR": str(folder)}
    environment |= {"SERVICES": "s3,sqs,sns,events"}
    command = [str(REPOSITORY / found.stdout.strip())]
    with (
        (folder / "ministack.log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=folder) as process,
    ):
        try:
            server = Ministack(f"http://127.0.0.1:{port}")
            _wait_until_ready(server, process, folder / "ministack.log")
            yield server
        finally:
            process.kill()
            process.wait()


def _wait_until_ready(server: Ministack, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    last = "nothing yet"
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"ministack ended with {process.returncode}: {log.read_text(errors='replace')[-2000:]}")
        try:
            urllib.request.urlopen(f"{server.endpoint}/_ministack/health", timeout=2).close()
            return
        except (OSError, urllib.error.URLError) as error:
            last = str(error)[:500]
            time.sleep(0.05)
    pytest.fail(f"ministack took more than {START_SECONDS} s to start: {last}")
