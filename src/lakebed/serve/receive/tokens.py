"""Who may send: tokens of sources, compared so that the time it takes tells nothing."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import TYPE_CHECKING

from lakebed.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TOKEN_CHARACTERS_MIN = 16
"""Shorter ones can be guessed: there is no count of attempts."""

TOKEN_CHARACTERS_MAX = 4096
"""Of what a client sends; longer ones are not looked at."""

SCHEMES = ("bearer", "splunk", "apikey", "basic")


class Tokens:
    """The tokens of all sources. Holds digests only."""

    def __init__(self, sources: Mapping[str, Iterable[str]]) -> None:
        """Raises `UsageError` for a token that is too short or that two sources have."""
        self._sources: dict[bytes, str] = {}
        for source, tokens in sources.items():
            for token in tokens:
                if not TOKEN_CHARACTERS_MIN <= len(token) <= TOKEN_CHARACTERS_MAX:
                    raise UsageError(
                        f"a token of source '{source}' has {len(token)} characters; "
                        f"wanted {TOKEN_CHARACTERS_MIN} to {TOKEN_CHARACTERS_MAX}"
                    )
                digest = _digest(token)
                if self._sources.get(digest, source) != source:
                    raise UsageError(f"sources '{self._sources[digest]}' and '{source}' have the same token")
                self._sources[digest] = source

    def source_of(self, token: str) -> str | None:
        """The source that the token is for. Every token is compared, whichever fits."""
        if len(token) > TOKEN_CHARACTERS_MAX:
            return None
        given = _digest(token)
        found = None
        for digest, source in self._sources.items():
            if hmac.compare_digest(digest, given):
                found = source
        return found


def tokens_in(authorization: str) -> list[str]:
    """The tokens that an `Authorization` header may mean; empty when it has no scheme that is known.

    Basic: the password (Splunk, Elasticsearch), or the user when there is no password. ApiKey: Elasticsearch's clients
    send base64 of `id:key`; the key counts, and so does what was sent, as some send a token as it is.

    >>> tokens_in("Splunk 0123"), tokens_in("Basic " + base64.b64encode(b"x:secret").decode()), tokens_in("Digest a")
    (['0123'], ['secret'], [])
    """
    scheme, _, rest = authorization.strip().partition(" ")
    value = rest.strip()
    if scheme.lower() not in SCHEMES or not value:
        return []
    if scheme.lower() in {"bearer", "splunk"}:
        return [value]
    decoded = _base64(value)
    user, _, password = decoded.partition(":")
    if scheme.lower() == "apikey":
        return [value, password] if password else [value]
    return [password or user] if decoded else []


def _base64(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
