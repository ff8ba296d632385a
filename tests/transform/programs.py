"""Transforms written in a test, with the files that stand beside them."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from lakebed.transform.context import Context, Surroundings
from lakebed.transform.reader import compile_toml

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lakebed.query.lookup.file import LookupFile
    from lakebed.query.plan import Node

NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)
KEY = "correct horse battery staple"


def steps_of(context: Context) -> list[Node]:
    """The steps without the names that errors call them by."""
    return [{key: value for key, value in step.items() if key != "name"} for step in context.steps]


def compiled(
    text: str | bytes,
    folder: Path | None = None,
    *,
    environment: dict[str, str] | None = None,
    lookups: Callable[[str], LookupFile] | None = None,
) -> Context:
    """What the text becomes; it is called `t.toml` in errors."""
    context = Context(Surroundings({"LAKEBED_MASK_KEY": KEY} if environment is None else environment, NOW, lookups))
    if folder is not None:
        context.folder = folder
    compile_toml(text.encode() if isinstance(text, str) else text, "t.toml", context)
    return context
