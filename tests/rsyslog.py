"""A real rsyslogd that reads a file and sends its lines on, as an administrator would set it up.

It comes from the system (scripts/need-rsyslog). A machine without it skips what needs it; with `CI` set nothing skips.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIGURATION = """\
global(workDirectory="{folder}/work" maxMessageSize="64k" {globals})
{modules}
module(load="imfile")
input(type="imfile" file="{folder}/in.log" tag="shop:" ruleset="out")
template(name="id" type="string" string="%uuid%")
template(name="json" type="list") {{
  constant(value="{{") property(name="timereported" dateFormat="rfc3339" outname="@timestamp" format="jsonf")
  constant(value=",") property(name="msg" outname="message" format="jsonf")
  constant(value=",") property(name="hostname" outname="host" format="jsonf") constant(value="}}")
}}
ruleset(name="out") {{ {action} }}
"""


def need_rsyslogd() -> str:
    """The program, or the test is skipped."""
    found = shutil.which("rsyslogd") or shutil.which("rsyslogd", path="/usr/sbin")
    if found is not None:
        return found
    if os.environ.get("CI"):
        pytest.fail("rsyslogd is missing: scripts/need-rsyslog")
    pytest.skip("rsyslogd is missing: scripts/need-rsyslog, or the package rsyslog of your system")


@contextlib.contextmanager
def rsyslogd(folder: Path, lines: list[str], action: str, *, modules: str = "", told: str = "") -> Iterator[None]:
    """Runs one that sends `lines` by `action`; ends it at the end. What it says is in `folder/rsyslog.out`."""
    program = need_rsyslogd()
    (folder / "work").mkdir(parents=True)
    (folder / "in.log").write_text("".join(line + "\n" for line in lines))
    text = CONFIGURATION.format(folder=folder, action=action, modules=modules, globals=told)
    (folder / "rsyslog.conf").write_text(text)
    command = [program, "-n", "-f", str(folder / "rsyslog.conf"), "-i", str(folder / "pid")]
    with (folder / "rsyslog.out").open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            finally:
                process.kill()
