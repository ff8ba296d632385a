"""EVTX, the file format of Windows' event log: chunks of 64 KiB, each readable on its own.

So a file is read as a stream, chunk by chunk, each given to the library as a file of its own: memory is that of a
chunk, a damaged chunk costs no other, and a damage is told with its place. What the header of the file says is not
asked: a file that was copied while it was written says wrong things there. In a chunk that is damaged, records whose
marks are whole are found again by these marks.
"""

from __future__ import annotations

import io
import itertools
import struct
import zlib
from typing import TYPE_CHECKING, Any

import msgspec

from lakebed.ingest.opening.reader import Damaged, Reader
from lakebed.ingest.opening.rows import Text, batches
from lakebed.ingest.opening.windows_event import flat_event, source_type_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from typing_extensions import Buffer

    from lakebed.ingest.opening.rows import Told

FILE_HEADER_BYTES = 4096
CHUNK_BYTES = 65536
CHUNK_MARK, RECORD_MARK = b"ElfChnk\0", b"**\0\0"
RECORDS_AT = 512
_FREE_SPACE_AT = 48
_TABLES = slice(128, 512)
_RECORD_BYTES_MIN = 28

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.decode


def texts(chunks: Iterable[Buffer], told: Told) -> Iterator[Text]:
    """Events in the order of the file; those that follow each other and are of one channel are a text."""
    for channel, lines in itertools.groupby(_events(Reader(chunks), told), key=lambda found: found[0]):
        yield Text(batches(line for _, line in lines), source_type_of(channel), ("TimeCreated",))


def _events(reader: Reader, told: Told) -> Iterator[tuple[Any, bytes]]:  # Any: what stands there
    """Channel and line of each event."""
    if len(reader.read(FILE_HEADER_BYTES)) < FILE_HEADER_BYTES:
        raise Damaged("ends in the middle of an EVTX header", reader.position)
    while chunk := reader.read(CHUNK_BYTES):
        start = reader.position - len(chunk)
        if chunk.startswith(CHUNK_MARK):
            for event in _records(chunk if len(chunk) == CHUNK_BYTES else _without_rest(chunk), start, told):
                yield event.get("Channel"), _encode(event)
        elif chunk.strip(b"\0"):
            told.damaged("an EVTX chunk is damaged: it does not begin as one", start)
        if len(chunk) < CHUNK_BYTES and chunk.strip(b"\0"):
            raise Damaged("ends in the middle of an EVTX chunk", reader.position)


def _records(chunk: bytes, start: int, told: Told) -> Iterator[dict[str, Any]]:  # Any: values of JSON
    """The events of a chunk. What the library gives for a damaged one may be no JSON: that is kept as `message`."""
    found, errors = _parse(chunk)
    if errors:
        repaired, failures = _parse(_repaired(chunk))
        if len(repaired) >= len(found):
            found, errors = repaired, failures or errors[:1]
    for error in errors:
        told.damaged(f"an EVTX chunk is damaged: {error}", start)
    for text in found:
        try:
            yield flat_event(_decode(text).get("Event"))
        except (msgspec.DecodeError, AttributeError, RecursionError):
            told.damaged("an EVTX chunk is damaged: a record is no event", start)
            yield {"message": text}


def _parse(chunk: bytes) -> tuple[list[str], list[str]]:
    """Records, and what was wrong with the others."""
    from evtx import PyEvtxParser

    found: list[str] = []
    errors: list[str] = []
    try:
        records = PyEvtxParser(io.BytesIO(_HEADER + chunk), number_of_threads=1).records_json()
    except (RuntimeError, OSError, ValueError) as error:
        return found, [_words(error)]
    # Each record takes bytes of the chunk, so there are no more of them, errors included.
    for _ in range(CHUNK_BYTES // _RECORD_BYTES_MIN):
        try:
            record = next(records, None)
        except (RuntimeError, OSError, ValueError) as error:
            errors.append(_words(error))
            continue
        if record is None:
            break
        found.append(record["data"])
    return found, errors


def _repaired(chunk: bytes) -> bytes:
    """The chunk with its tables of names and templates emptied, which only save time, and every gap between whole
    records made a record, so that the library reads over it.
    """
    data = bytearray(chunk)
    data[_TABLES] = bytes(_TABLES.stop - _TABLES.start)
    at = end = RECORDS_AT
    while at + _RECORD_BYTES_MIN <= CHUNK_BYTES:
        size = _record_size(data, at)
        if size:
            at = end = at + size
            continue
        following = data.find(RECORD_MARK, at + 8)
        while following >= 0 and not _record_size(data, following):
            following = data.find(RECORD_MARK, following + 8)
        if following < 0:
            break
        if following - at >= _RECORD_BYTES_MIN:
            struct.pack_into("<4sI", data, at, RECORD_MARK, following - at)
            struct.pack_into("<I", data, following - 4, following - at)
        at = following
    struct.pack_into("<I", data, _FREE_SPACE_AT, end)
    return bytes(data)


def _without_rest(chunk: bytes) -> bytes:
    """A chunk that was cut, up to its last whole record."""
    data = bytearray(chunk.ljust(CHUNK_BYTES, b"\0"))
    end = RECORDS_AT
    while size := _record_size(data, end):
        end += size
    data[end:] = bytes(CHUNK_BYTES - end)
    struct.pack_into("<I", data, _FREE_SPACE_AT, end)
    return bytes(data)


def _record_size(data: bytearray, at: int) -> int:
    """The size of the record that stands there, which it says at its begin and at its end; 0 where none does."""
    if data[at : at + 4] != RECORD_MARK:
        return 0
    size = int.from_bytes(data[at + 4 : at + 8], "little")
    is_whole = _RECORD_BYTES_MIN <= size <= CHUNK_BYTES - at
    return size if is_whole and int.from_bytes(data[at + size - 4 : at + size], "little") == size else 0


def _words(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return (text[:1].lower() + text[1:]).rstrip(".")[:200]


def _header() -> bytes:
    """The header of a file with one chunk."""
    head = bytearray(FILE_HEADER_BYTES)
    struct.pack_into("<8sQQQIHHHH", head, 0, b"ElfFile\0", 0, 0, 1, 128, 1, 3, FILE_HEADER_BYTES, 1)
    struct.pack_into("<I", head, 124, zlib.crc32(bytes(head[:120])))
    return bytes(head)


_HEADER = _header()
