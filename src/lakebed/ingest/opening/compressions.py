"""Compressions that the engine does not read: bzip2, xz, lz4 and snappy, in a stream and in little memory.

Each is a generator of decoded pieces that raises `Damaged` where it cannot go on; everything decoded before has been
handed on then. Input goes in small slices, since what a library decodes in the call in which it fails is lost.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Protocol

from lakebed import config
from lakebed.ingest.opening.reader import Damaged, Reader
from lakebed.native import Decompressor as EngineDecompressor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from typing_extensions import Buffer

PIECE_BYTES = 256 * 1024
"""Most that comes out of one call."""

SLICE_BYTES = {"bzip2": 1024, "xz": 1024, "lz4": 8192, "gzip": 16 * 1024, "zstd": 16 * 1024}
"""Bytes that go into one call: a call costs a microsecond, which is nothing beside decoding so many."""

SNAPPY_CHUNK_MAX = 1 << 20
"""Chunks of framed snappy decode to 64 KiB; one that claims more is damaged."""

SNAPPY_BLOCK_MAX = 16 * 1024 * 1024
"""Blocks of Hadoop's snappy are 256 KiB, unless someone asked for larger ones."""

_SNAPPY_START = b"\xff\x06\x00\x00sNaPpY"


class _Stream(Protocol):
    """One stream of a decompressor, as `bz2`, `lzma` and `lz4` have it in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes | None: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


def decode(kind: str, pieces: Iterable[Buffer]) -> Iterator[bytes]:
    """What the compressed pieces decode to."""
    return _DECODERS[kind](pieces)


def _bzip2(pieces: Iterable[Buffer]) -> Iterator[bytes]:
    import bz2

    return _streams("bzip2", Reader(pieces), bz2.BZ2Decompressor, b"BZh")


def _xz(pieces: Iterable[Buffer]) -> Iterator[bytes]:
    import lzma

    def new() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=config.XZ_MEMORY_BYTES)

    return _streams("xz", Reader(pieces), new, b"\xfd7zXZ", pads=True)


def _lz4(pieces: Iterable[Buffer]) -> Iterator[bytes]:
    import lz4.frame

    return _streams("lz4", Reader(pieces), lz4.frame.LZ4FrameDecompressor, b"\x04\x22\x4d\x18")


def _streams(
    kind: str, reader: Reader, new: Callable[[], _Stream], magic: bytes, *, pads: bool = False
) -> Iterator[bytes]:
    """One stream after the other. `pads`: zero bytes may stand between them and at the end."""
    import lzma

    while True:
        stream = new()
        while not stream.eof:
            start = reader.position
            data = reader.some(SLICE_BYTES[kind]) if stream.needs_input else b""
            if not data and stream.needs_input:
                raise Damaged(f"ends in the middle of a {kind} stream", start)
            try:
                decoded = stream.decompress(data, PIECE_BYTES)
            except (OSError, EOFError, RuntimeError, ValueError, lzma.LZMAError) as error:
                raise Damaged(f"{kind} data is damaged: {_words(error)}", start) from error
            if decoded:
                yield decoded
        if stream.unused_data:
            reader.unread(stream.unused_data)
        while pads and (zeros := len(reader.peek(4)) - len(reader.peek(4).lstrip(b"\0"))):
            reader.skip(zeros)
        follows = reader.peek(len(magic))
        if not follows:
            return
        if follows != magic[: len(follows)]:
            raise Damaged(f"bytes that are no {kind} stream follow the last one", reader.position)


def _snappy(pieces: Iterable[Buffer]) -> Iterator[bytes]:
    """The framing format: chunks with checksums, which the library verifies one by one."""
    import cramjam

    reader = Reader(pieces)
    while head := reader.read(4):
        start = reader.position - len(head)
        kind, size = head[0], int.from_bytes(head[1:4], "little")
        if len(head) < 4:
            raise Damaged("ends in the middle of a snappy chunk", start)
        if kind == 0xFF:
            if head + reader.read(size if size == 6 else 0) != _SNAPPY_START:
                raise Damaged("bytes that are no snappy chunk follow the last one", start)
        elif kind >= 0x80:
            if reader.skip(size) != size:
                raise Damaged("ends in the middle of a snappy chunk", start)
        elif kind > 1 or size > SNAPPY_CHUNK_MAX:
            raise Damaged("bytes that are no snappy chunk follow the last one", start)
        else:
            body = reader.read(size)
            if len(body) < size:
                raise Damaged("ends in the middle of a snappy chunk", start)
            try:
                yield bytes(cramjam.snappy.decompress(_SNAPPY_START + head + body))
            except cramjam.DecompressionError as error:
                raise Damaged(f"snappy data is damaged: {_words(error)}", start) from error


def _hadoop_snappy(pieces: Iterable[Buffer]) -> Iterator[bytes]:
    """Hadoop's blocks: the size of a block, then its parts with their stored sizes. There are no checksums."""
    import cramjam

    reader = Reader(pieces)
    while head := reader.read(4):
        left = int.from_bytes(head, "big")
        while left > 0:
            start = reader.position
            size = int.from_bytes(reader.read(4), "big")
            if max(size, left) > SNAPPY_BLOCK_MAX:
                raise Damaged("snappy data is damaged: a block is too large", start)
            body = reader.read(size)
            if not body or len(body) < size:
                raise Damaged("ends in the middle of a snappy block", start)
            try:
                if cramjam.snappy.decompress_raw_len(body) > left:
                    raise Damaged("snappy data is damaged: a part is larger than its block", start)
                decoded = bytes(cramjam.snappy.decompress_raw(body))
            except cramjam.DecompressionError as error:
                raise Damaged(f"snappy data is damaged: {_words(error)}", start) from error
            if not decoded:
                raise Damaged("snappy data is damaged: a part of nothing", start)
            left -= len(decoded)
            yield decoded


def _by_engine(kind: str, pieces: Iterable[Buffer]) -> Iterator[bytes]:
    """gzip and zstd, where their content has to be opened here."""
    decompressor = EngineDecompressor()
    for piece in pieces:
        view = memoryview(piece)
        for start in range(0, len(view), SLICE_BYTES[kind]):
            if decoded := decompressor.feed(bytes(view[start : start + SLICE_BYTES[kind]])):
                yield decoded
            if damage := decompressor.damage:
                raise Damaged(damage[1], damage[0])
    if decoded := decompressor.finish():
        yield decoded
    if damage := decompressor.damage:
        raise Damaged(damage[1], damage[0])


def first_decoded(head: bytes, wanted: int) -> bytes:
    """The first bytes that a gzip or zstd stream decodes to, as far as `head` goes."""
    decompressor, found = EngineDecompressor(), b""
    for start in range(0, len(head), 1024):
        found += decompressor.feed(head[start : start + 1024])
        if len(found) >= wanted or decompressor.damage:
            break
    return found[:wanted]


def _words(error: BaseException) -> str:
    """A library's message as one line of ours."""
    text = " ".join(str(error).split())
    return (text[:1].lower() + text[1:]).rstrip(".")[:200] or type(error).__name__


_DECODERS: dict[str, Callable[[Iterable[Buffer]], Iterator[bytes]]] = {
    "bzip2": _bzip2,
    "xz": _xz,
    "lz4": _lz4,
    "snappy": _snappy,
    "hadoop-snappy": _hadoop_snappy,
    "gzip": functools.partial(_by_engine, "gzip"),
    "zstd": functools.partial(_by_engine, "zstd"),
}
