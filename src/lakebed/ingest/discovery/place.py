"""Where the objects of a source are: a store, a prefix, perhaps a pattern; and how their addresses are written.

All roads to an object (a listing, a notification, the table of work) must give it the same address, since that is how
it is known in the lake.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes

from lakebed.errors import IngestError
from lakebed.storage.local import LocalStore
from lakebed.storage.open import open_store, path_of_file_url, url_scheme

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakebed.storage.store import ObjectInfo, Store

_WILD = re.compile(r"[*?[]")


@dataclass(frozen=True)
class Place:
    """`prefix` and `pattern` are of keys in `store`. `bucket` is None for a folder.

    A folder that is not there is an error, as its name may be wrong; unless it `may_be_missing`, since it is made with
    its first object.
    """

    store: Store
    prefix: str
    pattern: re.Pattern[str] | None
    bucket: str | None
    may_be_missing: bool = False

    def takes(self, key: str) -> bool:
        """Whether the object of this key belongs here."""
        return key.startswith(self.prefix) and (self.pattern is None or self.pattern.fullmatch(key) is not None)

    def url_of(self, key: str) -> str:
        """The address of an object."""
        return object_url(self.store, key)

    def key_of(self, url: str) -> str | None:
        """The key of an object with this address; None when it does not belong here."""
        base = self.store.url.rstrip("/") + "/"
        if not url.startswith(base):
            return None
        rest = url[len(base) :]
        key = os.fsdecode(unquote_to_bytes(rest)) if base.startswith("file:") else rest
        return key if self.takes(key) else None

    def list(self, prefix: str = "", after: str = "") -> Iterator[ObjectInfo]:
        """What is there, of these keys. Raises `IngestError` when a folder is not there, and `StorageError`."""
        if (
            self.store.is_local
            and not self.may_be_missing
            and not (folder := path_of_file_url(self.store.url)).is_dir()
        ):
            raise IngestError(f"no such folder: '{folder}'")
        wanted = max(self.prefix, prefix, key=len)
        for info in self.store.list(wanted, after):
            if self.takes(info.key):
                yield info


def open_place(source: str) -> Place:
    """The place that a folder, a file, a glob or the URL of an object store names. Makes no request.

    A path that is not there is taken for a folder: it may come. Raises `UsageError` for what is no URL.
    """
    scheme = url_scheme(source)
    if scheme in {None, "file"}:
        return _local_place(path_of_file_url(source) if scheme else Path(source).expanduser())
    bucket, _, prefix = source.split("://", 1)[1].partition("/")
    store = open_store(f"{scheme}://{bucket}")
    wild = _WILD.search(prefix)
    if wild is None:
        return Place(store, prefix, None, bucket)
    return Place(store, prefix[: wild.start()], glob_pattern(prefix), bucket)


def _local_place(path: Path) -> Place:
    if path.is_file():
        return Place(LocalStore(path.parent), path.name, re.compile(re.escape(path.name)), None)
    if path.exists() or not _WILD.search(str(path)):
        return Place(LocalStore(path), "", None, None)
    parts = path.absolute().parts
    literal = next(place for place, part in enumerate(parts) if _WILD.search(part))
    return Place(LocalStore(Path(*parts[:literal])), "", glob_pattern("/".join(parts[literal:])), None)


def object_url(store: Store, key: str) -> str:
    """Addresses of files are percent-encoded as file URLs are; those of objects are written as the clouds do, plain."""
    base = store.url.rstrip("/")
    return f"{base}/{quote(os.fsencode(key)) if base.startswith('file:') else key}"


def glob_pattern(glob: str) -> re.Pattern[str]:
    """The regular expression of a glob.

    >>> bool(glob_pattern("a/*.gz").fullmatch("a/b.gz")), bool(glob_pattern("a/*.gz").fullmatch("a/b/c.gz"))
    (True, False)
    >>> bool(glob_pattern("a/**.gz").fullmatch("a/b/c.gz")), bool(glob_pattern("a/**/x").fullmatch("a/x"))
    (True, True)
    """
    pieces: list[str] = []
    place = 0
    while place < len(glob):
        rest = glob[place:]
        if rest.startswith("**/"):
            pieces.append("(?:.*/)?")
            place += 3
        elif rest.startswith("**"):
            pieces.append(".*")
            place += 2
        elif rest[0] == "*":
            pieces.append("[^/]*")
            place += 1
        elif rest[0] == "?":
            pieces.append("[^/]")
            place += 1
        elif chosen := re.match(r"\[(!?)([^]]+)\]", rest):
            inner = chosen[2].replace("\\", "\\\\").replace("[", "\\[").replace("^", "\\^")
            pieces.append(f"[{'^' if chosen[1] else ''}{inner}]")
            place += chosen.end()
        else:
            pieces.append(re.escape(rest[0]))
            place += 1
    return re.compile("".join(pieces), re.DOTALL)
