"""Sources that commands are told by the name that they have in a lakebed.toml."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lakebed.configuration.find import find_file, read_found
from lakebed.errors import ConfigError, UsageError
from lakebed.ingest.settings import SourceSettings
from lakebed.query.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

_NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class NamedSource:
    """Where its objects are, which of them it takes, and how they are read."""

    url: str
    takes: Callable[[str], bool]
    settings: SourceSettings

    def with_options(self, told: SourceSettings) -> NamedSource:
        """What was told besides the name stands in place of what the file says."""
        plain = SourceSettings()
        names = [one.name for one in fields(plain) if getattr(told, one.name) != getattr(plain, one.name)]
        return replace(self, settings=replace(self.settings, **{name: getattr(told, name) for name in names}))


def named_source(text: str) -> NamedSource | None:
    """The source of this name in the configuration that is found; None for what is a path or URL.

    A file that is called as a source is meant by `./NAME`. Raises `ConfigError` when the configuration is wrong, and
    `UsageError` for what is neither a source nor a file.
    """
    file = find_file() if _NAME.fullmatch(text) else None
    if file is None:
        return None
    names = _names(file, is_needed=not Path(text).exists())
    if text in names:
        configuration = read_found(file)
        source = configuration.source(text)
        return NamedSource(configuration.objects_url(source), source.takes, source.settings)
    if not Path(text).exists():
        known = did_you_mean(text, names) if names else ""
        raise UsageError(f"no file or folder '{text}', and no source of this name in '{file}'{known}")
    return None


def _names(file: Path, *, is_needed: bool) -> list[str]:
    """Names of sources; a file that is no TOML keeps nobody from looking at a path."""
    from lakebed.configuration.file import read_toml

    try:
        sources = read_toml(file).values.get("sources", {})
    except ConfigError:
        if is_needed:
            raise
        return []
    return list(sources) if isinstance(sources, dict) else []
