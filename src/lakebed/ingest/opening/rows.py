"""Formats whose records are not text: each record becomes a line of JSON, which the engine reads as any other.

Values keep what JSON can say: decimals all their digits, times RFC 3339; bytes are text where they are UTF-8, and
base64 elsewhere. What is not a number is null.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from typing_extensions import Buffer

BATCH_BYTES = 256 * 1024
"""Lines go to the engine in pieces of about this size."""


@dataclass(frozen=True)
class Text:
    """Lines for the engine, and how they are to be read. `opened_as` is their source type where they are JSON of which
    nothing more is known, `source_type` whatever they are.
    """

    chunks: Iterator[bytes]
    source_type: str | None = None
    time_fields: tuple[str, ...] = ()
    format: str = "json"
    opened_as: str | None = None


class Told(Protocol):
    """Who is told of what cannot be read."""

    def damaged(self, reason: str, offset: int) -> None:
        """Something that costs no more than itself; the offset is in the bytes of the format."""

    def unparsed(self) -> None:
        """A record is kept as `message`."""


def texts_of(kind: str, chunks: Iterable[Buffer], told: Told) -> Iterator[Text]:
    """The texts of an object of this kind. Raises `Damaged` where it cannot be read on."""
    if kind == "evtx":
        from lakebed.ingest.opening.evtx_file import texts
    elif kind == "windows-xml":
        from lakebed.ingest.opening.windows_xml import texts
    elif kind == "parquet":
        from lakebed.ingest.opening.parquet import texts
    else:
        from lakebed.ingest.opening.avro import texts
    return texts(chunks, told)


def batches(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Lines joined to pieces; those before an exception are handed on first."""
    held: list[bytes] = []
    size = 0
    try:
        for line in lines:
            held.append(line)
            size += len(line) + 1
            if size >= BATCH_BYTES:
                yield b"\n".join(held) + b"\n"
                held, size = [], 0
    except Exception:
        if held:
            yield b"\n".join(held) + b"\n"
        raise
    if held:
        yield b"\n".join(held) + b"\n"


def plain(value: Any) -> Any:  # Any: a value as libraries give it, and as msgspec takes it
    """Of values that JSON has no form for.

    >>> plain(b"text"), plain(bytes([255, 0]))
    ('text', '/wA=')
    """
    if isinstance(value, (bytes, bytearray, memoryview)):
        data = bytes(value)
        try:
            return data.decode()
        except UnicodeDecodeError:
            return base64.b64encode(data).decode()
    return str(value)


encoder = msgspec.json.Encoder(enc_hook=plain, decimal_format="number")
"""For values that hold no bytes at all, which msgspec writes as base64."""
