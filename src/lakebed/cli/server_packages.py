"""Packages that only long-lived processes need: without them a command says what to install."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from lakebed.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def server_packages(command: str) -> Iterator[None]:
    """Around imports. Raises `UsageError` for a package that is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in {"", "lakebed"}:
            raise
        raise UsageError(f"`lakebed {command}` wants the package {missing}: pip install 'lakebed[server]'") from None
