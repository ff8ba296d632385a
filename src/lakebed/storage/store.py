"""The protocol that every object store and wrapper has, and what it says of an object.

Why not obstore's own classes everywhere: a folder is fifteen times faster read with `pread` (docs/adr/0003), and tests
need to count, slow down and break requests. Keys are relative to the store's URL, separated by `/`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from lakebed.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from typing_extensions import Buffer


class ObjectInfo(msgspec.Struct, frozen=True, gc=False):
    """One object as a listing shows it. `etag` is None where the store has none (folders)."""

    key: str
    size_bytes: int
    modified_ns: int
    etag: str | None = None


class Store(Protocol):
    """Bytes under keys. Every method may be called from any thread and raises `StorageError` or a subclass.

    Coalescing is the caller's business: a store reads exactly what was asked for, or raises.
    """

    @property
    def url(self) -> str:
        """Where the store is; never holds a secret."""

    @property
    def is_local(self) -> bool:
        """Whether a read takes microseconds: then neither a cache nor many requests at once gain anything."""

    def get(self, key: str) -> bytes:
        """The whole object. Raises `NotFoundError`."""

    def get_range(self, key: str, offset: int, length: int) -> Buffer:
        """`length` bytes from `offset`; an object that ends before is a `StorageError`."""

    def get_ranges(self, key: str, ranges: Sequence[tuple[int, int]]) -> Sequence[Buffer]:
        """One round of parallel reads: a buffer for each (offset, length), in order."""

    def head(self, key: str) -> ObjectInfo:
        """What a listing would say of the key. Raises `NotFoundError`."""

    def put(self, key: str, data: Buffer) -> None:
        """Writes or replaces the object; it appears whole or not at all."""

    def create(self, key: str, data: Buffer) -> None:
        """Writes the object if there is none, atomically among all writers. Raises `AlreadyExistsError`."""

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        """Objects whose key starts with `prefix` and is greater than `after`.

        Those of one folder come in key order. Folders come in key order too, except that some S3 servers (SeaweedFS)
        sort `a/` before `a.txt`: rely on `after` within one folder only.
        """

    def delete(self, key: str) -> None:
        """Removes the object; one that is not there is no error."""

    def stream(self, info: ObjectInfo, chunk_bytes: int) -> Iterator[Buffer]:
        """The object's bytes in pieces. Raises `ChangedError` when it is no longer the one that `info` describes."""


def check_key(key: str) -> str:
    """Returns the key if it names one object inside the store; raises `StorageError` otherwise."""
    if not key or "\0" in key or any(part in {"", ".", ".."} for part in key.split("/")):
        raise StorageError(f"not an object key: {key!r}")
    return key


def check_length(key: str, offset: int, wanted: int, found: int) -> None:
    """Raises `StorageError` when a range read came back with another length."""
    if wanted != found:
        raise StorageError(f"short read of '{key}' at offset {offset}: wanted {wanted} bytes, found {found}")
