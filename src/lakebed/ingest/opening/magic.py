"""What the first bytes of a text say it is. The extension of its name is never asked: it may be wrong.

Cheap, and quickly imported: every object passes here.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from typing_extensions import Buffer

MAGICS: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b\x08", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\xff\x06\x00\x00sNaPpY", "snappy"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"ElfFile\x00", "evtx"),
    (b"PAR1", "parquet"),
    (b"Obj\x01", "avro"),
)
"""First bytes and what follows from them. Those of bzip2, tar, windows-xml and hadoop-snappy are not fixed."""

ENGINE_KINDS = frozenset({"gzip", "zstd"})
"""Compressions that the engine reads itself."""

TAR_BYTES = 265
"""So many bytes tell whether it is a tar archive."""

XML_LOOKED_AT = 400
"""An XML declaration and a comment may stand before the first event."""

HEAD_MOST = 256 * 1024
"""So much of a packed piece is looked into: a block of zstd may be 128 KiB long."""

_BZIP2 = b"BZh"
_BZIP2_BLOCK = (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")
_BZIP2_BYTES = 10
_TAR_AT = 257
_XML_STARTS = (b"<Event", b"<?xml", b"\xef\xbb\xbf<", b"\xff\xfe<\x00", b"\xfe\xff\x00<")
_WIDE_MARKS = (
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_WIDE_BYTES, _WIDE_BYTES_MIN = 64, 4
"""Bytes that are looked at where there is no mark; the same as in the engine."""
_PRINTABLE = frozenset((*range(0x20, 0x7F), *b"\t\n\r"))
_HADOOP_BYTES = 12
_HADOOP_BLOCK_MAX = 16 * 1024 * 1024


def is_read_by_engine(chunks: Iterable[Buffer], *, is_live: bool = False) -> tuple[bool, Iterator[Buffer]]:
    """Whether the engine reads all of an object itself, and the object's chunks again.

    >>> found, chunks = is_read_by_engine([b"a line"])
    >>> found, list(chunks)
    (True, [b'a line'])
    """
    rest = iter(chunks)
    first = next(rest, None)
    if first is None:
        return True, rest
    head = bytes(memoryview(first)[:XML_LOOKED_AT])
    if wants_more(head, is_live=is_live):
        second = next(rest, None)
        if second is not None:
            return False, itertools.chain((first, second), rest)  # whoever opens it finds out
    kind = kind_of(head)
    is_read = kind is None or (kind in ENGINE_KINDS and not must_be_opened(kind, bytes(memoryview(first)[:HEAD_MOST])))
    return is_read, itertools.chain((first,), rest)


def must_be_opened(kind: str, head: bytes) -> bool:
    """Whether something is in a gzip or zstd stream, which begins so, that the engine does not read."""
    if kind == "gzip":
        import zlib

        try:
            inner = zlib.decompressobj(31).decompress(head, XML_LOOKED_AT)
        except zlib.error:
            return False
    else:
        from lakebed.ingest.opening.compressions import first_decoded

        inner = first_decoded(head, XML_LOOKED_AT)
    return kind_of(inner) is not None


def kind_of(head: bytes) -> str | None:
    """The kind of the text that begins so; None: what the engine knows, or nothing that is known.

    >>> kind_of(b"PK\\x03\\x04..."), kind_of(b"GET / HTTP/1.1")
    ('zip', None)
    """
    for magic, kind in MAGICS:
        if head.startswith(magic):
            return kind
    if head.startswith(_BZIP2) and head[3:4] in b"123456789" and head[4:_BZIP2_BYTES] in _BZIP2_BLOCK:
        return "bzip2"
    if head[_TAR_AT : _TAR_AT + 5] == b"ustar" and _is_octal(head[148:156]):
        return "tar"
    if head.startswith(_XML_STARTS) and _is_windows_xml(head[:XML_LOOKED_AT]):
        return "windows-xml"
    if _is_hadoop_snappy(head):
        return "hadoop-snappy"
    return None


def wants_more(head: bytes, *, is_live: bool = False) -> bool:
    """Whether more bytes may change what `kind_of` says. `is_live`: they may be long in coming.

    >>> wants_more(b"PK"), wants_more(b"GET /", is_live=True), wants_more(b"GET /")
    (True, False, True)
    """
    if len(head) < _BZIP2_BYTES:
        starts = [magic for magic, _ in MAGICS] + [_BZIP2, *_XML_STARTS]
        if any(start.startswith(head) or (start == _BZIP2 and head.startswith(start)) for start in starts):
            return True
    if head.startswith(_XML_STARTS):
        return len(head) < XML_LOOKED_AT and kind_of(head) is None
    if is_live:
        return False
    return len(head) < TAR_BYTES and kind_of(head) is None


def is_text(head: bytes) -> bool:
    """Whether it may be a log: text has no zero character, as `lakebed grep` has it.

    >>> is_text(b"a line"), is_text("a line".encode("utf-16")), is_text(b"\\x7fELF\\0\\0")
    (True, True, False)
    """
    if b"\0" not in head:
        return True
    encoding = _wide_encoding(head)
    return encoding is not None and "\0" not in head.decode(encoding, "replace")


def _wide_encoding(head: bytes) -> str | None:
    """The encoding that the engine finds, if a character takes several bytes in it: by its mark, or UTF-16 by ASCII."""
    for mark, encoding in _WIDE_MARKS:
        if head.startswith(mark):
            return encoding
    known = head[: min(len(head), _WIDE_BYTES) & ~1]
    if len(known) < _WIDE_BYTES_MIN:
        return None
    for encoding, text, zeros in (("utf-16-le", known[::2], known[1::2]), ("utf-16-be", known[1::2], known[::2])):
        if not zeros.strip(b"\0") and all(byte in _PRINTABLE for byte in text):
            return encoding
    return None


def _is_octal(field: bytes) -> bool:
    """The checksum of a tar header: digits, then spaces and zero bytes."""
    digits = field.strip(b" \0")
    return bool(digits) and all(byte in b"01234567" for byte in digits)


def _is_windows_xml(head: bytes) -> bool:
    plain = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe")
    if plain.startswith(b"<?xml"):
        plain = plain.partition(b"?>")[2]
    plain = plain.lstrip()
    if plain.startswith(b"<Events"):
        plain = plain.partition(b">")[2].lstrip()
    return plain.startswith((b"<Event ", b"<Event>")) and (b"/events/event" in plain or b"<System>" in plain)


def _is_hadoop_snappy(head: bytes) -> bool:
    """Hadoop writes blocks: the size of the block, then parts, each with its stored size and its own size inside."""
    if len(head) < _HADOOP_BYTES or head[0] != 0:
        return False
    block, stored = int.from_bytes(head[:4], "big"), int.from_bytes(head[4:8], "big")
    inside = shift = 0
    for byte in head[8:_HADOOP_BYTES]:
        inside |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    else:
        return False
    return 0 < inside <= block <= _HADOOP_BLOCK_MAX and 0 < stored <= inside + inside // 6 + 32
