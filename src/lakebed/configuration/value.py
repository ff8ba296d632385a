"""One value of `lakebed.toml` while it is read, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping
    from pathlib import Path

    from lakebed.configuration.problems import Problems
    from lakebed.toml_file import TomlPath


class Wrong(Exception):  # noqa: N818 - never leaves the package: it becomes one of the problems of a ConfigError
    """A value is not what is wanted."""

    def __init__(self, path: TomlPath, message: str) -> None:
        super().__init__(message)
        self.path = path
        self.message = message


@dataclass(frozen=True)
class Surroundings:
    """What reading a file needs besides its text. Names of files start at `folder`."""

    folder: Path
    environment: Mapping[str, str] = field(repr=False)
    """It holds secrets."""
    now: datetime.datetime
    problems: Problems


@dataclass(frozen=True)
class Value:
    """What stands under a path. Readers raise `Wrong`, or tell `surroundings.problems` of parts of it and go on."""

    found: object
    path: TomlPath
    surroundings: Surroundings

    def part(self, key: str | int, found: object) -> Value:
        """A value in this one."""
        return Value(found, (*self.path, key), self.surroundings)

    def with_found(self, found: object) -> Value:
        """The same place with what stands there in another form."""
        return Value(found, self.path, self.surroundings)

    def fail(self, message: str) -> NoReturn:
        """Says what is wrong here."""
        raise Wrong(self.path, message)
