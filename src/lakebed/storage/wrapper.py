"""A store that passes everything on: the base of the wrappers, each of which changes one thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from typing_extensions import Buffer

    from lakebed.storage.store import ObjectInfo, Store


class StoreWrapper:
    """Passes every call to `inner`."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner

    @property
    def url(self) -> str:
        """The wrapped store's URL."""
        return self.inner.url

    @property
    def is_local(self) -> bool:
        """As the wrapped store."""
        return self.inner.is_local

    def get(self, key: str) -> bytes:
        """See `Store.get`."""
        return self.inner.get(key)

    def get_range(self, key: str, offset: int, length: int) -> Buffer:
        """See `Store.get_range`; goes through `get_ranges`, so that wrappers have one place to change."""
        return self.get_ranges(key, [(offset, length)])[0]

    def get_ranges(self, key: str, ranges: Sequence[tuple[int, int]]) -> Sequence[Buffer]:
        """See `Store.get_ranges`."""
        return self.inner.get_ranges(key, ranges)

    def head(self, key: str) -> ObjectInfo:
        """See `Store.head`."""
        return self.inner.head(key)

    def put(self, key: str, data: Buffer) -> None:
        """See `Store.put`."""
        self.inner.put(key, data)

    def create(self, key: str, data: Buffer) -> None:
        """See `Store.create`."""
        self.inner.create(key, data)

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        """See `Store.list`."""
        return self.inner.list(prefix, after)

    def delete(self, key: str) -> None:
        """See `Store.delete`."""
        self.inner.delete(key)

    def stream(self, info: ObjectInfo, chunk_bytes: int) -> Iterator[Buffer]:
        """See `Store.stream`."""
        return self.inner.stream(info, chunk_bytes)
