"""Rows as JSON text that loses nothing: integers of any size, decimals as written, lone surrogates."""

from __future__ import annotations

import json
from decimal import Decimal

import msgspec

_encoder = msgspec.json.Encoder(decimal_format="number")


def json_text(value: object) -> bytes:
    r"""One line of JSON.

    >>> json_text({"a": 123456789012345678901234567890, "b": Decimal("1.10")})
    b'{"a":123456789012345678901234567890,"b":1.10}'
    """
    try:
        return _encoder.encode(value)
    except (OverflowError, UnicodeEncodeError):
        return _slow_text(value).encode()


def _slow_text(value: object) -> str:
    """For what msgspec refuses: integers beyond 64 bits, lone surrogates."""
    if isinstance(value, dict):
        inner = ",".join(f"{_slow_text(str(key))}:{_slow_text(item)}" for key, item in value.items())
        return "{" + inner + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_slow_text(item) for item in value) + "]"
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, str):
        try:
            return _encoder.encode(value).decode()
        except UnicodeEncodeError:
            return json.dumps(value)
    return json.dumps(value)
