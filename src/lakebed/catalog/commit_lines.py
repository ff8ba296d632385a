"""How a commit is written: gzip'd JSON lines, since people read them in an incident (`zcat`, `jq`).

A commit names thousands of source objects, and small ones cost as much there as large ones do. So a line says only what
the lines before do not: what the URLs of an index have in common stands once, and where an object's events are is left
out when it is the next place of the same segment, as it nearly always is. With that and deflate an object costs 25 to
35 bytes, most of them for the random part of its name and its version; one JSON object for each took 318.
Given up: columns instead of rows would save 3 bytes more, and nobody could read them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

from lakebed.catalog.commit import FORMAT_VERSION, CommitFile, parse_key
from lakebed.catalog.entries import (
    NO_FLAWS,
    Damage,
    Deletion,
    Flaws,
    Move,
    NewSegment,
    SourceRecord,
    source_version,
)
from lakebed.catalog.packed import pack, unpack
from lakebed.decoding import json_decoder
from lakebed.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_LEVEL = 9
"""A commit of 5,000 objects takes 60 ms at this level, and is kept for as long as the lake."""

Part: TypeAlias = tuple[int, int]
"""(place of the segment in the commit, number of the object in the segment)."""


class _Line(
    msgspec.Struct,
    frozen=True,
    gc=False,
    tag_field="is",
    tag=lambda name: name[1:].lower(),
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """One line; `is` tells which."""


class _Commit(_Line, frozen=True):
    version: int
    number: int
    writer: str
    token: str
    time_ns: int
    action: str


class _Segment(_Line, frozen=True):
    """A segment that is new."""

    key: str
    events: int
    raw_bytes: int
    size_bytes: int
    pages: int
    min_time_ns: int
    max_time_ns: int
    objects: int
    address: bytes
    dead: tuple[int, ...] = ()
    swept: int = 0


class _Remove(_Line, frozen=True):
    key: str


class _Dead(_Line, frozen=True):
    """The dead objects of a segment that was there before."""

    key: str
    objects: tuple[int, ...]


class _Moved(_Line, frozen=True):
    """Where the objects of a removed segment went."""

    key: str
    into: str
    first: int
    dropped: tuple[int, ...] = ()


class _Delete(_Line, frozen=True):
    """A deletion; its number and time are those of the commit."""

    id: str
    index: str
    query: str
    filter: msgspec.Raw
    since_ns: int | None = None
    until_ns: int | None = None
    by: str = ""
    reason: str = ""
    plan_version: int = 2


class _Swept(_Line, frozen=True):
    """Deletions up to this number do not concern the segment any more."""

    key: str
    number: int


class _Objects(_Line, frozen=True):
    """What the objects on the lines after this one have in common. `segments` are known ones that they are in; a place
    in a part counts the new segments first, then these.
    """

    index: str
    base: str
    segments: tuple[str, ...] = ()


class _Object(_Line, frozen=True):
    """A source object. `version` is left out where size and time give it, `parts` where it is the next place, and the
    others where there is nothing to say.
    """

    url: str
    size_bytes: int
    modified_ns: int
    version: bytes | None = None
    events: int = 0
    parts: tuple[Part, ...] | None = None
    damage: Damage | None = None
    flaws: Flaws | None = None
    discarded: int = 0


_AnyLine: TypeAlias = _Commit | _Segment | _Remove | _Dead | _Moved | _Delete | _Swept | _Objects | _Object

_encode_lines = msgspec.json.Encoder().encode_lines
_decode_lines: Callable[[bytes], list[_AnyLine]] = json_decoder(_AnyLine).decode_lines  # type: ignore[arg-type] # a union is a type here


def encode_commit(commit: CommitFile) -> bytes:
    """The file's bytes."""
    return pack(_encode_lines(list(_lines(commit))), _LEVEL)


def decode_commit(data: bytes, key: str) -> CommitFile:
    """Reads a commit file; raises `CatalogError` that names it when it is damaged or too new."""
    content = unpack(data, key)
    try:
        lines: Sequence[_AnyLine] = _decode_lines(content)
        commit = _commit_of(lines)
    except (msgspec.MsgspecError, ValueError, LookupError) as error:
        raise CatalogError(f"commit '{key}' cannot be read: {error}; was it written by a newer lakebed?") from error
    if commit.version != FORMAT_VERSION:
        raise CatalogError(f"commit '{key}' has format version {commit.version}; this lakebed reads {FORMAT_VERSION}")
    if parse_key(key) != ("commit", commit.number):
        raise CatalogError(f"commit '{key}' says that it is number {commit.number}")
    return commit


