"""Secrets are never written in a configuration: it says where they are, `env:NAME` or `file:/path`.

They are read each time they are needed, so that a token that was renewed in its file is used from the next request on.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lakebed.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET_BYTES_MAX = 65_536
"""A longer file is not a secret but a mistake."""


@dataclass(frozen=True)
class Secret:
    """Where a secret is. Its text says only that.

    >>> str(Secret.parse("env:OKTA_TOKEN"))
    'env:OKTA_TOKEN'
    """

    kind: str
    place: str

    @classmethod
    def parse(cls, reference: object, what: str = "secret") -> Secret:
        """Reads `env:NAME` or `file:PATH`. Raises `UsageError`, which does not repeat what may be a secret."""
        kind, colon, place = reference.partition(":") if isinstance(reference, str) else ("", "", "")
        if not colon or not place or kind not in {"env", "file"}:
            raise UsageError(f"{what} must not stand here itself: write 'env:NAME' or 'file:/path' to say where it is")
        return cls(kind, place)

    def __str__(self) -> str:
        return f"{self.kind}:{self.place}"

    def read(self, environment: Mapping[str, str] | None = None) -> str:
        """The secret, without white space around it. Raises `UsageError` when there is none or it cannot be sent."""
        if self.kind == "env":
            found = (os.environ if environment is None else environment).get(self.place, "").strip()
        else:
            found = _file_text(Path(self.place)).strip()
        if not found:
            raise UsageError(f"the secret at '{self}' is missing or empty")
        if not (found.isascii() and found.isprintable()):
            raise UsageError(f"the secret at '{self}' has characters that no header can hold")
        return found


def _file_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(SECRET_BYTES_MAX + 1)
    except OSError as error:
        raise UsageError(f"cannot read the secret at 'file:{path}': {(error.strerror or 'error').lower()}") from error
    if len(data) > SECRET_BYTES_MAX:
        raise UsageError(f"the secret at 'file:{path}' has more than {SECRET_BYTES_MAX:,} bytes")
    return data.decode("utf-8", "replace")
