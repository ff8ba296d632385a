"""Addresses of segments: from the snapshot, or from a checkpoint's address pack.

A search over many segments wants many addresses that lie side by side in a pack (sorted by index and time), so that a
few reads bring them all, before any segment is touched.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from lakebed import config
from lakebed.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lakebed.catalog.entries import SegmentEntry
    from lakebed.catalog.snapshot import Snapshot
    from lakebed.storage.store import Store

GAP_BYTES = 64 * 1024
"""Addresses with less than this between them are read together: one request costs more than the bytes."""


class AddressBook:
    """Finds addresses. Packs never change, so what was read once is kept, up to `ADDRESS_PACK_BYTES`."""

    def __init__(self, store: Store, packs: Sequence[str]) -> None:
        self._store = store
        self.packs = list(packs)
        self._known: dict[str, bytes] = {}
        self._known_bytes = 0
        self._lock = threading.Lock()

    def find(self, snapshot: Snapshot, entries: Iterable[SegmentEntry]) -> dict[str, bytes]:
        """Segment key → address, in as few requests as their places allow."""
        found: dict[str, bytes] = {}
        missing: dict[int, list[SegmentEntry]] = {}
        for entry in entries:
            known = snapshot.addresses.get(entry.key) or self._known.get(entry.key)
            if known is not None:
                found[entry.key] = known
            else:
                missing.setdefault(entry.pack, []).append(entry)
        for pack, wanted in missing.items():
            found.update(self._read(pack, wanted))
        return found

    def _read(self, pack: int, wanted: list[SegmentEntry]) -> dict[str, bytes]:
        if not 0 <= pack < len(self.packs):
            raise CatalogError(f"no address for segment '{wanted[0].key}': address pack {pack} is not in the catalog")
        key = self.packs[pack]
        wanted = sorted(wanted, key=lambda entry: entry.address_offset)
        groups = group_by_place(wanted)
        ranges = [
            (group[0].address_offset, group[-1].address_offset + group[-1].address_bytes - group[0].address_offset)
            for group in groups
        ]
        found: dict[str, bytes] = {}
        for group, (start, _), data in zip(groups, ranges, self._store.get_ranges(key, ranges), strict=True):
            view = memoryview(data)
            for entry in group:
                at = entry.address_offset - start
                found[entry.key] = bytes(view[at : at + entry.address_bytes])
        self._keep(found)
        return found

    def _keep(self, found: dict[str, bytes]) -> None:
        with self._lock:
            for key, address in found.items():
                if key not in self._known:
                    self._known[key] = address
                    self._known_bytes += len(address)
            while self._known_bytes > config.ADDRESS_PACK_BYTES:
                oldest = next(iter(self._known))
                self._known_bytes -= len(self._known.pop(oldest))


def group_by_place(entries: Sequence[SegmentEntry]) -> list[list[SegmentEntry]]:
    """Splits entries, sorted by offset, where the gap between them is large or the piece would be."""
    groups: list[list[SegmentEntry]] = []
    end = start = -1
    for entry in entries:
        after = entry.address_offset + entry.address_bytes
        near = groups and entry.address_offset - end <= GAP_BYTES
        if near and after - start <= config.ADDRESS_PACK_BYTES:
            groups[-1].append(entry)
        else:
            groups.append([entry])
            start = entry.address_offset
        end = after
    return groups
