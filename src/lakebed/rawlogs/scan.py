"""The engine over source objects: several at once, what they give in the order of the sources."""

from __future__ import annotations

import contextlib
import select
import sys
import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import msgspec

from lakebed.errors import LakebedError
from lakebed.ingest.opening.magic import is_read_by_engine
from lakebed.ingest.settings import SourceSettings
from lakebed.native import EngineSettings, Grep, engine_errors
from lakebed.rawlogs.ordered import Ordered
from lakebed.rawlogs.sources import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from typing_extensions import Buffer

    from lakebed.ingest.opening.front import Findings, Member
    from lakebed.rawlogs.ordered import Put
    from lakebed.rawlogs.sources import RawSource

FoundRow = tuple[int, str, int, bytes]
"""Event time in ns, object URL, record number, the row as JSON."""

ROW_BYTES = 200
"""About what a row costs beside its text."""


class _Damage(msgspec.Struct, frozen=True):
    offset: int
    reason: str


class _Report(msgspec.Struct, frozen=True):
    matched: int
    raw_bytes: int
    is_binary: bool
    damage: _Damage | None = None


@dataclass(frozen=True)
class Settings:
    """What is asked of every source."""

    plan: bytes
    wanted: Literal["count", "text", "plan"]
    limit: int | None = None
    source: EngineSettings | None = None
    opened_as: SourceSettings = field(default_factory=SourceSettings)
    """The same, for objects that are opened before the engine reads them."""
    takes_binary: bool = False


@dataclass(frozen=True)
class Part:
    """Something that was found in a source; the last part of each says so."""

    source: RawSource
    text: bytes = b""
    rows: list[FoundRow] = field(default_factory=list)
    partials: list[bytes] = field(default_factory=list)
    is_last: bool = False
    matched: int = 0
    """Events that passed, in all of the source; known with the last part."""
    raw_bytes: int = 0
    is_failed: bool = False
    """It could not be read to its end."""


def scan(
    sources: Iterable[RawSource], settings: Settings, tell: Callable[[Problem], None], *, workers: int
) -> Iterator[Part]:
    """What is found, source by source. What cannot be read is told to `tell`, by any thread, and left out."""

    greps = threading.local()

    def work(source: RawSource, put: Put[Part]) -> None:
        scanner = _Scanner(source, settings, put)
        # A thread's memory is used again for its next source, unless something went wrong in the middle of one.
        grep, greps.found = getattr(greps, "found", None), None
        try:
            greps.found = scanner.run(grep, tell)
        except (LakebedError, OSError) as error:
            reason = str(error) if isinstance(error, LakebedError) else (error.strerror or "system error").lower()
            tell(Problem(source.name, reason))
            put(Part(source, is_last=True, matched=scanner.matched, is_failed=True), 0)

    return iter(Ordered(sources, work, workers))


class _Scanner:
    """One source."""

    def __init__(self, source: RawSource, settings: Settings, put: Put[Part]) -> None:
        self._source = source
        self._settings = settings
        self._put = put
        self.matched = 0
        self._member = ""

    def run(self, grep: Grep | None, tell: Callable[[Problem], None]) -> Grep | None:
        """Searches the source; gives the engine back for the next one."""
        source, settings = self._source, self._settings
        with engine_errors(source.name):
            if grep is None:
                limit, takes_binary = settings.limit, settings.takes_binary
                grep = Grep(settings.plan, wanted=settings.wanted, limit=limit, takes_binary=takes_binary)
            grep.begin_object(
                source.url,
                modified_ns=source.modified_ns,
                received_ns=time.time_ns(),
                settings=settings.source,
            )
            findings = None
            is_read, chunks = is_read_by_engine(source.read(), is_live=source.is_live)
            if is_read:
                is_wanted = self._feed(grep, chunks)
            else:
                from lakebed.ingest.opening.front import Opening

                opening = Opening(
                    chunks, settings.opened_as, is_live=source.is_live, takes_binary=settings.takes_binary
                )
                findings = opening.findings
                with contextlib.closing(opening.members()) as members:
                    is_wanted = self._feed_members(grep, members)
            if not is_wanted:
                return None
            report = msgspec.json.decode(grep.end_object(), type=_Report)
        self.matched = report.matched
        self._hand_over(grep)
        self._tell_of(report, findings, tell)
        self._put(Part(source, is_last=True, matched=report.matched, raw_bytes=report.raw_bytes), 0)
        return grep

    def _feed_members(self, grep: Grep, members: Iterator[Member]) -> bool:
        """Searches member by member; False: nobody wants more."""
        limit = self._settings.limit
        for number, member in enumerate(members):
            if number or member.settings is not None:
                grep.begin_member(self._compiled(member))
                if not self._hand_over(grep):
                    return False
            self._member = member.name
            if not self._feed(grep, member.chunks):
                return False
            if limit is not None and self.matched >= limit:
                break
        return True

    def _feed(self, grep: Grep, chunks: Iterator[Buffer]) -> bool:
        """Searches a text; False: nobody wants more."""
        for piece in chunks:
            is_done = grep.feed(piece)
            if self._source.is_live and not _has_more():
                grep.settle()
            self.matched = grep.matched
            if not self._hand_over(grep):
                return False
            if is_done:
                break
        return True

    def _compiled(self, member: Member) -> EngineSettings | None:
        return self._settings.source if member.settings is None else member.settings.for_engine()

    def _named(self) -> RawSource:
        """The source; people see the member's name behind its own, as in `logs.zip!web/access.log`."""
        if not self._member:
            return self._source
        return replace(self._source, name=f"{self._source.name}!{self._member}")

    def _tell_of(self, report: _Report, findings: Findings | None, tell: Callable[[Problem], None]) -> None:
        """What is not in the answer."""
        name = self._source.name
        if report.is_binary:
            tell(Problem(name, "no text, left out", is_missing=False))
        for member, reason in findings.skipped if findings else ():
            tell(Problem(f"{name}!{member}", reason, is_missing=False))
        damage = report.damage or (findings.damage if findings else None)
        if damage is not None:
            tell(Problem(name, f"damaged at byte {damage.offset}: {damage.reason}"))

    def _hand_over(self, grep: Grep) -> bool:
        """Puts what was found; False: nobody wants more."""
        if self._settings.wanted == "count":
            return True
        if self._settings.wanted == "text":
            text = grep.take_text()
            return not text or self._put(Part(self._named(), text=text), len(text))
        rows, partials = grep.take_rows(), grep.take_partials()
        if not rows and not partials:
            return True
        size = sum(len(row[3]) + ROW_BYTES for row in rows) + sum(map(len, partials))
        return self._put(Part(self._source, rows=rows, partials=partials), size)


def _has_more() -> bool:
    """Whether more of standard input can be read at once."""
    return bool(select.select([sys.stdin], [], [], 0)[0])
