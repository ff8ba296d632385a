"""Opens a source object: what the engine cannot read itself becomes texts that it can.

The first bytes decide, layer by layer: an archive has members, a member may be compressed, and what is in it may be an
archive again. Plain text, gzip and zstd go to the engine untouched, unless something that must be opened is inside.

Everything is a generator over the object's pieces: nothing is read before it is wanted, and memory does not depend on
the object's size. So members are to be taken one after the other, each before the next is asked for. What is wrong with
an object is collected here, not raised: what could be read is indexed, and the rest is told.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lakebed import config
from lakebed.ingest.opening.magic import (
    ENGINE_KINDS,
    HEAD_MOST,
    is_read_by_engine,
    is_text,
    kind_of,
    must_be_opened,
    wants_more,
)
from lakebed.ingest.opening.reader import Damaged

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from typing_extensions import Buffer

    from lakebed.ingest.settings import SourceSettings

HEAD_BYTES = 4096
"""First bytes of a member that tell whether it is text; the same as in the engine."""

PROBLEMS_KEPT = 100
"""Damages and members left out that are named; the counts have all."""

NAME_CHARACTERS_MAX = 1000
"""A member's name is cut there: it is shown, never opened."""


@dataclass(frozen=True)
class Member:
    """A text for the engine. `name` is empty for the object's own, `settings` None: as the object's."""

    name: str
    chunks: Iterator[Buffer]
    settings: SourceSettings | None = None


@dataclass(frozen=True)
class Problem:
    """What could not be read: where in the object as stored, and why."""

    offset: int
    reason: str


@dataclass
class Findings:
    """What was found in an object, complete when its members have been read."""

    format: str | None = None
    """What it was opened as, where the engine sees another format: evtx, parquet, avro, windows-xml."""
    compression: str | None = None
    """The outermost layer that was opened."""
    damages: list[Problem] = field(default_factory=list)
    damages_count: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)
    """Members left out: name and reason."""
    skipped_count: int = 0
    unparsed: int = 0
    """Records that were kept as a message."""

    def damaged(self, reason: str, offset: int) -> None:
        """Something could not be read."""
        self.damages_count += 1
        if len(self.damages) < PROBLEMS_KEPT:
            self.damages.append(Problem(offset, reason))

    @property
    def damage(self) -> Problem | None:
        """The first damage, with the number of those that follow."""
        if not self.damages:
            return None
        more = self.damages_count - 1
        first = self.damages[0]
        return replace(first, reason=f"{first.reason}; {more:,} more damages follow") if more else first


