"""A folder as an object store.

Reads are `pread`: obstore takes 123 µs for five warm small ranges, this takes 7 (docs/adr/0003). Writes go to a hidden
file in the same folder, are synced, and then renamed (put) or linked (create): a link never replaces, so that of two
writers one wins. Given up: file systems without hard links cannot hold a lake.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from lakebed.errors import AlreadyExistsError, ChangedError, NotFoundError, StorageError
from lakebed.storage.store import ObjectInfo, check_key, check_length

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from typing_extensions import Buffer

HIDDEN_PREFIX = ".lakebed-"
"""Names of files that are being written. A killed writer leaves them behind; no listing shows them."""

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
_MISSING = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR}


class LocalStore:
    """Objects are files under `root`; a key is the path below it."""

    def __init__(self, root: Path) -> None:
        self._root = os.path.abspath(root)  # noqa: PTH100 - resolve() would follow the user's links
        self._base = self._root.rstrip("/") + "/"

    @property
    def url(self) -> str:
        """`file:///…`, percent-encoded as URLs are."""
        return Path(self._root).as_uri()

    @property
    def root(self) -> Path:
        """The folder."""
        return Path(self._root)

    @property
    def is_local(self) -> bool:
        """A file system is near; one on the network pays for it."""
        return True

    def get(self, key: str) -> bytes:
        """See `Store.get`."""
        with self._errors("read", key), open(self._path(key), "rb", buffering=0) as file:  # noqa: PTH123 - faster
            return file.readall()

    def get_range(self, key: str, offset: int, length: int) -> Buffer:
        """See `Store.get_range`."""
        return self.get_ranges(key, [(offset, length)])[0]

    def get_ranges(self, key: str, ranges: Sequence[tuple[int, int]]) -> Sequence[Buffer]:
        """See `Store.get_ranges`."""
        found: list[bytes] = []
        with self._errors("read", key):
            file = os.open(self._path(key), os.O_RDONLY | os.O_CLOEXEC)
            try:
                for offset, length in ranges:
                    found.append(_read_exactly(file, key, offset, length))
            finally:
                os.close(file)
        return found

    def head(self, key: str) -> ObjectInfo:
        """See `Store.head`."""
        with self._errors("look at", key):
            status = Path(self._path(key)).stat()
        if not stat.S_ISREG(status.st_mode):
            raise NotFoundError(f"no object '{key}' in {self.url}")
        return _info(key, status)

    def put(self, key: str, data: Buffer) -> None:
        """See `Store.put`."""
        with self._errors("write", key):
            target = self._path(key)
            hidden = self._write_hidden(target, data)
            try:
                os.replace(hidden, target)  # noqa: PTH105 - strings throughout
            except OSError:
                _remove_quietly(hidden)
                raise
            _sync_folder(os.path.dirname(target))  # noqa: PTH120 - strings throughout

    def create(self, key: str, data: Buffer) -> None:
        """See `Store.create`."""
        with self._errors("create", key):
            target = self._path(key)
            if os.path.lexists(target):
                raise AlreadyExistsError(f"'{key}' is already in {self.url}")
            hidden = self._write_hidden(target, data)
            try:
                os.link(hidden, target)
            finally:
                _remove_quietly(hidden)
            _sync_folder(os.path.dirname(target))  # noqa: PTH120 - strings throughout

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        """See `Store.list`."""
        folder = prefix.rpartition("/")[0]
        with self._errors("list", prefix):
            yield from self._walk(folder + "/" if folder else "", prefix, after)

    def delete(self, key: str) -> None:
        """See `Store.delete`."""
        with contextlib.suppress(NotFoundError), self._errors("delete", key):
            os.unlink(self._path(key))  # noqa: PTH108 - strings throughout

    def stream(self, info: ObjectInfo, chunk_bytes: int) -> Iterator[Buffer]:
        """See `Store.stream`. Of a file that has grown since, the part that `info` describes is read."""
        path = self._path(info.key)
        with self._errors("read", info.key), open(path, "rb", buffering=0) as file:  # noqa: PTH123 - strings
            left = info.size_bytes
            while left > 0:
                chunk = file.read(min(chunk_bytes, left))
                if not chunk:
                    at = info.size_bytes - left
                    raise ChangedError(f"'{info.key}' became shorter while it was read: it ends at byte {at}")
                left -= len(chunk)
                yield chunk

    def _walk(self, folder: str, prefix: str, after: str) -> Iterator[ObjectInfo]:
        """Depth first, so that keys come in order: a folder sorts as its name and a slash."""
        try:
            with os.scandir(self._base + folder) as entries:
                names = sorted((e.name + "/" if e.is_dir(follow_symlinks=False) else e.name, e) for e in entries)
        except FileNotFoundError:
            return
        for name, entry in names:
            key = folder + name
            if name.startswith(HIDDEN_PREFIX) or not (key.startswith(prefix) or prefix.startswith(key)):
                continue
            if name.endswith("/"):
                if not (after >= key and not after.startswith(key)):
                    yield from self._walk(key, prefix, after)
                continue
            if key <= after or not key.startswith(prefix):
                continue
            try:
                status = entry.stat()
            except FileNotFoundError:
                continue  # deleted since the folder was read
            if stat.S_ISREG(status.st_mode):
                yield _info(key, status)

    def _path(self, key: str) -> str:
        return self._base + check_key(key)

    def _write_hidden(self, target: str, data: Buffer) -> str:
        folder = os.path.dirname(target)  # noqa: PTH120 - strings throughout
        hidden = f"{folder}/{HIDDEN_PREFIX}{uuid.uuid4().hex}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            file = os.open(hidden, flags, 0o666)
        except FileNotFoundError:
            os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - strings throughout
            file = os.open(hidden, flags, 0o666)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(file, view) :]
            os.fsync(file)
        except OSError:
            _remove_quietly(hidden)
            raise
        finally:
            os.close(file)
        return hidden

    def _errors(self, action: str, key: str) -> _LocalErrors:
        return _LocalErrors(action, key, self._root)


class _LocalErrors:
    """Turns the system's errors into ours. A class, not a generator: it is entered for every read."""

    def __init__(self, action: str, key: str, root: str) -> None:
        self._action, self._key, self._root = action, key, root

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if not isinstance(error, OSError):
            return
        wanted = f"cannot {self._action} '{self._key}' in folder '{self._root}'"
        if isinstance(error, FileExistsError):
            raise AlreadyExistsError(f"'{self._key}' is already in folder '{self._root}'") from error
        if error.errno in _MISSING:
            raise NotFoundError(f"{wanted}: it is not there") from error
        if error.errno in _NO_SPACE:
            raise StorageError(f"{wanted}: the disk is full") from error
        if error.errno == errno.EROFS:
            raise StorageError(f"{wanted}: the folder is read-only") from error
        raise StorageError(f"{wanted}: {(error.strerror or 'system error').lower()}") from error


def _read_exactly(file: int, key: str, offset: int, length: int) -> bytes:
    data = os.pread(file, length, offset)
    while 0 < len(data) < length:  # Linux reads at most 2 GiB at once
        more = os.pread(file, length - len(data), offset + len(data))
        if not more:
            break
        data += more
    check_length(key, offset, length, len(data))
    return data


def _info(key: str, status: os.stat_result) -> ObjectInfo:
    return ObjectInfo(key, status.st_size, status.st_mtime_ns)


def _remove_quietly(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)  # noqa: PTH108 - strings throughout


def _sync_folder(path: str) -> None:
    """Makes the new name itself survive a power cut; without it only the content would."""
    folder = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some network file systems cannot sync a folder
            raise
    finally:
        os.close(folder)
