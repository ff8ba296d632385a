"""The configuration that a command is to use: named, in the environment, or in the working directory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from lakebed.configuration import read
from lakebed.errors import UsageError

if TYPE_CHECKING:
    from lakebed.configuration import Configuration

FILE = "lakebed.toml"


def configured(path: Path | None) -> Configuration:
    """Reads it. Raises `UsageError` when there is none, `ConfigError` when it is wrong."""
    told = path or Path(os.environ.get("LAKEBED_CONFIG") or FILE)
    if not told.is_file():
        raise UsageError(f"no configuration at '{told}'; --config or LAKEBED_CONFIG names one")
    return read(told)