class Opening:
    """One object that is being opened.

    >>> from lakebed.ingest.settings import SourceSettings
    >>> import bz2
    >>> opening = Opening([bz2.compress(b"a line")], SourceSettings())
    >>> [b"".join(member.chunks) for member in opening.members()], opening.findings.compression
    ([b'a line'], 'bzip2')
    """

    def __init__(
        self, chunks: Iterable[Buffer], settings: SourceSettings, *, is_live: bool = False, takes_binary: bool = False
    ) -> None:
        self.settings = settings
        self.findings = Findings()
        self.bytes_read = 0
        """Of the object as stored."""
        self._chunks = iter(chunks)
        self._is_live = is_live
        self._takes_binary = takes_binary
        self._out = [0] * (config.OPENING_LAYERS_MAX + 2)
        self._members = 0
        self._texts = 0
        self._is_over = False

    def members(self) -> Generator[Member, None, None]:
        """The texts; take each one's chunks before the next member. Raises what the chunks of the object raise, and
        `IngestError` where a library is not installed.
        """
        is_read, chunks = is_read_by_engine(self._source(), is_live=self._is_live)
        if is_read:
            yield Member("", chunks)
            return
        head, chunks = _peek(chunks, 0, is_live=self._is_live)
        if head:
            for member in self._open("", head, chunks, 0):
                self._texts += 1
                yield member

    def _source(self) -> Iterator[Buffer]:
        for chunk in self._chunks:
            if self._is_over:
                return
            self.bytes_read += len(memoryview(chunk))
            yield chunk

    def _open(self, name: str, head: bytes, chunks: Iterator[Buffer], depth: int) -> Iterator[Member]:
        """The texts of one layer, whose first bytes are `head`."""
        kind = kind_of(head)
        if kind is None or (kind in ENGINE_KINDS and depth == 0 and not must_be_opened(kind, head)):
            if depth == 0 or self._is_wanted(name, head):
                yield Member(name, chunks if depth == 0 else self._told(chunks, name))
        elif depth >= config.OPENING_LAYERS_MAX:
            self.damaged(name, f"{kind} within more than {config.OPENING_LAYERS_MAX} layers is not opened", 0)
        elif kind in {"zip", "tar"}:
            yield from self._archive(kind, name, chunks, depth)
        elif kind in {"evtx", "parquet", "avro", "windows-xml"}:
            yield from self._rows(kind, name, chunks, depth)
        else:
            from lakebed.ingest.opening.compressions import decode

            self._named(compression=kind)
            decoded = self._counted(self._placed(decode(kind, chunks), depth), depth)
            try:
                inner, decoded = _peek(decoded, HEAD_BYTES)
            except Damaged as damage:  # not a byte could be decoded
                self.damaged(name, damage.reason, damage.offset)
                return
            if inner:
                is_member = name or kind_of(inner)
                yield from self._open(name, inner, decoded, depth + 1) if is_member else self._text(decoded)

    def _text(self, chunks: Iterator[Buffer]) -> Iterator[Member]:
        """The text of an object that is compressed and no more: the engine or its caller judges it as others."""
        yield Member("", self._told(chunks, ""))

    def _archive(self, kind: str, name: str, chunks: Iterator[Buffer], depth: int) -> Iterator[Member]:
        self._named(compression=kind)
        if kind == "zip":
            from lakebed.ingest.opening.zip_archive import zip_members

            found = zip_members(chunks, _Told(self, name, depth).damaged)
        else:
            from lakebed.ingest.opening.tar_archive import tar_members

            found = tar_members(chunks)
        try:
            for member, pieces in found:
                if self._is_over:
                    return
                inner_name = f"{name}!{shown_name(member)}" if name else shown_name(member)
                self._members += 1
                if self._members > config.OPENING_MEMBERS_MAX:
                    self._end(f"has more members than the limit of {config.OPENING_MEMBERS_MAX:,}")
                    return
                try:
                    head, rest = _peek(self._counted(self._placed(pieces, depth), depth), HEAD_BYTES)
                    if head:
                        yield from self._open(inner_name, head, rest, depth + 1)
                except Damaged as damage:
                    self.damaged(inner_name, damage.reason, damage.offset)
        except Damaged as damage:
            self.damaged(name, damage.reason, damage.offset if damage.is_placed else self.place(damage.offset, depth))

    def _rows(self, kind: str, name: str, chunks: Iterator[Buffer], depth: int) -> Iterator[Member]:
        from lakebed.ingest.opening.rows import texts_of

        if not self._texts:
            self.findings.format = kind

        try:
            for text in texts_of(kind, chunks, _Told(self, name, depth)):
                settings = replace(
                    self.settings,
                    format=text.format,
                    source_type=self.settings.source_type or text.source_type,
                    opened_as=text.opened_as,
                    columns=(),
                    time_fields=self.settings.time_fields or text.time_fields,
                )
                pieces = self._counted(self._placed(text.chunks, depth), depth)
                yield Member(name, self._told(pieces, name), settings)
        except Damaged as damage:
            self.damaged(name, damage.reason, damage.offset if damage.is_placed else self.place(damage.offset, depth))

    def _is_wanted(self, name: str, head: bytes) -> bool:
        if self._takes_binary or is_text(head[:HEAD_BYTES]):
            return True
        self.findings.skipped_count += 1
        if len(self.findings.skipped) < PROBLEMS_KEPT:
            self.findings.skipped.append((name, "no text, left out"))
        return False

    def _named(self, compression: str) -> None:
        self.findings.compression = self.findings.compression or compression

    def _counted(self, pieces: Iterator[Buffer], depth: int) -> Iterator[Buffer]:
        """The same, as long as it is no bomb."""
        for piece in pieces:
            self._out[depth] += len(memoryview(piece))
            out = self._out[depth]
            if out > config.OPENING_OUTPUT_BYTES_MAX:
                self._end(f"unfolds to more than the limit of {config.OPENING_OUTPUT_BYTES_MAX} bytes")
            elif out > max(config.OPENING_RATIO_FREE_BYTES, config.OPENING_RATIO_MAX * self.bytes_read):
                limit = config.OPENING_RATIO_MAX
                self._end(f"unfolds to more than {limit} times its size, as a compression bomb does")
            if self._is_over:
                return
            yield piece

    def _placed(self, pieces: Iterable[Buffer], depth: int) -> Iterator[Buffer]:
        """The same; the place of a damage is that in the object."""
        try:
            yield from pieces
        except Damaged as damage:
            if damage.is_placed:
                raise
            raise Damaged(damage.reason, self.place(damage.offset, depth), is_placed=True) from damage

    def _told(self, chunks: Iterator[Buffer], name: str) -> Iterator[Buffer]:
        """The same; a damage ends it."""
        try:
            yield from chunks
        except Damaged as damage:
            self.damaged(name, damage.reason, damage.offset)

    def place(self, offset: int, depth: int) -> int:
        """Within a layer only the place up to which the object was read is known."""
        return offset if depth == 0 else self.bytes_read

    def damaged(self, name: str, reason: str, offset: int) -> None:
        """Something of a member, or of the object itself, cannot be read."""
        if not self._is_over:
            self.findings.damaged(f"in '{name}': {reason}" if name else reason, offset)

    def _end(self, reason: str) -> None:
        """The object is not read on."""
        self.damaged("", reason, self.bytes_read)
        self._is_over = True


class _Told:
    """Takes what a layer says of itself."""

    def __init__(self, opening: Opening, name: str, depth: int) -> None:
        self._opening = opening
        self._name = name
        self._depth = depth

    def damaged(self, reason: str, offset: int) -> None:
        """Something of the layer cannot be read."""
        self._opening.damaged(self._name, reason, self._opening.place(offset, self._depth))

    def unparsed(self) -> None:
        """A record is kept as it is."""
        self._opening.findings.unparsed += 1


def shown_name(name: str) -> str:
    """A member's name as it may be shown: no control characters, not without end."""
    from lakebed.safe_text import safe_text

    return safe_text(name[:NAME_CHARACTERS_MAX])


def _peek(chunks: Iterator[Buffer], wanted: int, *, is_live: bool = False) -> tuple[bytes, Iterator[Buffer]]:
    """The first bytes, at least `wanted` and as many as tell the kind, if there are; and all of the chunks again.

    A damage within the first bytes is raised when the chunks come to it.
    """
    held: list[Buffer] = []
    head = b""
    damage: Damaged | None = None
    while len(head) < wanted or wants_more(head, is_live=is_live):
        try:
            chunk = next(chunks, None)
        except Damaged as error:
            damage = error
            break
        if chunk is None:
            break
        held.append(chunk)
        head += bytes(memoryview(chunk)[: max(wanted, HEAD_MOST)])
    if damage is not None and not held:
        raise damage
    return head, itertools.chain(held, chunks if damage is None else _raise(damage))


def _raise(damage: Damaged) -> Iterator[Buffer]:
    yield b""
    raise damage
