"""S3, GCS, Azure and memory through obstore, the binding of Apache `object_store`.

obstore has its own retries and connection pools; what is added here is our protocol, our errors, and exact lengths.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import obstore
from obstore import exceptions

from lakebed.errors import AlreadyExistsError, LakebedError, NotFoundError, StorageError, TransientStorageError
from lakebed.storage.store import ObjectInfo, check_key, check_length

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from obstore import GetOptions, ObjectMeta
    from obstore.store import ObjectStore
    from typing_extensions import Buffer

_PASSING = {408, 409, 425, 429}
"""Statuses of the 400 kind that say "later", not "wrong"."""

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
            raise StorageError(f"'{info.key}' changed while it was read: wanted {info.size_bytes} bytes, found {seen}")

    def _errors(self, action: str, key: str) -> _RemoteErrors:
        return _RemoteErrors(action, key, self._url)


class _RemoteErrors:
    """Turns obstore's errors into ours."""

    def __init__(self, action: str, key: str, url: str) -> None:
        self._action, self._key, self._url = action, key, url

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is None or isinstance(error, LakebedError) or not isinstance(error, Exception):
            return
        wanted = f"cannot {self._action} '{self._key}' in '{self._url}'"
        if isinstance(error, FileNotFoundError):
            raise NotFoundError(f"{wanted}: it is not there") from error
        if isinstance(error, exceptions.AlreadyExistsError):
            raise AlreadyExistsError(f"'{self._key}' is already in '{self._url}'") from error
        if isinstance(error, exceptions.PreconditionError):
            if self._action == "create":
                raise AlreadyExistsError(f"'{self._key}' is already in '{self._url}'") from error
            raise StorageError(f"{wanted}: it was replaced since it was listed") from error
        if isinstance(error, exceptions.PermissionDeniedError | exceptions.UnauthenticatedError):
            raise StorageError(f"{wanted}: permission denied; check the credentials and the bucket's policy") from error
        code = _status(error)
        if code in {401, 403}:
            raise StorageError(f"{wanted}: permission denied; check the credentials and the bucket's policy") from error
        if code is not None and 400 <= code < 500 and code not in _PASSING:
            raise StorageError(f"{wanted}: {_reason(error)}") from error
        if isinstance(error, exceptions.GenericError | OSError):
            raise TransientStorageError(f"{wanted}: {_reason(error)}") from error
        if isinstance(error, exceptions.BaseError | ValueError):
            raise StorageError(f"{wanted}: {_reason(error)}") from error


def _status(error: Exception) -> int | None:
    """The HTTP status in obstore's text; it has no other place for it."""
    found = re.search(r"status(?: code)?:? (\d{3})", str(error))
    return int(found[1]) if found else None


def _reason(error: Exception) -> str:
    """obstore's messages are a dump of nested errors, with whole replies; the useful part is short."""
    text = str(error)
    code = re.search(r"<Code>(\w+)</Code>", text)
    status = _status(error)
    if code or status:
        return f"the store answered {status or ''} {code[1] if code else ''}".replace("  ", " ").strip()
    if "onnect" in text or "dns error" in text:
        return "cannot connect to the store"
    if "imedOut" in text or "timed out" in text:
        return "the request took too long"
    return " ".join(text.split("\n\n", maxsplit=1)[0].split())[:200]


def _info(meta: ObjectMeta) -> ObjectInfo:
    moment = meta["last_modified"]
    seconds = int(moment.replace(microsecond=0).timestamp())
    modified_ns = seconds * 1_000_000_000 + moment.microsecond * 1000
    return ObjectInfo(meta["path"], meta["size"], modified_ns, meta["e_tag"])
