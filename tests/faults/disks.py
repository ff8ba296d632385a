"""Small real disks for tests: a file system in memory that can be full or read-only. Mounting wants root."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLOCK_BYTES = 4096


@dataclass(frozen=True)
class Disk:
    """A mounted file system."""

    folder: Path

    @property
    def free_bytes(self) -> int:
        """Room that is left."""
        return shutil.disk_usage(self.folder).free

    def fill(self, leave_bytes: int) -> None:
        """Takes all room but so much, until `make_room`."""
        with (self.folder / "filler").open("ab") as file, contextlib.suppress(OSError):
            while self.free_bytes > leave_bytes:
                os.write(file.fileno(), bytes(BLOCK_BYTES))

    def make_room(self) -> None:
        """Ends what `fill` began."""
        (self.folder / "filler").unlink()

    def remount(self, mode: str) -> None:
        """`ro` or `rw`."""
        run_mount("mount", "-o", f"remount,{mode}", str(self.folder))


@contextlib.contextmanager
def mounted_disk(folder: Path, size_bytes: int) -> Iterator[Disk]:
    """An empty disk of this size. The test is skipped where mounting is not allowed."""
    folder.mkdir()
    try:
        run_mount("mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "lakebed-test", str(folder))
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", None) or str(error)
        pytest.skip(f"a really full disk wants a mount, which is not allowed here: {reason.strip()}")
    try:
        yield Disk(folder)
    finally:
        run_mount("umount", "--lazy", str(folder))


def run_mount(*command: str) -> None:
    """Runs `mount` or `umount`; raises `CalledProcessError` with what it said."""
    subprocess.run(command, check=True, capture_output=True, text=True)