def _lines(commit: CommitFile) -> Iterator[_AnyLine]:
    yield _Commit(commit.version, commit.number, commit.writer, commit.token, commit.time_ns, commit.action)
    for new in commit.add:
        yield _Segment(*msgspec.structs.astuple(new))
    for key in commit.remove:
        yield _Remove(key)
    for key, objects in commit.dead.items():
        yield _Dead(key, objects)
    for move in commit.moves:
        yield _Moved(*msgspec.structs.astuple(move))
    for key, number in commit.swept.items():
        yield _Swept(key, number)
    for one in commit.deletions:
        yield _Delete(
            one.id,
            one.index,
            one.query,
            msgspec.Raw(one.filter),
            one.since_ns,
            one.until_ns,
            one.by,
            one.reason,
            one.plan_version,
        )
    by_index: dict[str, list[SourceRecord]] = {}
    for record in commit.sources:
        by_index.setdefault(record.index, []).append(record)
    for index, records in by_index.items():
        yield from _object_lines(index, records, [new.key for new in commit.add])


def _object_lines(index: str, records: Sequence[SourceRecord], added: Sequence[str]) -> Iterator[_AnyLine]:
    places = {key: place for place, key in enumerate(added)}
    known = [key for key in _keys(records) if key not in places]
    places |= {key: len(added) + place for place, key in enumerate(known)}
    shared = shared_folder([record.url for record in records])
    yield _Objects(index, shared, tuple(known))
    last: Part | None = None
    for record in records:
        parts = tuple((places[key], number) for key, number in record.parts)
        is_next = last is not None and parts == ((last[0], last[1] + 1),)
        last = parts[-1] if parts else last
        yield _Object(
            record.url[len(shared) :],
            record.size_bytes,
            record.modified_ns,
            None if record.version == source_version(record.size_bytes, record.modified_ns, None) else record.version,
            record.events,
            None if is_next else parts,
            record.damage,
            None if record.flaws == NO_FLAWS else record.flaws,
            record.discarded,
        )


def shared_folder(urls: Sequence[str]) -> str:
    """What all URLs begin with, up to a slash.

    >>> shared_folder(["s3://logs/2026/01/a", "s3://logs/2026/02/a"])
    's3://logs/2026/'
    """
    low, high = min(urls), max(urls)
    length = next((place for place, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), len(low))
    return low[: low.rfind("/", 0, length) + 1]


def _keys(records: Iterable[SourceRecord]) -> list[str]:
    """Keys of the segments that records point to, each once, in order."""
    return list(dict.fromkeys(key for record in records for key, _ in record.parts))


def _commit_of(lines: Sequence[_AnyLine]) -> CommitFile:
    """Puts the lines together. Raises `ValueError` or `LookupError` when they do not fit."""
    head = lines[0]
    if not isinstance(head, _Commit):
        raise ValueError("its first line is not that of a commit")
    add: list[NewSegment] = []
    sources: list[SourceRecord] = []
    reader = _ObjectReader(add)
    others: list[_AnyLine] = []
    for line in lines[1:]:
        match line:
            case _Object():
                sources.append(reader.read(line))
            case _Objects():
                reader.begin(line)
            case _Segment():
                add.append(NewSegment(*msgspec.structs.astuple(line)))
            case _Commit():
                raise ValueError("it has two first lines")
            case _:
                others.append(line)
    return CommitFile(
        head.version,
        head.number,
        head.writer,
        head.token,
        head.time_ns,
        head.action,
        tuple(add),
        tuple(line.key for line in others if isinstance(line, _Remove)),
        {line.key: line.objects for line in others if isinstance(line, _Dead)},
        tuple(sources),
        tuple(Move(*msgspec.structs.astuple(line)) for line in others if isinstance(line, _Moved)),
        tuple(_deletion(line, head) for line in others if isinstance(line, _Delete)),
        {line.key: line.number for line in others if isinstance(line, _Swept)},
    )


def _deletion(line: _Delete, head: _Commit) -> Deletion:
    return Deletion(
        head.number,
        line.id,
        line.index,
        line.query,
        bytes(line.filter),
        line.since_ns,
        line.until_ns,
        line.by,
        line.reason,
        head.time_ns,
        line.plan_version,
    )


class _ObjectReader:
    """Adds to an object's line what the lines before it say."""

    def __init__(self, add: Sequence[NewSegment]) -> None:
        self._add = add
        self._shared: _Objects | None = None
        self._keys: list[str] = []
        self._last: Part | None = None

    def begin(self, line: _Objects) -> None:
        self._shared = line
        self._keys = [*(new.key for new in self._add), *line.segments]
        self._last = None

    def read(self, line: _Object) -> SourceRecord:
        if self._shared is None:
            raise ValueError("an object stands before the line of its index")
        parts = line.parts
        if parts is None:
            if self._last is None:
                raise ValueError(f"object '{line.url}' has no place to follow")
            parts = ((self._last[0], self._last[1] + 1),)
        self._last = parts[-1] if parts else self._last
        version = line.version
        if version is None:
            version = source_version(line.size_bytes, line.modified_ns, None)
        return SourceRecord(
            self._shared.index,
            self._shared.base + line.url,
            line.size_bytes,
            line.modified_ns,
            version,
            line.events,
            tuple((self._keys[place], number) for place, number in parts),
            line.damage,
            line.flaws or NO_FLAWS,
            line.discarded,
        )
