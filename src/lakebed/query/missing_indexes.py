"""Says that a query names an index in which the lake has no events: a slip must not look like "nothing there"."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WARNINGS_MAX = 5
"""Names of one query that are told."""


def missing_indexes(wanted: Sequence[str], known: Sequence[str]) -> list[str]:
    """A sentence for each index that is wanted and not known.

    >>> missing_indexes(["web", "atuh"], ["auth", "web"])
    ["the lake has no events in an index 'atuh'; did you mean 'auth'?"]
    """
    found = [_warning(name, known) for name in wanted if name not in known]
    return found[:WARNINGS_MAX]


def _warning(name: str, known: Sequence[str]) -> str:
    by_plain = {other.lower(): other for other in known}
    near = difflib.get_close_matches(name.lower(), by_plain, n=1, cutoff=0.6)
    return f"the lake has no events in an index '{name}'" + (f"; did you mean '{by_plain[near[0]]}'?" if near else "")
