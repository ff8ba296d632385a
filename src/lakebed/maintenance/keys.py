"""What the key of a segment tells besides its index: when its data was indexed, and how often it was merged.

The catalog's entries have neither. A merged segment's key has the generation before the random part, and for its time
that of the newest of its inputs: so it bounds the age of the data, not that of the file.
"""

from __future__ import annotations

import calendar
import functools
import re

from lakebed.catalog.entries import SEGMENT_FOLDER

SECOND_NS = 1_000_000_000

_KEY = re.compile(r"segments/[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}/\d{8}T\d{6}(-g\d)?-[0-9a-f]{16}\.seg")
_CREATED = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)")
_GENERATION_AT = -len("g0-0123456789abcdef.seg")


def merged_key(index: str, created: str, generation: int, random: int) -> str:
    """The key of a segment that was merged from others.

    >>> merged_key("web", "20260102T030405", 2, 0xABC)
    'segments/web/20260102T030405-g2-0000000000000abc.seg'
    """
    return f"{SEGMENT_FOLDER}{index}/{created}-g{generation}-{random:016x}.seg"


def is_segment_key(key: str) -> bool:
    """Whether the key is one that Lakebed gives to a segment; other files in the folder are not ours to judge."""
    return _KEY.fullmatch(key) is not None


def generation_of(key: str) -> int:
    """How many merges the most often merged event of the segment went through; 0 for what an indexer wrote.

    >>> generation_of("segments/web/20260102T030405-g2-0000000000000abc.seg")
    2
    """
    if key[_GENERATION_AT : _GENERATION_AT + 1] != "g":
        return 0
    digit = key[_GENERATION_AT + 1]
    return int(digit) if digit.isdigit() else 0


def created_text(key: str) -> str:
    """The time in the key, as it stands there."""
    return key.rpartition("/")[2][:15]


def created_ns(key: str) -> int | None:
    """When the newest data of the segment was indexed, by the clock of its indexer; None when the key does not say."""
    return _parsed(created_text(key))


@functools.lru_cache(maxsize=10_000)
def _parsed(text: str) -> int | None:
    found = _CREATED.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = map(int, found.groups())
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 62 and year >= 1970):
        return None
    return calendar.timegm((year, month, day, hour, minute, second, 0, 0, 0)) * SECOND_NS
