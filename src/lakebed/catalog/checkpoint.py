"""Checkpoints: the whole state after a commit in a few files, so that opening a lake does not replay its history.

`<number>.checkpoint` is gzip'd MessagePack: the segments' entries and the names of the files beside it. Addresses, a
few kB each, are in packs read when a segment is opened: only what came since the last checkpoint is written anew.
Source objects are in runs that only writers read. `checkpoint.json` names the latest; it is a hint, since it is written
without a condition: an old one costs a reader some commits more, never a wrong state.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from lakebed import config
from lakebed.catalog.addresses import AddressBook
from lakebed.catalog.commit import CATALOG_FOLDER, checkpoint_key
from lakebed.catalog.entries import Deletion, FlawedObject, SegmentEntry
from lakebed.catalog.packed import pack, unpack
from lakebed.catalog.redirects import store_redirects
from lakebed.catalog.snapshot import Segments, Snapshot
from lakebed.catalog.source_run import store_run
from lakebed.catalog.sources import MERGE_RATIO, SourceFiles, SourceTable
from lakebed.errors import AlreadyExistsError, CatalogError, NotFoundError

if TYPE_CHECKING:
    from lakebed.catalog.sources import NewRun
    from lakebed.storage.store import Store

HINT_KEY = f"{CATALOG_FOLDER}checkpoint.json"
CHECKPOINT_VERSION = 2
"""Version 1 has no deletions, no redirects, and no `swept`; it is read. A reader of version 1 alone must not read 2: it
would show events that were deleted."""

_COMPRESSION_LEVEL = 1


@dataclass(frozen=True)
class State:
    """A snapshot with what belongs to it: address packs, source objects for writers, the checkpoint it came from."""

    snapshot: Snapshot
    addresses: AddressBook
    sources: SourceTable
    checkpoint: int = 0


class CheckpointFile(msgspec.Struct, frozen=True, array_like=True):
    """What a checkpoint holds. `packs` are keys of address packs; an entry's `pack` is a place in that list.

    `runs` and `redirects` are keys of what writers need (empty: no redirects); `deletions` are those still to be
    carried out in some segment.
    """

    version: int
    number: int
    entries: list[SegmentEntry]
    packs: list[str]
    runs: list[str]
    flawed: list[FlawedObject]
    deletions: list[Deletion] = []
    redirects: str = ""


class _Hint(msgspec.Struct, frozen=True):
    number: int


def read_hint(store: Store) -> int:
    """Number of the latest checkpoint as far as is known; 0 when there is none."""
    try:
        return msgspec.json.decode(store.get(HINT_KEY), type=_Hint).number
    except NotFoundError:
        return 0
    except msgspec.MsgspecError:
        return 0  # only a hint: the listing finds the commits


def read_checkpoint(store: Store, number: int) -> State:
    """The state after commit `number`. Raises `CatalogError`, `NotFoundError`."""
    key = checkpoint_key(number)
    try:
        found = msgspec.msgpack.decode(unpack(store.get(key), key), type=CheckpointFile)
    except msgspec.MsgspecError as error:
        raise CatalogError(f"checkpoint '{key}' cannot be read: {error}; was it written by a newer lakebed?") from error
    if not 1 <= found.version <= CHECKPOINT_VERSION or found.number != number:
        raise CatalogError(
            f"checkpoint '{key}' has format version {found.version} and number {found.number}; "
            f"wanted {CHECKPOINT_VERSION} at most and {number}"
        )
    segments: Segments = {}
    for entry in found.entries:
        segments.setdefault(entry.index, {})[entry.key] = entry
    snapshot = Snapshot(number, segments, {}, found.flawed, found.deletions)
    sources = SourceTable(SourceFiles(found.runs, found.redirects), store.get)
    return State(snapshot, AddressBook(store, found.packs), sources, number)


def write_checkpoint(store: Store, state: State, writer: str) -> State:
    """Writes the state and returns it with its addresses packed. Another writer's checkpoint is left alone."""
    number = state.snapshot.number
    name = f"{CATALOG_FOLDER}{number:020}-{writer[:8]}"
    packs, packed, addresses = _pack_addresses(state.snapshot, state.addresses)
    if addresses:
        store.put(f"{name}.addresses", addresses)
        packs.append(f"{name}.addresses")
    new = state.sources.new_run()
    files = _write_sources(store, name, state.sources.files, new)
    snapshot = state.snapshot.with_packed(packed)
    file = CheckpointFile(
        CHECKPOINT_VERSION,
        number,
        snapshot.entries(),
        packs,
        list(files.runs),
        list(snapshot.flawed),
        list(snapshot.deletions),
        files.redirects,
    )
    data = pack(msgspec.msgpack.encode(file), _COMPRESSION_LEVEL)
    with contextlib.suppress(AlreadyExistsError):  # another writer was faster; its files say the same
        store.create(checkpoint_key(number), data)
    store.put(HINT_KEY, msgspec.json.encode(_Hint(number)))
    state.sources.replace_runs(new, files)
    return State(snapshot, AddressBook(store, packs), state.sources, number)


def _write_sources(store: Store, name: str, files: SourceFiles, new: NewRun) -> SourceFiles:
    """Writes the new run and the redirects, where there are any."""
    runs = list(files.runs[: new.kept])
    if new.run:
        runs.append(f"{name}.sources")
        store.put(runs[-1], store_run(new.run))
    redirects = f"{name}.redirects" if len(new.redirects) else ""
    if redirects:
        store.put(redirects, store_redirects(new.redirects))
    return SourceFiles(runs, redirects)


def _pack_addresses(snapshot: Snapshot, book: AddressBook) -> tuple[list[str], list[SegmentEntry], bytes]:
    """A pack of the addresses that are in none yet, and of the last packs as far as they are small.

    Returns the packs that stay as they are, the entries that point elsewhere now, and the bytes of the new pack. A pack
    of which no segment is left does not stay: nobody could ever remove its file.
    """
    entries = snapshot.entries()
    live = [0] * len(book.packs)
    for entry in entries:
        if entry.pack >= 0:
            live[entry.pack] += entry.address_bytes
    size = sum(len(address) for address in snapshot.addresses.values())
    kept = len(book.packs)
    while size and kept and live[kept - 1] <= min(MERGE_RATIO * size, config.ADDRESS_PACK_BYTES):
        kept -= 1
        size += live[kept]
    places = {old: new for new, old in enumerate(number for number in range(kept) if live[number])}
    packed = [
        msgspec.structs.replace(entry, pack=places[entry.pack])
        for entry in entries
        if 0 <= entry.pack < kept and places[entry.pack] != entry.pack
    ]
    moved = [entry for entry in entries if entry.pack < 0 or entry.pack >= kept]
    moved.sort(key=lambda entry: (entry.index, entry.min_time_ns))
    addresses = book.find(snapshot, moved)
    offset = 0
    for entry in moved:
        length = len(addresses[entry.key])
        packed.append(msgspec.structs.replace(entry, pack=len(places), address_offset=offset, address_bytes=length))
        offset += length
    return [book.packs[old] for old in places], packed, b"".join(addresses[entry.key] for entry in moved)
