"""S3, GCS, Azure and memory through obstore, the binding of Apache `object_store`.

obstore has its own retries and connection pools; what is added here is our protocol, our errors, and exact lengths.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import obstore

from lakebed.errors import ChangedError, NotFoundError
from lakebed.storage.remote_errors import remote_errors
from lakebed.storage.store import ObjectInfo, check_key, check_length

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from obstore import GetOptions, ObjectMeta
    from obstore.store import ObjectStore
    from typing_extensions import Buffer

LIST_PAGE = 1000
"""Objects that stores return per listing request."""


class RemoteStore:
    """An obstore store behind our protocol. `url` is shown in errors and recorded as the objects' address."""

    def __init__(self, store: ObjectStore, url: str) -> None:
        self._store = store
        self._url = url.rstrip("/") if not url.endswith("://") else url

    @property
    def url(self) -> str:
        """The URL it was opened with."""
        return self._url

    @property
    def is_local(self) -> bool:
        """Requests go over a network; memory stores play along, as tests want them to."""
        return False

    def get(self, key: str) -> bytes:
        """See `Store.get`."""
        with self._errors("read", key):
            return bytes(obstore.get(self._store, check_key(key)).bytes())

    def get_range(self, key: str, offset: int, length: int) -> Buffer:
        """See `Store.get_range`."""
        return self.get_ranges(key, [(offset, length)])[0]

    def get_ranges(self, key: str, ranges: Sequence[tuple[int, int]]) -> Sequence[Buffer]:
        """See `Store.get_ranges`."""
        with self._errors("read", key):
            found = obstore.get_ranges(
                self._store,
                check_key(key),
                starts=[offset for offset, _ in ranges],
                lengths=[length for _, length in ranges],
                coalesce=0,
            )
        for (offset, length), data in zip(ranges, found, strict=True):
            check_length(key, offset, length, len(data))
        return found

    def head(self, key: str) -> ObjectInfo:
        """See `Store.head`."""
        with self._errors("look at", key):
            return _info(obstore.head(self._store, check_key(key)))

    def put(self, key: str, data: Buffer) -> None:
        """See `Store.put`."""
        with self._errors("write", key):
            obstore.put(self._store, check_key(key), memoryview(data))

    def create(self, key: str, data: Buffer) -> None:
        """See `Store.create`."""
        with self._errors("create", key):
            obstore.put(self._store, check_key(key), memoryview(data), mode="create")

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        """See `Store.list`."""
        folder = prefix.rpartition("/")[0]
        with self._errors("list", prefix):
            pages = obstore.list(self._store, folder or None, offset=after or None, chunk_size=LIST_PAGE)
            for page in pages:
                for meta in page:
                    key = meta["path"]
                    if key.startswith(prefix) and key > after:
                        yield _info(meta)

    def delete(self, key: str) -> None:
        """See `Store.delete`."""
        try:
            with self._errors("delete", key):
                obstore.delete(self._store, check_key(key))
        except NotFoundError:
            return

    def stream(self, info: ObjectInfo, chunk_bytes: int) -> Iterator[Buffer]:
        """See `Store.stream`."""
        options: GetOptions = {"if_match": info.etag} if info.etag else {}
        seen = 0
        with self._errors("read", info.key):
            for chunk in obstore.get(self._store, check_key(info.key), options=options).stream(chunk_bytes):
                seen += len(chunk)
                if chunk:
                    yield chunk
        if seen != info.size_bytes:
            raise ChangedError(f"'{info.key}' changed while it was read: wanted {info.size_bytes} bytes, found {seen}")

    def _errors(self, action: str, key: str) -> remote_errors:
        return remote_errors(action, key, self._url)


def _info(meta: ObjectMeta) -> ObjectInfo:
    moment = meta["last_modified"]
    seconds = int(moment.replace(microsecond=0).timestamp())
    modified_ns = seconds * 1_000_000_000 + moment.microsecond * 1000
    return ObjectInfo(meta["path"], meta["size"], modified_ns, meta["e_tag"])
