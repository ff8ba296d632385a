"""Avro container files: a header with the schema, then blocks of records, each closed by the file's own mark.

The blocks are read here, so that memory is bounded, a damage has its place, and what follows a damaged block is found
again by the mark; the records in a block are fastavro's. Times are RFC 3339, decimals numbers with all their digits,
bytes text or base64, durations of Avro's `fixed` too. The source type is that of the same events as JSON, else `avro`.
Messages that an Azure Event Hub has captured are opened: the elements of `records` in a `Body` are the events, with
`SequenceNumber`, `EnqueuedTimeUtc` and so on beside their own members.
"""

from __future__ import annotations

import datetime
import io
import zlib
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from lakebed import config
from lakebed.ingest.opening.event_hub import events_of, is_capture
from lakebed.ingest.opening.reader import Damaged, Reader
from lakebed.ingest.opening.rows import Text, batches, encoder, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from typing_extensions import Buffer

    from lakebed.ingest.opening.rows import Told

MAGIC_BYTES, SYNC_BYTES = 4, 16
HEADER_BYTES_MAX = 1 << 20
"""Schemas are some kB."""
_CUT = "ends in the middle of an Avro file"
_VARINT_BYTES_MAX = 10
_PLAIN = (str, int, float, bool, type(None), Decimal)


def texts(chunks: Iterable[Buffer], told: Told) -> Iterator[Text]:
    """All records as one text."""
    reader = Reader(chunks)
    yield Text(batches(_lines(reader, told)), opened_as="avro")


def _lines(reader: Reader, told: Told) -> Iterator[bytes]:
    import fastavro

    metadata, sync = _header(reader)
    try:
        schema = fastavro.parse_schema(msgspec.json.decode(metadata.get("avro.schema", b"")))
    except Exception as error:  # a hostile schema raises whatever it looks like
        raise Damaged(f"the schema of the Avro file is damaged: {_words(error)}", reader.position) from error
    of_hub = is_capture(schema)
    codec = metadata.get("avro.codec", b"null").decode("utf-8", "replace")
    if codec not in {"null", "deflate", "bzip2", "xz", "snappy", "zstandard"}:
        raise Damaged(f"blocks of the Avro file are compressed by '{codec[:40]}', which is not known", reader.position)
    while reader.peek(1):
        start = reader.position
        try:
            count, stored = _block(reader, sync)
        except _BlockError as error:
            told.damaged(f"a block of the Avro file is damaged: {error}", start)
            _to_mark(reader, sync)
            continue
        try:
            block = io.BytesIO(_decoded(codec, stored))
            for _ in range(count):
                record = _jsonable(fastavro.schemaless_reader(block, schema, None))
                yield from map(encoder.encode, events_of(record) if of_hub else (record,))
        except Exception as error:  # noqa: BLE001 - damaged records raise whatever they look like
            told.damaged(f"a block of the Avro file is damaged: {_words(error)}", start)


def _block(reader: Reader, sync: bytes) -> tuple[int, bytes]:
    """How many records the next block has, and its bytes as stored."""
    start = reader.position
    count, size = _long(reader), _long(reader)
    # A record of no bytes is possible, a block of billions of them is none of a log.
    if not 0 <= count <= config.OPENING_RECORD_BYTES_MAX or not 0 <= size <= config.OPENING_RECORD_BYTES_MAX:
        raise _BlockError("no block has such a size")
    stored, mark = reader.read(size), reader.read(SYNC_BYTES)
    if len(stored) + len(mark) < size + SYNC_BYTES:
        raise Damaged(_CUT, start)
    if mark != sync:
        reader.unread(stored + mark)  # the size may be wrong
        raise _BlockError("it does not end with the file's mark")
    return count, stored


class _BlockError(Exception):
    """A block is damaged; the next may be whole."""


def _header(reader: Reader) -> tuple[dict[str, bytes], bytes]:
    reader.skip(MAGIC_BYTES)
    metadata: dict[str, bytes] = {}
    try:
        while count := _long(reader):
            if count < 0:
                _long(reader)  # the bytes of these entries
            for _ in range(min(abs(count), HEADER_BYTES_MAX)):
                key, value = _bytes(reader), _bytes(reader)
                metadata[key.decode("utf-8", "replace")] = value
    except _BlockError as error:
        raise Damaged(f"the header of the Avro file is damaged: {error}", reader.position) from error
    sync = reader.read(SYNC_BYTES)
    if len(sync) < SYNC_BYTES:
        raise Damaged(_CUT, reader.position)
    return metadata, sync


def _long(reader: Reader) -> int:
    value = shift = 0
    for _ in range(_VARINT_BYTES_MAX):
        byte = reader.read(1)
        if not byte:
            raise Damaged(_CUT, reader.position)
        value |= (byte[0] & 0x7F) << shift
        shift += 7
        if byte[0] < 0x80:
            return (value >> 1) ^ -(value & 1)
    raise _BlockError("a number that does not end")


def _bytes(reader: Reader) -> bytes:
    size = _long(reader)
    if not 0 <= size <= HEADER_BYTES_MAX:
        raise _BlockError("a value of no possible size")
    data = reader.read(size)
    if len(data) < size or reader.position > HEADER_BYTES_MAX:
        raise Damaged(_CUT, reader.position)
    return data


def _decoded(codec: str, stored: bytes) -> bytes:
    """A block, which is held in memory: it has a limit."""
    if codec == "null":
        return stored
    if codec == "deflate":
        inflater = zlib.decompressobj(-15)
        decoded = inflater.decompress(stored, config.OPENING_RECORD_BYTES_MAX)
        if inflater.unconsumed_tail:
            raise _BlockError(f"it unfolds to more than {config.OPENING_RECORD_BYTES_MAX} bytes")
        return decoded
    if codec == "snappy":
        import cramjam

        if cramjam.snappy.decompress_raw_len(stored[:-4]) > config.OPENING_RECORD_BYTES_MAX:
            raise _BlockError(f"it unfolds to more than {config.OPENING_RECORD_BYTES_MAX} bytes")
        decoded = bytes(cramjam.snappy.decompress_raw(stored[:-4]))
        if zlib.crc32(decoded).to_bytes(4, "big") != stored[-4:]:
            raise _BlockError("its checksum differs")
        return decoded
    from lakebed.ingest.opening.compressions import decode

    pieces, size = [], 0
    for piece in decode({"zstandard": "zstd"}.get(codec, codec), [stored]):
        pieces.append(piece)
        size += len(piece)
        if size > config.OPENING_RECORD_BYTES_MAX:
            raise _BlockError(f"it unfolds to more than {config.OPENING_RECORD_BYTES_MAX} bytes")
    return b"".join(pieces)


def _to_mark(reader: Reader, sync: bytes) -> None:
    """Reads up to the next mark of the file and over it."""
    while held := reader.peek(1 << 16):
        place = held.find(sync)
        if place >= 0:
            reader.skip(place + SYNC_BYTES)
            return
        reader.skip(max(1, len(held) - SYNC_BYTES + 1))


def _jsonable(value: Any) -> Any:  # Any: values of Avro in, of JSON out
    if isinstance(value, dict):
        return {str(key): _jsonable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_jsonable(one) for one in value]
    if isinstance(value, datetime.datetime):
        return value.isoformat().replace("+00:00", "Z") if value.tzinfo else f"{value.isoformat()}Z"
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return value if isinstance(value, _PLAIN) else plain(value)


def _words(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return (text[:1].lower() + text[1:]).rstrip(".")[:200] or type(error).__name__
