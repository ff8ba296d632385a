"""All that is wrong with a file, each with its line, in the order of the lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lakebed import config
from lakebed.errors import ConfigError
from lakebed.safe_text import safe_text

if TYPE_CHECKING:
    from lakebed.configuration.value import Wrong
    from lakebed.toml_file import Toml, TomlPath


@dataclass
class Problems:
    """Collects what is wrong, so that one run shows all of it."""

    file: str
    toml: Toml
    found: list[tuple[int, str]] = field(default_factory=list)

    def add(self, wrong: Wrong) -> None:
        """A value that is not what is wanted."""
        self.add_at(wrong.path, wrong.message)

    def add_at(self, path: TomlPath, message: str) -> None:
        """Something that is wrong at a path, which the message is told with."""
        line = self.toml.line(path)
        name = dotted(path)
        self.found.append((line, safe_lines(f"{name}: {message}" if name else message)))

    def raise_if_any(self) -> None:
        """Raises `ConfigError` when something is wrong."""
        if self.found:
            raise config_error(self.file, sorted(dict.fromkeys(self.found), key=lambda one: one[0]))


def config_error(file: str, found: list[tuple[int, str]]) -> ConfigError:
    """The error that lists them."""
    shown = [f"{file}:{line}: {message}" for line, message in found[: config.CONFIG_PROBLEMS_SHOWN]]
    if len(found) > len(shown):
        shown.append(f"… and {len(found) - len(shown):,} more")
    return ConfigError("\n".join(shown))


def safe_lines(text: str) -> str:
    """A message that is harmless for a terminal; further lines of it are moved in, so that none looks like another
    problem.
    """
    return "\n  ".join(map(safe_text, text.split("\n")))


def dotted(path: TomlPath) -> str:
    """A path as people write it, elements counted from 1.

    >>> dotted(("sources", "web", "time", 0))
    'sources.web.time[1]'
    """
    text = ""
    for key in path:
        text += f"[{key + 1}]" if isinstance(key, int) else f".{safe_text(key[: config.CONFIG_NAME_SHOWN])}"
    return text.removeprefix(".")
