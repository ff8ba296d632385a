"""Reads a `lakebed.toml`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from lakebed.configuration.model import Configuration


def read(path: str | os.PathLike[str], *, environment: Mapping[str, str] | None = None) -> Configuration:
    """What the file says. Raises `ConfigError`, which lists all that is wrong with it."""
    raise NotImplementedError(Path(path), environment)
