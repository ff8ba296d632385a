"""Reads the body of a request within limits: its size as sent and unpacked, how much it may blow up, and time.

Memory is bounded at each step: a compressed body is unpacked as it comes in, in small pieces.
"""

from __future__ import annotations

import asyncio
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakebed import config

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from lakebed.serve.receive.budget import Reservation

_STEP_BYTES = 64 * 1024
_GZIP = 31
"""`wbits` of zlib: a gzip header and nothing else."""


class BodyError(Exception):
    """The body is refused: `status` is HTTP's, the text is for the client."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class BodyLimits:
    """Of one body."""

    body_bytes: int
    decompressed_bytes: int
    seconds: float = config.RECEIVE_BODY_SECONDS


async def read_body(chunks: AsyncIterator[bytes], encoding: str, limits: BodyLimits, reservation: Reservation) -> bytes:
    """The body, unpacked. `encoding` is the header `Content-Encoding`.

    Raises `BodyError`, and `BusyError` when there is no room for it.
    """
    unpack = _unpacker(encoding, limits)
    parts: list[bytes] = []
    sent = 0
    try:
        async with asyncio.timeout(limits.seconds):
            async for chunk in chunks:
                sent += len(chunk)
                if sent > limits.body_bytes:
                    raise BodyError(413, f"the body is larger than {limits.body_bytes} bytes")
                for part in unpack.feed(chunk):
                    reservation.take(len(part))
                    parts.append(part)
    except TimeoutError:
        raise BodyError(408, f"the body did not come within {limits.seconds:g} s") from None
    unpack.finish()
    return b"".join(parts)


def _unpacker(encoding: str, limits: BodyLimits) -> _Plain | _Gzip:
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return _Plain()
    if name in {"gzip", "x-gzip"}:
        return _Gzip(limits.decompressed_bytes)
    raise BodyError(415, "the content encoding is neither gzip nor identity")


class _Plain:
    def feed(self, chunk: bytes) -> list[bytes]:
        return [chunk] if chunk else []

    def finish(self) -> None:
        """Nothing can be missing: the server has compared the length."""


class _Gzip:
    """Members of gzip, one behind the other."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._member = zlib.decompressobj(_GZIP)
        self._is_between = True
        self._read = 0
        self._made = 0

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        data, part = chunk, b""
        self._read += len(chunk)
        while data or len(part) == _STEP_BYTES:  # a full step may have left output within the library
            try:
                part = self._member.decompress(data, _STEP_BYTES)
            except zlib.error:
                raise BodyError(400, "the body is no gzip") from None
            self._is_between = False
            data = self._member.unconsumed_tail
            self._made += len(part)
            self._check()
            if part:
                yield part
            if self._member.eof:
                data, part = self._member.unused_data, b""
                self._member = zlib.decompressobj(_GZIP)
                self._is_between = True

    def finish(self) -> None:
        if not self._is_between:
            raise BodyError(400, "the body is gzip that is cut off")

    def _check(self) -> None:
        if self._made > self._bytes_max:
            raise BodyError(413, f"the body unpacks to more than {self._bytes_max} bytes")
        free = config.RECEIVE_RATIO_FREE_BYTES
        if self._made > free and self._made > self._read * config.OPENING_RATIO_MAX:
            raise BodyError(413, f"the body unpacks to more than {config.OPENING_RATIO_MAX} times its size")
