"""Where something stands in a transform, and the errors that are raised there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NoReturn

from lakebed.errors import UsageError

SHOWN_MAX = 40
"""Characters of a value that an error repeats."""


@dataclass(frozen=True)
class Place:
    """A file, and in it a step, counted from 1, and a key of it. `line` is that of the step, where it is known.

    >>> str(Place("pii.toml").of_step(2, 14).of_key("mask").of_key("user.name"))
    '\\'pii.toml\\', line 14, step 2, "mask", "user.name"'
    """

    file: str
    line: int | None = None
    step: int | None = None
    keys: tuple[str, ...] = ()

    def __str__(self) -> str:
        line = "" if self.line is None else f", line {self.line}"
        step = "" if self.step is None else f", step {self.step}"
        return f"'{self.file}'{line}{step}" + "".join(f', "{key[:SHOWN_MAX]}"' for key in self.keys)

    def of_step(self, step: int, line: int | None) -> Place:
        """A step of the file."""
        return replace(self, step=step, line=line)

    def of_key(self, key: str) -> Place:
        """A key below this place."""
        return replace(self, keys=(*self.keys, key))

    def fail(self, message: str) -> NoReturn:
        """Raises the error."""
        raise UsageError(f"{self}: {message}")


def described(value: object) -> str:
    """A value of TOML as an error names it.

    >>> described("x"), described(True), described(1.5), described([1]), described({})
    ('"x"', 'true', '1.5', 'an array', 'a table')
    """
    match value:
        case str():
            return f'"{value}"' if len(value) <= SHOWN_MAX else f'"{value[:SHOWN_MAX]}…"'
        case bool():
            return "true" if value else "false"
        case list():
            return "an array"
        case dict():
            return "a table"
        case _:
            return str(value)


def counted(count: int, thing: str) -> str:
    """A count with its word.

    >>> counted(1, "row"), counted(2_000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{count:,} {thing}{'' if count == 1 else 's'}"
