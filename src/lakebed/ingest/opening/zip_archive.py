"""Members of a zip archive, in the order they stand, read as a stream.

The directory at an archive's end is the usual way in, but it asks for the whole archive first: one that was cut would
give nothing, and one of gigabytes would need a disk. So members are read by their own headers, and the directory only
tells at the end whether all were seen. Given up by that: members that are stored uncompressed and without their size,
which only programs write that cannot go back in their output; that is told.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakebed.ingest.opening.reader import Damaged, Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from typing_extensions import Buffer

PIECE_BYTES = 256 * 1024
SLICE_BYTES = 16 * 1024
"""Goes into one call: what a call decodes in which it meets a damage is lost."""

LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
END64, LOCATOR64, DESCRIPTOR = b"PK\x06\x06", b"PK\x06\x07", b"PK\x07\x08"
_HEADER = struct.Struct("<HHHHHIIIHH")
_CENTRAL_BYTES = 42
_END_BYTES = 18
_WIDE = 0xFFFFFFFF
_METHODS = {0: "stored", 8: "deflate", 12: "bzip2", 14: "lzma", 93: "zstd", 95: "xz"}
_KNOWN = {0, 8, 12, 93, 95}
_CUT = "ends in the middle of a zip archive"


@dataclass
class _Local:
    """What stands before a member. Sizes are None where they follow it."""

    name: str
    flags: int
    method: int
    stored_bytes: int | None
    size_bytes: int
    crc: int
    start: int
    crc_found: int = 0
    size_found: int = 0

    @property
    def is_encrypted(self) -> bool:
        return bool(self.flags & 1)


def zip_members(chunks: Iterable[Buffer], tell: Callable[[str, int], None]) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Name and content of each file. Raises `Damaged` where the archive cannot be read on; what is wrong with one
    member is told to `tell`, and the next is read.
    """
    reader = Reader(chunks)
    count = 0
    while (mark := reader.read(4)) == LOCAL:
        count += 1
        local = _local(reader)
        if local.is_encrypted or local.method not in _KNOWN or (local.method == 0 and local.stored_bytes is None):
            tell(f"'{local.name}' {_why_not(local)}", local.start)
            _pass_over(reader, local)
            continue
        content = _Content(reader, local)
        if not local.name.endswith("/"):
            yield local.name, content.pieces()
        for _ in content.pieces():
            pass  # what its reader left
        if content.is_cut:
            return
        if content.failure is not None:
            tell(f"'{local.name}': {content.failure}", local.start)
            _to_next(reader)
    if mark in {CENTRAL, END, END64}:
        _check_directory(reader, mark, count)
    elif not mark:
        raise Damaged(_CUT, reader.position)
    else:
        raise Damaged("zip archive is damaged: no member begins here", reader.position - len(mark))


def _why_not(local: _Local) -> str:
    if local.is_encrypted:
        return "is encrypted, so it cannot be read"
    if local.method in _KNOWN:
        return "is stored without its size, so it cannot be read as a stream"
    return f"is compressed by method {_METHODS.get(local.method, local.method)}, which is not known"


def _local(reader: Reader) -> _Local:
    start = reader.position - 4
    head = reader.read(_HEADER.size)
    if len(head) < _HEADER.size:
        raise Damaged(_CUT, start)
    _, flags, method, _, _, crc, stored, size, name_bytes, extra_bytes = _HEADER.unpack(head)
    name, extra = reader.read(name_bytes), reader.read(extra_bytes)
    if len(extra) < extra_bytes or len(name) < name_bytes:
        raise Damaged(_CUT, start)
    if _WIDE in {stored, size}:
        stored, size = _wide_sizes(extra, stored, size)
    follows = bool(flags & 8) and not (stored and crc)
    text = name.decode("utf-8" if flags & 0x800 else "cp437", "replace")
    return _Local(text, flags, method, None if follows else stored, size, crc, start)


