"""A job: one object that some road has brought, on its way to being searchable; and what is answered in the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from lakebed.catalog.entries import source_version

if TYPE_CHECKING:
    from lakebed.ingest.worker import Known
    from lakebed.runner.source import Source
    from lakebed.storage.store import ObjectInfo


class Kind(Enum):
    """What became of a job."""

    DONE = "done"
    """It is in the lake, or nothing is to be done: there already, deleted since."""
    BACK = "back"
    """It was not tried, or the lake failed: anybody may take it, and it has not failed."""
    UNREADABLE = "unreadable"
    """Its content cannot be indexed: it is tried some times and then set aside."""
    UNREACHABLE = "unreachable"
    """Its store failed: it is tried again for long, since the object is not at fault."""


@dataclass(frozen=True)
class Answer:
    """What is told to the road that brought a job."""

    kind: Kind
    reason: str = ""


DONE = Answer(Kind.DONE)
BACK = Answer(Kind.BACK)


class Road(Protocol):
    """Where jobs come from, and who wants to know their end."""

    name: str

    def answer(self, job: Job, answer: Answer) -> None:
        """The job's end. Called once for each, from any thread; does not wait for anything."""


@dataclass(eq=False)
class Job:
    """`info` is None when nobody has looked at the object yet. `ticket` is its road's own."""

    source: Source
    key: str
    info: ObjectInfo | None
    road: Road
    ticket: object
    known: Known | None = None
    data: bytes | None = None
    """Its bytes, when they were fetched ahead."""
    held_bytes: int = 0
    """How much of the budget of bytes it holds."""
    followers: list[Job] = field(default_factory=list)
    """The same object in the same version from other roads: one answer for all."""

    @property
    def url(self) -> str:
        """The object's address."""
        return self.source.place.url_of(self.key)

    @property
    def version(self) -> bytes | None:
        """The version it is thought to have; None when that is not known yet."""
        info = self.info
        return None if info is None else source_version(info.size_bytes, info.modified_ns, info.etag)

    @property
    def size_bytes(self) -> int:
        """As far as it is known."""
        return self.info.size_bytes if self.info else 0
