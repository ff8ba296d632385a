"""Gzip files that are read strictly: every file of the catalog is one, so that `zcat` opens it.

Gzip's own checksum and length say whether the content is whole. Python's `gzip` lets pass what must not pass here:
other headers, further members, zeros at the end. A catalog file is exactly one member with exactly our header.
"""

from __future__ import annotations

import zlib

from lakebed.errors import CatalogError

_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""Magic, deflate, no flags, no time, no hint, no system: nothing in it may differ."""

_RAW_DEFLATE = -15

UNPACKED_BYTES_MAX = 1 << 30
"""No file of a catalog unpacks to more: a checkpoint of a million segments is an eighth of this. Bounds what a damaged
or hostile file can do to a reader's memory."""


def pack(content: bytes, level: int, strategy: int = zlib.Z_DEFAULT_STRATEGY) -> bytes:
    """The content as a gzip file."""
    packer = zlib.compressobj(level, zlib.DEFLATED, _RAW_DEFLATE, strategy=strategy)
    body = packer.compress(content) + packer.flush()
    return _HEADER + body + _trailer(content)


def unpack(stored: bytes, key: str) -> bytes:
    """What `pack` was given. Raises `CatalogError` that names the file when that cannot be said for sure."""
    if not stored.startswith(_HEADER):
        raise _damaged(key, "it does not begin as a file of a catalog")
    unpacker = zlib.decompressobj(_RAW_DEFLATE)
    try:
        content = unpacker.decompress(memoryview(stored)[len(_HEADER) :], UNPACKED_BYTES_MAX)
    except zlib.error as error:
        raise _damaged(key, "its compressed content is broken") from error
    if unpacker.unconsumed_tail:
        raise _damaged(key, f"it holds more than {UNPACKED_BYTES_MAX} bytes (limit UNPACKED_BYTES_MAX)")
    if not unpacker.eof:
        raise _damaged(key, "it ends in the middle")
    if unpacker.unused_data != _trailer(content):
        raise _damaged(key, "its checksum does not fit its content")
    return content


def _trailer(content: bytes) -> bytes:
    return zlib.crc32(content).to_bytes(4, "little") + (len(content) & 0xFFFFFFFF).to_bytes(4, "little")


def _damaged(key: str, reason: str) -> CatalogError:
    return CatalogError(f"'{key}' is damaged: {reason}")
