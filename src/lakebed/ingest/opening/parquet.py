"""Parquet, read by pyarrow, some thousand rows at a time.

Its directory stands at its end, so the object is held in memory, or beyond `OPENING_MEMORY_BYTES` in a temporary file.
Columns keep their names and their nesting: lists are arrays, structs and maps objects. Times are RFC 3339 with all the
digits that the file has, decimals numbers with all of theirs, bytes text or base64. VPC flow logs have the names that
they have as text. The source type is that of the same events as JSON (OCSF of Security Lake is `ocsf`), else `parquet`.
"""

from __future__ import annotations

import datetime
import tempfile
from typing import IO, TYPE_CHECKING, Any

from lakebed import config
from lakebed.errors import IngestError
from lakebed.ingest.opening.reader import Damaged
from lakebed.ingest.opening.rows import Text, batches, encoder, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow
    from typing_extensions import Buffer

    from lakebed.ingest.opening.rows import Told

ROWS_AT_ONCE = 2048
"""Rows that are Python values at the same time."""

_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_DIGITS = {"s": 0, "ms": 3, "us": 6, "ns": 9}
_EPOCH = datetime.datetime(1970, 1, 1)  # noqa: DTZ001 - in UTC, as all of these
_FLOW_NAMES = frozenset({"srcaddr", "dstaddr", "start", "end", "action"})


def texts(chunks: Iterable[Buffer], told: Told) -> Iterator[Text]:
    """All rows as one text."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise IngestError("to read Parquet, pyarrow is needed: pip install 'lakebed[arrow]'") from error

    with tempfile.SpooledTemporaryFile(config.OPENING_MEMORY_BYTES) as file:
        size = _copy(chunks, file)
        try:
            table = pq.ParquetFile(file, memory_map=False, pre_buffer=False, buffer_size=1 << 20)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise Damaged(f"parquet is damaged: {_words(error)}", size) from error
        names = [name.replace("-", "_") for name in table.schema_arrow.names]
        is_flow = names if _FLOW_NAMES.issubset(names) else None
        lines = batches(_lines(table, is_flow or table.schema_arrow.names, size, told))
        yield Text(lines, "aws:vpcflow", ("start", "end")) if is_flow else Text(lines, opened_as="parquet")


def _copy(chunks: Iterable[Buffer], file: IO[bytes]) -> int:
    size = 0
    for chunk in chunks:
        size += len(memoryview(chunk))
        if size > config.OPENING_FILE_BYTES_MAX:
            raise Damaged(f"parquet of more than the limit of {config.OPENING_FILE_BYTES_MAX} bytes", size)
        file.write(chunk)
    file.seek(0)
    return size


def _lines(table: Any, names: list[str], size: int, told: Told) -> Iterator[bytes]:  # Any: a file
    """Rows as JSON. A row group that is damaged costs no other."""
    import pyarrow as pa

    for group in range(table.num_row_groups):
        try:
            for batch in table.iter_batches(ROWS_AT_ONCE, row_groups=[group]):
                columns = [values_of(column) for column in batch.columns]
                for row in zip(*columns, strict=True):
                    yield encoder.encode(dict(zip(names, row, strict=True)))
        except (pa.ArrowException, OSError, ValueError) as error:
            told.damaged(
                f"row group {group} of the parquet is damaged: {_words(error)}", _group_start(table, group, size)
            )


def _group_start(table: Any, group: int, size: int) -> int:  # Any: a file of pyarrow, which has no types
    try:
        column = table.metadata.row_group(group).column(0)
        return min(int(column.dictionary_page_offset or column.data_page_offset), size)
    except (OSError, ValueError, RuntimeError):
        return size


def values_of(array: pyarrow.Array) -> list[Any]:  # Any: values of JSON
    """A column as values that JSON has a form for."""
    import pyarrow.types as of

    kind = array.type
    if of.is_dictionary(kind):
        return values_of(array.dictionary_decode())
    if of.is_timestamp(kind):
        return [None if at is None else _rfc3339(at, kind.unit) for at in array.cast("int64").to_pylist()]
    if of.is_date64(kind) or of.is_date32(kind):
        return [None if day is None else _date(day) for day in array.cast("date32").cast("int32").to_pylist()]
    if of.is_time(kind):
        is_short = of.is_time32(kind)
        return [
            None if at is None else _clock(at, kind.unit)
            for at in array.cast("int32" if is_short else "int64").to_pylist()
        ]
    if of.is_duration(kind):
        return array.cast("int64").to_pylist()  # type: ignore[no-any-return] # pyarrow has no types
    if of.is_struct(kind):
        fields = [kind.field(place).name for place in range(kind.num_fields)]
        columns = [values_of(column) for column in array.flatten()]
        rows = zip(*columns, strict=True) if columns else ((),) * len(array)
        return [
            dict(zip(fields, row, strict=True)) if is_there else None
            for row, is_there in zip(rows, array.is_valid().to_pylist(), strict=True)
        ]
    if of.is_map(kind) or of.is_list(kind) or of.is_large_list(kind) or of.is_fixed_size_list(kind):
        return _lists(array, kind)
    if of.is_binary(kind) or of.is_large_binary(kind) or of.is_fixed_size_binary(kind):
        return [None if value is None else plain(value) for value in array.to_pylist()]
    return array.to_pylist()  # type: ignore[no-any-return] # as above


def _lists(array: Any, kind: Any) -> list[Any]:  # Any: arrays of pyarrow, values of JSON
    """Lists and maps; a map is an object where its keys are text, else an array of pairs."""
    import pyarrow.types as of

    if of.is_fixed_size_list(kind):
        offsets = [place * kind.list_size for place in range(array.offset, array.offset + len(array) + 1)]
    else:
        offsets = array.offsets.to_pylist()
    first, length = offsets[0], offsets[-1] - offsets[0]
    if of.is_map(kind):
        keys, items = (values_of(child.slice(first, length)) for child in (array.keys, array.items))
        inner: list[Any] = list(zip(keys, items, strict=True))
    else:
        inner = values_of(array.values.slice(first, length))
    found: list[Any] = []
    for place, is_there in enumerate(array.is_valid().to_pylist()):
        row = inner[offsets[place] - first : offsets[place + 1] - first]
        if not is_there:
            found.append(None)
        elif of.is_map(kind):
            is_text = all(isinstance(key, str) for key, _ in row)
            found.append(dict(row) if is_text else [{"key": key, "value": value} for key, value in row])
        else:
            found.append(row)
    return found


def _rfc3339(at: int, unit: str) -> str:
    """Times outside of the years 1 to 9999 stay numbers, as text.

    >>> _rfc3339(1_700_000_000_123_456_789, "ns"), _rfc3339(-1, "ms")
    ('2023-11-14T22:13:20.123456789Z', '1969-12-31T23:59:59.999Z')
    """
    seconds, fraction = divmod(at, _PER_SECOND[unit])
    try:
        whole = _EPOCH + datetime.timedelta(seconds=seconds)
    except OverflowError:
        return str(at)
    digits = f".{fraction:0{_DIGITS[unit]}d}" if fraction else ""
    return f"{whole.isoformat()}{digits}Z"


def _date(day: int) -> str:
    try:
        return (_EPOCH + datetime.timedelta(days=day)).date().isoformat()
    except OverflowError:
        return str(day)


def _clock(at: int, unit: str) -> str:
    seconds, fraction = divmod(at, _PER_SECOND[unit])
    digits = f".{fraction:0{_DIGITS[unit]}d}" if fraction else ""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{digits}"


def _words(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return (text[:1].lower() + text[1:]).rstrip(".")[:200]
