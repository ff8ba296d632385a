"""The source objects that paths name: files, folders, globs, standard input, object-store URLs.

Unlike `lakebed.ingest.discover`, what cannot be read is told and left out, as grep does it, and nothing is imported for
plain files that they do not need: a search over a small file is over before a cloud library has been loaded.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakebed.errors import LakebedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from typing_extensions import Buffer

STANDARD_INPUT = "/dev/stdin"
"""What `-` on the command line becomes. It is not opened by that name, which some systems do not have."""

READ_BYTES = 256 * 1024
"""Files are read in pieces of this size: one of a compression bomb unpacks to 256 MB at most (deflate 1032 : 1)."""

LISTED_MAX = 10_000_000
"""Files that one folder may name: a tree that never ends must not hang."""


@dataclass(frozen=True)
class Problem:
    """Why something is not in the answer, or only in part."""

    name: str
    reason: str
    is_missing: bool = True
    """False: it was left out on purpose, as a file that is no text."""


@dataclass(frozen=True)
class RawSource:
    """One source object, and how to read it. `name` is as the user gave it, `url` as an index would have it."""

    name: str
    url: str
    modified_ns: int
    read: Callable[[], Iterator[Buffer]]
    is_live: bool = False
    """Bytes come when they come: what is there must not wait for more."""


def find_sources(paths: Sequence[str], tell: Callable[[Problem], None]) -> Iterator[RawSource]:
    """The sources, in the order of the paths, and within a folder by name; what cannot be read is told."""
    for path in paths:
        try:
            yield from _find(path, tell)
        except LakebedError as error:
            tell(Problem(path, str(error)))
        except OSError as error:
            tell(Problem(path, _words(error)))


def names_several(paths: Sequence[str]) -> bool:
    """Whether the paths may name more than one source."""
    if len(paths) != 1:
        return True
    (path,) = paths
    return path not in {STANDARD_INPUT, "-"} and not os.path.isfile(os.path.expanduser(path))  # noqa: PTH111, PTH113 - pathlib costs more than a small file


def standard_input() -> RawSource:
    """What is piped in."""
    return RawSource("(standard input)", "stdin:", time.time_ns(), _read_standard_input, is_live=True)


def _find(path: str, tell: Callable[[Problem], None]) -> Iterable[RawSource]:
    if path in {STANDARD_INPUT, "-"}:
        return [standard_input()]
    if "://" in path:
        return _find_remote(path)
    expanded = os.path.expanduser(path)  # noqa: PTH111 - as above
    try:
        status = os.stat(expanded)  # noqa: PTH116 - as above
    except OSError:
        if any(sign in path for sign in "*?["):
            return _find_matching(path, tell)
        raise
    if stat.S_ISDIR(status.st_mode):
        return _below(expanded, tell)
    return [_file(expanded, status)]


def _below(folder: str, tell: Callable[[Problem], None]) -> Iterator[RawSource]:
    """All files below a folder. Symbolic links to folders are not followed: they may lead round in circles."""
    waiting: list[tuple[str, bool]] = [(folder, True)]
    for _ in range(LISTED_MAX):
        if not waiting:
            return
        path, is_folder = waiting.pop()
        try:
            if is_folder:
                with os.scandir(path) as entries:
                    found = sorted(entries, key=lambda entry: entry.name, reverse=True)
                waiting += [(entry.path, entry.is_dir(follow_symlinks=False)) for entry in found]
            else:
                status = os.stat(path)  # noqa: PTH116 - as above
                if stat.S_ISREG(status.st_mode):
                    yield _file(path, status)
        except OSError as error:
            tell(Problem(path, _words(error)))
    tell(Problem(folder, f"more than {LISTED_MAX:,} files; the rest is left out"))


def _find_matching(path: str, tell: Callable[[Problem], None]) -> Iterator[RawSource]:
    from lakebed.ingest.discovery.place import glob_pattern

    parts = path.split("/")
    literal = next(place for place, part in enumerate(parts) if any(sign in part for sign in "*?["))
    base = "/".join(parts[:literal])
    folder = os.path.expanduser(base) if base else "/" if path.startswith("/") else "."  # noqa: PTH111 - as above
    pattern = glob_pattern("/".join(parts[literal:]))
    is_empty = True
    for source in _below(folder, tell):
        inside = source.name[len(folder.rstrip("/")) + 1 :]
        if pattern.fullmatch(inside):
            is_empty = False
            yield source if base or path.startswith("/") else _renamed(source, inside)
    if is_empty:
        tell(Problem(path, "nothing matches"))


def _renamed(source: RawSource, name: str) -> RawSource:
    return RawSource(name, source.url, source.modified_ns, source.read, source.is_live)


def _find_remote(url: str) -> Iterator[RawSource]:
    from lakebed.ingest.discover import discover

    for found in discover(url):
        store, info = found.store, found.info

        def read(store: object = store, info: object = info) -> Iterator[Buffer]:
            return store.stream(info, READ_BYTES)  # type: ignore[attr-defined,no-any-return] # bound above, per object

        yield RawSource(found.url, found.url, info.modified_ns, read)


def _file(path: str, status: os.stat_result) -> RawSource:
    return RawSource(path, file_url(path), status.st_mtime_ns, lambda: _read_file(path))


def file_url(path: str) -> str:
    """`file:///…`, percent-encoded as URLs are.

    >>> file_url("/var/log/my app.log")
    'file:///var/log/my%20app.log'
    """
    absolute = os.path.abspath(path)  # noqa: PTH100 - resolve() would follow the user's links
    plain = absolute.replace("/", "").replace(".", "").replace("-", "").replace("_", "")
    if plain.isascii() and plain.isalnum():
        return f"file://{absolute}"
    from urllib.parse import quote

    return f"file://{quote(os.fsencode(absolute))}"


def _read_file(path: str) -> Iterator[bytes]:
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - as above
        while piece := file.read(READ_BYTES):
            yield piece


def _read_standard_input() -> Iterator[bytes]:
    number = sys.stdin.fileno()
    while piece := os.read(number, READ_BYTES):
        yield piece


def _words(error: OSError) -> str:
    return (error.strerror or "system error").lower()
