"""The command line as a process, with pipes or on a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = [sys.executable, "-c", "from lakebed.cli import main; main()"]


def lakebed(*arguments: str | Path, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "LAKEBED_LAKE": str(folder / "lake"), "COLUMNS": "100", **environment}
    command = [*COMMAND, *(str(one) for one in arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=variables, cwd=folder, check=False)


def on_a_terminal(folder: Path, *arguments: str, width: int = 80) -> str:
    """What the command writes to a terminal of this width."""
    main, child = pty.openpty()
    variables = {**os.environ, "LAKEBED_LAKE": str(folder / "lake"), "COLUMNS": str(width), "PYTHONUTF8": "1"}
    with subprocess.Popen([*COMMAND, *arguments], stdout=child, stderr=child, env=variables) as process:
        os.close(child)
        found = b""
        while True:
            try:
                piece = os.read(main, 65536)
            except OSError:
                break
            if not piece:
                break
            found += piece
        process.wait(30)
    os.close(main)
    return found.decode().replace("\r\n", "\n")
