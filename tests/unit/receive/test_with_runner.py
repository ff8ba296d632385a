"""A receiver and a runner beside each other: what is sent is found, by HTTP and by syslog, without another command."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest

import lakebed
from lakebed.model import Row
from tests.receivers import PROGRAM, TOKEN, receiver_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAIT_SECONDS = 60
RUN = '\n[run]\nhttp = "off"\ncommit_seconds = 0.2\n'


@contextlib.contextmanager
def runner_process(folder: Path) -> Iterator[None]:
    with (folder / "run.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-c", PROGRAM, "run"], cwd=folder, stderr=log)
        with process:
            try:
                yield
                process.terminate()
                assert process.wait(60) == 0, (folder / "run.log").read_text()
            finally:
                process.kill()


def wait_for(lake: str, query: str, count: int) -> list[Row]:
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        opened = lakebed.open(lake)
        rows = [row for row in opened.search(query) if isinstance(row, Row)] if opened.exists() else []
        opened.close()
        if len(rows) >= count:
            return rows
        assert time.monotonic() < deadline, f"{len(rows)} of {count}"
        time.sleep(0.1)


@pytest.mark.slow
def test_what_is_sent_is_found_while_both_run(tmp_path: Path) -> None:
    with receiver_process(tmp_path / "here", syslog=("tcp://127.0.0.1:0",), more=RUN) as receiver:
        with runner_process(tmp_path / "here"):
            url = f"http://127.0.0.1:{receiver.ports[0]}/v1/logs/app"
            for number in range(5):
                body = f'{{"n":{number},"time":"2026-01-01T00:00:0{number}Z"}}'.encode()
                request = urllib.request.Request(url, body, {"Authorization": f"Bearer {TOKEN}"})
                with urllib.request.urlopen(request, timeout=60) as answer:
                    assert answer.status == 200
            with socket.create_connection(("127.0.0.1", receiver.ports[1])) as out:
                out.sendall(
                    b"<38>1 2026-01-01T00:00:09Z gate sshd 7 - - Accepted password for kim from 192.0.2.7 port 2\n"
                )
            rows = wait_for(receiver.lake, "@index=app n: *", 5)
            assert [row.event["n"] for row in rows] == [4, 3, 2, 1, 0]
            (row,) = wait_for(receiver.lake, "@index=app sshd.user: kim", 1)
            assert row.event["hostname"] == "gate"
        assert receiver.end()[0] == 0
