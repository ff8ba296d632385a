"""What maintenance remembers of files that nothing names: for how long they have been so.

Why not the times of files: a clock that jumps, or that of another machine, would make a file of a moment ago look old,
and a file deleted too early is lost. So each pass adds the time since the last one to the ages, and never more than
`GARBAGE_CREDIT_S`: a clock that is wrong by a year makes nothing older than that. The file is in the lake, so that any
process goes on where another was; losing it makes everything young again and does no harm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lakebed import config
from lakebed.catalog.packed import pack, unpack
from lakebed.errors import CatalogError, NotFoundError
from lakebed.maintenance.keys import SECOND_NS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lakebed.storage.store import Store

MARKS_KEY = "maintenance/garbage.json.gz"
_LEVEL = 6


class Mark(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A file that nothing names. `is_removed`: a commit of this lake removed it, so that no writer will name it."""

    age_s: int = 0
    is_removed: bool = False


class Horizon(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A commit that no reader needs to open the lake, and for how long that has been so."""

    number: int
    age_s: int = 0


class Marks(msgspec.Struct, frozen=True):
    """All that is remembered. `commit` is the newest commit that a pass has seen."""

    looked_ns: int = 0
    commit: int = 0
    marks: dict[str, Mark] = {}
    horizons: tuple[Horizon, ...] = ()

    def credit_s(self, now_ns: int) -> int:
        """By how much everything is older now than at the last pass."""
        if not self.looked_ns:
            return 0
        return max(0, min((now_ns - self.looked_ns) // SECOND_NS, config.GARBAGE_CREDIT_S))

    def aged(self, now_ns: int, unnamed: Iterable[str], removed: frozenset[str], commit: int, opening: int) -> Marks:
        """The marks of this pass: of these files only. `opening` is the commit that the lake can be opened from."""
        credit = self.credit_s(now_ns)
        marks: dict[str, Mark] = {}
        for key in unnamed:
            known = self.marks.get(key)
            if known is None or (key in removed and not known.is_removed):
                # One that waited for its commit and was removed soon after it is as new as any that was removed.
                marks[key] = Mark(0, key in removed)
            else:
                marks[key] = Mark(known.age_s + credit, known.is_removed)
        horizons = [Horizon(one.number, one.age_s + credit) for one in self.horizons]
        if opening > (horizons[-1].number if horizons else 0):
            horizons.append(Horizon(opening))
        ripe = [one for one in horizons if one.age_s >= config.HISTORY_S]
        # Of those that are old enough only the newest says anything.
        return Marks(now_ns, commit, marks, tuple(horizons[max(0, len(ripe) - 1) :]))

    def is_removed(self, key: str) -> bool:
        """Whether a commit is known to have removed it."""
        known = self.marks.get(key)
        return known is not None and known.is_removed

    def renewed(self, keys: Iterable[str]) -> Marks:
        """The same with these as if they were found now."""
        return msgspec.structs.replace(self, marks=self.marks | {key: Mark() for key in keys if key in self.marks})

    @property
    def history_until(self) -> int:
        """Commits up to this number may go."""
        return max((one.number for one in self.horizons if one.age_s >= config.HISTORY_S), default=0)


def read_marks(store: Store) -> Marks:
    """What the last pass left; nothing when there was none, or when it cannot be read."""
    try:
        return msgspec.json.decode(unpack(store.get(MARKS_KEY), MARKS_KEY), type=Marks)
    except (NotFoundError, CatalogError, msgspec.MsgspecError):
        return Marks()


def write_marks(store: Store, marks: Marks) -> None:
    """Keeps them for the next pass."""
    store.put(MARKS_KEY, pack(msgspec.json.encode(marks), _LEVEL))
