"""What the catalog says of segments and source objects: the records inside commit files and checkpoints."""

from __future__ import annotations

import bisect
import hashlib
import re

import msgspec

from lakebed.errors import UsageError

SEGMENT_FOLDER = "segments/"

OWN_INDEX_PREFIX = "_"
"""Names of indexes that Lakebed writes begin so. A query searches them only when it names them."""

AUDIT_INDEX = "_audit"
"""What was done to a lake, and by whom. Nothing can be deleted from it by query."""

_INDEX_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


class SegmentEntry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One segment: what pruning needs, and where its address is.

    `dead` are the numbers of objects in the segment whose events were replaced or belong to a failed object.
    `pack` is the place in the checkpoint's list of the address pack that holds it; -1: the snapshot holds it itself.
    `swept` is the number of a commit: deletions up to it are carried out in the segment, or do not concern it.
    """

    key: str
    events: int
    raw_bytes: int
    size_bytes: int
    pages: int
    min_time_ns: int
    max_time_ns: int
    objects: int
    dead: tuple[int, ...] = ()
    pack: int = -1
    address_offset: int = 0
    address_bytes: int = 0
    swept: int = 0

    @property
    def index(self) -> str:
        """Name of the index: the folder below `segments/`."""
        return index_of_key(self.key)

    @property
    def segment_id(self) -> int:
        """The random part of the key, 64 bits; source records point with it."""
        return id_of_key(self.key)


class NewSegment(msgspec.Struct, frozen=True, gc=False):
    """A segment as a commit adds it. `address` is what a reader needs to open it without a read of its own.

    `swept` counts for segments made of others only: the number of the snapshot whose deletions were carried out when
    they were made. What an indexer brings is younger than every deletion before its commit, and says nothing.
    """

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

    def entry(self) -> SegmentEntry:
        """The same without the address."""
        return SegmentEntry(
            self.key,
            self.events,
            self.raw_bytes,
            self.size_bytes,
            self.pages,
            self.min_time_ns,
            self.max_time_ns,
            self.objects,
            self.dead,
            swept=self.swept,
        )


class Move(msgspec.Struct, frozen=True, gc=False):
    """Where the objects of segment `key` went when it was merged: into the segment `into`.

    `first` is the number that the first of them that survived has there. `dropped` are those that did not, in order;
    the others follow each other.
    """

    key: str
    into: str
    first: int
    dropped: tuple[int, ...] = ()

    def number(self, old: int) -> int | None:
        """The number in the new segment of an object of the old one; None: it was dropped.

        >>> [Move("a", "b", 10, (1,)).number(old) for old in range(3)]
        [10, None, 11]
        """
        return moved_number(old, self.first, self.dropped)


def moved_number(old: int, first: int, dropped: tuple[int, ...]) -> int | None:
    """What `Move.number` says."""
    place = bisect.bisect_left(dropped, old)
    if place < len(dropped) and dropped[place] == old:
        return None
    return first + old - place


class Deletion(msgspec.Struct, frozen=True, gc=False):
    """Events of an index that are to be gone: those in the lake at commit `number` that pass the filter.

    `filter` is the JSON of a plan's filter, as plans of version `plan_version` have it; `query` the text that it came
    from. Event times from `since_ns` to before `until_ns`; None is open.
    """

    number: int
    id: str
    index: str
    query: str
    filter: bytes
    since_ns: int | None = None
    until_ns: int | None = None
    by: str = ""
    reason: str = ""
    time_ns: int = 0
    plan_version: int = 2

    def concerns(self, entry: SegmentEntry) -> bool:
        """Whether the segment may hold events that are to be gone."""
        return (
            self.number > entry.swept
            and self.index == entry.index
            and (self.since_ns is None or entry.max_time_ns >= self.since_ns)
            and (self.until_ns is None or entry.min_time_ns < self.until_ns)
        )

    def condition(self) -> bytes:
        """JSON of the filter with its times, as the engine's merge wants it."""
        times = {"since_ns": self.since_ns, "until_ns": self.until_ns}
        return msgspec.json.encode({"filter": msgspec.Raw(self.filter), **times})


class Damage(msgspec.Struct, frozen=True, gc=False):
    """Where an object could not be read on, in bytes of the object as stored, and why."""

    offset: int
    reason: str


class Flaws(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """How much of an object that was read to its end did not become what it should: counts, zero where all is well."""

    unparsed_lines: int = 0
    invalid_utf8: int = 0
    skipped_members: int = 0
    transform_errors: int = 0


NO_FLAWS = Flaws()


class SourceRecord(msgspec.Struct, frozen=True):
    """A source object that is in the lake. `parts` are (segment key, object number in the segment).

    An object without events has no parts; one larger than a segment has several. `version` is `source_version` of what
    the store said of it. `discarded` are events that a transform left out, as it was told to: no flaw.
    """

    index: str
    url: str
    size_bytes: int
    modified_ns: int
    version: bytes
    events: int = 0
    parts: tuple[tuple[str, int], ...] = ()
    damage: Damage | None = None
    flaws: Flaws = NO_FLAWS
    discarded: int = 0


class FlawedObject(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A source object with damage or flaws as a checkpoint remembers it. Without damage, `offset` is None.

    The first version of checkpoints has the first five fields, of damaged objects only.
    """

    index: str
    url: str
    offset: int | None
    reason: str
    commit: int
    flaws: Flaws = NO_FLAWS
    discarded: int = 0

    @property
    def is_damaged(self) -> bool:
        """Whether it could not be read to its end."""
        return self.offset is not None


def segment_key(index: str, created: str, random: int) -> str:
    """The key of a new segment: when it was made, for people, and 64 random bits, which name it.

    >>> segment_key("web", "20260102T030405", 0xABC)
    'segments/web/20260102T030405-0000000000000abc.seg'
    """
    return f"{SEGMENT_FOLDER}{index}/{created}-{random:016x}.seg"


def index_of_key(key: str) -> str:
    """The index of a segment key."""
    return key[len(SEGMENT_FOLDER) : key.index("/", len(SEGMENT_FOLDER))]


def id_of_key(key: str) -> int:
    """The random part of a segment key."""
    return int(key[-20:-4], 16)


def check_index_name(name: str) -> str:
    """Returns the name, or raises `UsageError`: it becomes a folder and must be typed in queries."""
    if not _INDEX_NAME.fullmatch(name):
        raise UsageError(
            f"not an index name: '{name}'; wanted 1 to 100 of letters, digits, '_', '-', '.', not '-' or '.' first"
        )
    return name


def source_version(size_bytes: int, modified_ns: int, etag: str | None) -> bytes:
    """Eight bytes that differ when the object's content does, as far as its store tells.

    With an etag, they name the etag and the size: copying an object to the same place changes its time only. Without
    (folders), the time and the size.
    """
    text = f"{etag}\0{size_bytes}" if etag else f"\0{modified_ns}\0{size_bytes}"
    return hashlib.blake2b(text.encode(), digest_size=8).digest()


def source_digest(index: str, url: str) -> bytes:
    """Sixteen bytes that name a source object within a lake. The same object may be in several indexes."""
    return hashlib.blake2b(f"{index}\0{url}".encode(errors="surrogateescape"), digest_size=16).digest()
