"""Secrets that a configuration names: they stand in the environment or in a file, never in the configuration itself.

A `Secret` holds only the reference, so that it may be printed, compared and logged.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lakebed.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET_BYTES_MAX = 64 * 1024
"""Of a file that holds one: keys and certificates are smaller, and a wrong path may name anything."""

ENVIRONMENT = "env:"
FILE = "file:"
HOW = 'write "env:NAME" for an environment variable or "file:PATH" for a file that holds it'


@dataclass(frozen=True)
class Secret:
    """Where a secret stands: `env:NAME` or `file:PATH`.

    >>> Secret("env:OKTA_TOKEN").read({"OKTA_TOKEN": "s3cret"})
    's3cret'
    """

    reference: str

    @classmethod
    def parse(cls, text: str, folder: Path | None = None) -> Secret:
        """Reads a reference; paths start at `folder`. Raises `UsageError`, which does not repeat the text: who wrote
        the secret itself must not find it in a log.
        """
        if text.startswith(ENVIRONMENT) and _is_name(text.removeprefix(ENVIRONMENT)):
            return cls(text)
        path = text.removeprefix(FILE)
        if text.startswith(FILE) and path and "\0" not in path:
            return cls(f"{FILE}{(folder or Path()) / Path(path).expanduser()}")
        raise UsageError(f"a secret must not stand here: {HOW}")

    def read(self, environment: Mapping[str, str] | None = None) -> str:
        """The secret itself; of a file without white space around it. Raises `UsageError` when there is none."""
        if self.reference.startswith(ENVIRONMENT):
            name = self.reference.removeprefix(ENVIRONMENT)
            found = (os.environ if environment is None else environment).get(name, "")
            if not found:
                raise UsageError(f"the environment variable '{name}' is not set")
            return found
        return self._read_file(Path(self.reference.removeprefix(FILE)))

    def _read_file(self, path: Path) -> str:
        try:
            with path.open("rb") as file:
                data = file.read(SECRET_BYTES_MAX + 1)
        except OSError as error:
            raise UsageError(
                f"cannot read the secret in '{path}': {(error.strerror or 'system error').lower()}"
            ) from error
        if len(data) > SECRET_BYTES_MAX:
            raise UsageError(f"'{path}' is larger than {SECRET_BYTES_MAX:,} bytes: wanted a file with a secret")
        try:
            found = data.decode().strip()
        except UnicodeDecodeError:
            raise UsageError(f"'{path}' is no text: wanted a file with a secret") from None
        if not found:
            raise UsageError(f"'{path}' is empty: wanted a file with a secret")
        return found


def _is_name(text: str) -> bool:
    return text.isascii() and text.isidentifier()