def _wide_sizes(extra: bytes, stored: int, size: int) -> tuple[int, int]:
    """Sizes of zip64, which stand in the extra field, the size itself first."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        body = extra[at + 4 : at + 4 + length]
        if kind == 1:
            wide = list(struct.unpack(f"<{len(body) // 8}Q", body[: len(body) // 8 * 8]))
            size = wide.pop(0) if size == _WIDE and wide else size
            stored = wide.pop(0) if stored == _WIDE and wide else stored
        at += 4 + length
    return stored, size


class _Content:
    """A member's content, decoded; `failure` says what was wrong with it. Leaves the reader behind the member."""

    def __init__(self, reader: Reader, local: _Local) -> None:
        self.failure: str | None = None
        self.is_cut = False
        """The stream of the archive ended in it, which its reader was told."""
        self._reader = reader
        self._local = local
        self._pieces = self._checked()

    def pieces(self) -> Iterator[bytes]:
        """What was not read yet."""
        return self._pieces

    def _checked(self) -> Iterator[bytes]:
        local = self._local
        try:
            for piece in self._decoded():
                local.crc_found = zlib.crc32(piece, local.crc_found)
                local.size_found += len(piece)
                yield piece
            if local.stored_bytes is None:
                _read_descriptor(self._reader, local)
        except _MemberError as error:
            self.failure = str(error)
            return
        except Damaged:
            self.is_cut = True
            raise
        if local.crc != local.crc_found or local.size_bytes != local.size_found:
            self.failure = "its content is not what was stored: the checksum differs"

    def _decoded(self) -> Iterator[bytes]:
        local, stored = self._local, self._stored()
        if local.method == 0:
            yield from stored
        elif local.method == 8:
            yield from _inflate(self._reader, stored, is_bounded=local.stored_bytes is not None)
        else:
            from lakebed.ingest.opening.compressions import decode

            if local.stored_bytes is None:
                raise _MemberError(f"its size is not known, as {_METHODS[local.method]} needs it")
            try:
                yield from decode(_METHODS[local.method], stored)
            except Damaged as error:
                if error.is_placed:
                    raise
                raise _MemberError(error.reason) from error

    def _stored(self) -> Iterator[bytes]:
        """The member's bytes as stored; those that follow too where its size is not known."""
        left = self._local.stored_bytes
        while left is None or left > 0:
            piece = self._reader.some(SLICE_BYTES if left is None else min(left, SLICE_BYTES))
            if not piece:
                raise Damaged(_CUT, self._reader.position)
            left = None if left is None else left - len(piece)
            yield piece


class _MemberError(Exception):
    """A member cannot be read on; others can."""


def _inflate(reader: Reader, stored: Iterator[bytes], *, is_bounded: bool) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-15)
    while not inflater.eof:
        data = inflater.unconsumed_tail or next(stored, None)
        if data is None:
            raise _MemberError("deflate data is damaged: it does not end")
        try:
            piece = inflater.decompress(data, PIECE_BYTES)
        except zlib.error as error:
            raise _MemberError(f"deflate data is damaged: {str(error).rpartition(': ')[2]}") from error
        if piece:
            yield piece
    if not is_bounded:
        reader.unread(inflater.unused_data)
    else:
        for _ in stored:
            pass


def _read_descriptor(reader: Reader, local: _Local) -> None:
    """The checksum and sizes that follow a member: with a mark or without, with short or with wide sizes."""
    seen = reader.peek(24)
    marked = 4 if seen.startswith(DESCRIPTOR) else 0
    for layout in ("<III", "<IQQ"):
        end = marked + struct.calcsize(layout)
        if len(seen) < end:
            break
        crc, _, size = struct.unpack(layout, seen[marked:end])
        if (crc, size) == (local.crc_found, local.size_found):
            reader.skip(end)
            local.crc, local.size_bytes = crc, size
            return
    if len(seen) < marked + 12:
        raise Damaged(_CUT, reader.position)
    local.size_bytes = -1  # which is no size, so it differs


def _pass_over(reader: Reader, local: _Local) -> None:
    """Reads over a member that is not read; one whose size is unknown ends where the next begins."""
    if local.stored_bytes is None:
        _to_next(reader)
    elif reader.skip(local.stored_bytes) != local.stored_bytes:
        raise Damaged(_CUT, reader.position)
    elif local.flags & 8:
        _to_next(reader)


def _to_next(reader: Reader) -> None:
    """Reads up to the next mark of a member or of the directory."""
    while held := reader.peek(SLICE_BYTES):
        places = [place for place in (held.find(mark) for mark in (LOCAL, CENTRAL, END)) if place >= 0]
        if places:
            reader.skip(min(places))
            return
        reader.skip(max(1, len(held) - 3))


def _check_directory(reader: Reader, mark: bytes, count: int) -> None:
    """Reads the directory up to the end of the archive."""
    named = 0
    while mark == CENTRAL:
        head = reader.read(_CENTRAL_BYTES)
        if len(head) < _CENTRAL_BYTES:
            raise Damaged(_CUT, reader.position)
        named += 1
        reader.skip(sum(struct.unpack_from("<HHH", head, 24)))
        mark = reader.read(4)
    if mark == END64:
        reader.skip(int.from_bytes(reader.read(8), "little"))
        mark = reader.read(4)
    if mark == LOCATOR64:
        reader.skip(16)
        mark = reader.read(4)
    tail = reader.read(_END_BYTES)
    if mark != END or len(tail) < _END_BYTES:
        raise Damaged("the directory of the zip archive is cut or damaged", reader.position)
    reader.skip(int.from_bytes(tail[16:18], "little"))
    if named != count:
        raise Damaged(
            f"the directory of the zip archive names {named:,} members, {count:,} were found", reader.position
        )
    if reader.some(1):
        raise Damaged("bytes follow the end of the zip archive", reader.position - 1)
