"""`lakebed receive` as a process of its own, on ports that the system picks."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

TOKEN = "token-of-app-0123456789"

CONFIGURATION = """\
lake = "lake"

[indexes.app]

[sources.app]
kind = "receive"
index = "app"
tokens = ["env:APP_TOKEN"]
syslog = [{syslog}]

[receive]
http = "127.0.0.1:0"
metrics = "{metrics}"
wait_seconds = 0.02
{more}
"""

PROGRAM = "from lakebed.cli.program import main; main()"


@dataclass
class Process:
    """A receiver, and where it listens."""

    process: subprocess.Popen[str]
    folder: Path
    ports: list[int]

    @property
    def lake(self) -> str:
        return str(self.folder / "lake")

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def end(self) -> tuple[int, str]:
        """Asks it to end; its exit code and what it said since it began."""
        self.process.send_signal(signal.SIGTERM)
        _, said = self.process.communicate(timeout=120)
        return self.process.returncode, said


@contextlib.contextmanager
def receiver_process(
    folder: Path,
    *,
    syslog: tuple[str, ...] = (),
    more: str = "",
    metrics: str = "off",
    program: str = PROGRAM,
    arguments: tuple[str, ...] = ("receive",),
    environment: Mapping[str, str] | None = None,
) -> Iterator[Process]:
    """Runs one in `folder`, whose lake and configuration it keeps; kills it at the end if it still runs."""
    folder.mkdir(exist_ok=True)
    text = CONFIGURATION.format(syslog=", ".join(f'"{one}"' for one in syslog), more=more, metrics=metrics)
    (folder / "lakebed.toml").write_text(text)
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        env={**os.environ, "APP_TOKEN": TOKEN, **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    with process:
        try:
            line = process.stderr.readline()
            if "listening" not in line:
                process.kill()
                raise AssertionError(line + process.stderr.read())
            yield Process(process, folder, [int(port) for port in re.findall(r"://127\.0\.0\.1:(\d+)", line)])
        finally:
            process.kill()
