"""Finds the source objects that a file, a folder, a glob or an object-store URL names.

A URL names a prefix, as object stores have it: `s3://logs/web/2026` finds `web/2026/…` and `web/2026-old/…`. `*` stands
for any characters but `/`, `**` for any, `?` for one, `[ab]` for one of several.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lakebed.errors import IngestError
from lakebed.ingest.discovery.place import glob_pattern, object_url
from lakebed.storage.local import LocalStore
from lakebed.storage.open import open_store, path_of_file_url, url_scheme

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakebed.storage.store import ObjectInfo, Store

_WILD = re.compile(r"[*?[]")


@dataclass(frozen=True)
class SourceObject:
    """One object to index, and where it is read."""

    store: Store
    info: ObjectInfo
    url: str


def discover(source: str, *, skip_url: str = "") -> Iterator[SourceObject]:
    """The objects that `source` names, in the order of their keys, without those below `skip_url` (the lake itself).

    Raises `IngestError` when a file or folder is not there or a glob matches nothing, `StorageError` when a store
    fails. Symbolic links to folders are not followed: they may lead round in circles.
    """
    scheme = url_scheme(source)
    if scheme in {None, "file"}:
        found = _discover_local(path_of_file_url(source) if scheme else Path(source).expanduser())
    else:
        found = _discover_remote(source)
    is_empty = True
    for one in found:
        is_empty = False
        if not (skip_url and one.url.startswith(skip_url.rstrip("/") + "/")):
            yield one
    if is_empty and _WILD.search(source):
        raise IngestError(f"nothing matches '{source}'")


def _discover_local(path: Path) -> Iterator[SourceObject]:
    if path.is_dir():
        yield from _list(LocalStore(path), "", None)
    elif path.exists():
        store = LocalStore(path.parent)
        yield _source(store, store.head(path.name))
    elif _WILD.search(str(path)):
        parts = path.absolute().parts
        literal = next(place for place, part in enumerate(parts) if _WILD.search(part))
        base = Path(*parts[:literal])
        yield from _list(LocalStore(base), "", glob_pattern("/".join(parts[literal:])))
    else:
        raise IngestError(f"no such file or folder: '{path}'")


def _discover_remote(source: str) -> Iterator[SourceObject]:
    scheme, rest = source.split("://", 1)
    bucket, _, prefix = rest.partition("/")
    store = open_store(f"{scheme}://{bucket}")
    wild = _WILD.search(prefix)
    if wild is None:
        yield from _list(store, prefix, None)
    else:
        yield from _list(store, prefix[: wild.start()], glob_pattern(prefix))


def _list(store: Store, prefix: str, pattern: re.Pattern[str] | None) -> Iterator[SourceObject]:
    for info in store.list(prefix):
        if pattern is None or pattern.fullmatch(info.key):
            yield _source(store, info)


def _source(store: Store, info: ObjectInfo) -> SourceObject:
    return SourceObject(store, info, object_url(store, info.key))
