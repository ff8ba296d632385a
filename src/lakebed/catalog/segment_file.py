"""What a segment's file says of itself: its address and its summary, with two small reads from its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lakebed.catalog.describe import SegmentSummary
from lakebed.catalog.entries import index_of_key
from lakebed.errors import CorruptSegmentError
from lakebed.native import engine_errors, segment_address, segment_summary

if TYPE_CHECKING:
    from lakebed.catalog.entries import SegmentEntry
    from lakebed.storage.store import Store

TAIL_BYTES = 16 * 1024
"""What is read of a segment's end at first: most addresses are some kB."""

FOOTER_BYTES = 12
"""Behind the address: its length and the magic."""


class FoundSummary(SegmentSummary, frozen=True):
    """The summary as the file has it: with the index."""

    index: str


def check_segment(store: Store, entry: SegmentEntry, address: bytes) -> str:
    """What is wrong with a segment that has its size; empty when its address is the one that the catalog has.

    One request. Raises `StorageError`, `CorruptSegmentError`.
    """
    wanted = min(entry.size_bytes, len(address) + FOOTER_BYTES)
    (tail,) = store.get_ranges(entry.key, [(entry.size_bytes - wanted, wanted)])
    with engine_errors(entry.key):
        found, _, _ = segment_address(tail)
    if found != address:
        return "its address is not the one that the catalog has"
    return ""


def read_segment(store: Store, key: str, size_bytes: int) -> tuple[bytes, FoundSummary]:
    """The address and the summary. Two or three requests. Raises `StorageError`, `CorruptSegmentError`."""
    wanted = min(size_bytes, TAIL_BYTES)
    with engine_errors(key):
        for _ in range(2):
            (tail,) = store.get_ranges(key, [(size_bytes - wanted, wanted)])
            address, offset, length = segment_address(tail)
            if address is not None:
                break
            wanted = min(size_bytes, offset)
        else:
            raise CorruptSegmentError(f"segment '{key}': its end does not hold its address")
        (frame,) = store.get_ranges(key, [(offset, length)])
        summary = msgspec.json.decode(segment_summary(address, frame), type=FoundSummary)
    if summary.index != index_of_key(key):
        raise CorruptSegmentError(f"segment '{key}' says that it is of index '{summary.index}'")
    return address, summary
