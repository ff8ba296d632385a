"""Raw objects: what was received from clients or fetched from services, in the lake, before it is indexed.

`raw/<source>/<YYYY>/<MM>/<DD>/<HH>/<time>-<16 hex>.ndjson.gz` (`.log.gz` for syslog and text), by the time of arrival
in UTC: people find them with a listing, other tools read them, and a lake can be made again from them. They are indexed
as any source is. One gzip member each, without a time or a name in it, so that equal lines give equal bytes.
"""

from __future__ import annotations

import gzip
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from lakebed.catalog.entries import check_index_name
from lakebed.state.records import WorkObject
from lakebed.storage.open import path_of_file_url, url_scheme

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

    from lakebed.storage.store import Store

RAW_FOLDER = "raw/"
"""In the lake, beside `catalog/` and `segments/`."""

JSON_LINES = ".ndjson.gz"
TEXT_LINES = ".log.gz"

ROAD = "raw"
"""How such an object was found, in the state."""

GZIP_LEVEL = 3
"""Twice as fast as the usual level, and a tenth larger. It is read once by the indexer, then kept for people."""


def raw_key(source: str, *, now: float, token: int, suffix: str = JSON_LINES) -> str:
    """The key of a raw object that arrived at `now` (seconds since 1970). `token` has 64 bits; the same moment and
    token name the same object. Raises `UsageError` for a source whose name cannot be a folder.

    >>> raw_key("app", now=1_767_323_045.25, token=0xABC)
    'raw/app/2026/01/02/03/20260102T030405.250-0000000000000abc.ndjson.gz'
    """
    milliseconds = int(now * 1000)
    moment = time.gmtime(milliseconds // 1000)
    folder = time.strftime("%Y/%m/%d/%H", moment)
    name = f"{time.strftime('%Y%m%dT%H%M%S', moment)}.{milliseconds % 1000:03d}-{token & (1 << 64) - 1:016x}"
    return f"{raw_folder(source)}{folder}/{name}{suffix}"


def raw_folder(source: str) -> str:
    """Where the raw objects of a source are, in the lake."""
    return f"{RAW_FOLDER}{check_index_name(source)}/"


def pack_lines(lines: Iterable[Buffer]) -> bytes:
    """A raw object of these lines, none of which has an end yet."""
    return gzip.compress(b"".join(piece for line in lines for piece in (line, b"\n")), GZIP_LEVEL, mtime=0)


def put_raw(store: Store, source: str, packed: bytes, *, now: float, token: int, suffix: str = JSON_LINES) -> str:
    """Writes what `pack_lines` made and returns the key. When it returns, the object is durable.

    A repeated put is harmless: the key names its content. Raises `StorageError`.
    """
    key = raw_key(source, now=now, token=token, suffix=suffix)
    store.put(key, packed)
    return key


def found_raw(store: Store, source: str, key: str, *, now: float) -> WorkObject:
    """What the state is told of a raw object. Asks the store for its version: a listing must see the same one."""
    info = store.head(key)
    return WorkObject(source, raw_url(store, key), info.size_bytes, info.modified_ns, info.etag, ROAD, now)


def write_raw(
    store: Store, source: str, lines: Iterable[Buffer], *, now: float, token: int, suffix: str = JSON_LINES
) -> WorkObject:
    """Writes lines as one raw object, durable when this returns. Raises `StorageError`, also when only its version
    could not be read: do it again with the same moment and token.
    """
    key = put_raw(store, source, pack_lines(lines), now=now, token=token, suffix=suffix)
    return found_raw(store, source, key, now=now)


def is_raw(source: str, lake_url: str) -> bool:
    """Whether a source that somebody names is within the raw objects of a lake, which are the only part of it that may
    be indexed into it.

    >>> is_raw("s3://logs/lake/raw/app/", "s3://logs/lake"), is_raw("s3://logs/", "s3://logs/lake")
    (True, False)
    """
    scheme = url_scheme(source)
    path = path_of_file_url(source) if scheme == "file" else Path(source).expanduser()
    url = source if scheme not in {None, "file"} else path.absolute().as_uri() + "/"
    return url.startswith(f"{lake_url.rstrip('/')}/{RAW_FOLDER}")


def raw_url(store: Store, key: str) -> str:
    """The address of a raw object, as discovery spells it."""
    base = store.url.rstrip("/")
    return f"{base}/{quote(key) if base.startswith('file:') else key}"
