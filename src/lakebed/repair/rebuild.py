"""Makes a lake's catalog anew when it is lost or damaged: from the segments, and from what can still be read of it.

What is decided, and why it is sound:
- Every segment file that can be read counts, unless a commit that can be read has removed it. Of copies of one object
  those count that readings.py chooses.
- Of an object whose place is not exactly as a record that can be read has it, nobody knows which version it is, nor
  whether all of it is there: an indexer may have been killed in its middle. It is recorded with a version that no
  object has, so that it is searched meanwhile, and the next indexing of its source replaces it.
- Deletions are taken from the commits that can be read and from the index `_audit`. They hit what was received before
  them, so that nothing that was deleted comes back.

The new catalog is a checkpoint with a number of its own, and visible from the moment that it is there. The old files
are copied to `catalog-before-TIME/` afterwards, then removed. Nobody else may write meanwhile.
"""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from lakebed import config
from lakebed.catalog.addresses import AddressBook
from lakebed.catalog.checkpoint import HINT_KEY, State, write_checkpoint
from lakebed.catalog.commit import CATALOG_FOLDER, FORMAT_VERSION, REBUILD, CommitFile, commit_key
from lakebed.catalog.commit_lines import encode_commit
from lakebed.catalog.describe import describe_segment
from lakebed.catalog.entries import OWN_INDEX_PREFIX, SEGMENT_FOLDER, Deletion, SegmentEntry, id_of_key, source_digest
from lakebed.catalog.evidence import Evidence, gather
from lakebed.catalog.load import load_state
from lakebed.catalog.segment_file import read_segment
from lakebed.catalog.snapshot import Segments, Snapshot
from lakebed.catalog.source_run import KnownSource, decode_run
from lakebed.catalog.sources import SourceFiles, SourceTable
from lakebed.errors import (
    AlreadyExistsError,
    CatalogError,
    LakebedError,
    NotFoundError,
    TransientStorageError,
    UsageError,
)
from lakebed.repair.deletions import kept_deletions
from lakebed.repair.readings import Choice, SegmentFile, choose, read_readings

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakebed.storage.store import ObjectInfo, Store

UNKNOWN_VERSION = bytes(8)
"""No object has it: it would be one hash in 2^64."""


@dataclass
class Rebuilt:
    """What a rebuild does, or would do. `unsure` objects are to be indexed again from their sources.

    `left_out` are segments that a commit has removed or whose objects all count elsewhere; `problems` are files that
    cannot be read, with the reason. `moved_to` is where the old catalog is now.
    """

    commit: int = 0
    segments: int = 0
    events: int = 0
    objects: int = 0
    unsure: int = 0
    deletions: int = 0
    left_out: list[str] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)
    moved_to: str = ""


def rebuild(store: Store, *, dry_run: bool, force: bool = False, clock_ns: Callable[[], int] = time.time_ns) -> Rebuilt:
    """Makes the catalog anew; with `dry_run` it only tells. `force`: also when the catalog can be read.

    Raises `UsageError` (nothing to do), `NotFoundError` (no segments), `StorageError`, and `CatalogError` when somebody
    else wrote meanwhile; then the old catalog is still there, and it can be done again.
    """
    if not dry_run and not force:
        _refuse_if_well(store)
    evidence = gather(store)
    told = Rebuilt(evidence.last + 1, problems=list(evidence.unreadable))
    files = _read_files(store, evidence, told)
    choice = choose(files, lambda file, urls: read_readings(store, file, urls))
    kept = [file for file in files if len(choice.dead.get(file.key, ())) < len(file.summary.objects)]
    told.left_out += [file.key for file in files if file not in kept]
    sources = _sources(choice, evidence, {file.key for file in files}, told)
    deletions = kept_deletions(store, kept, choice, list(evidence.deletions.values()), told.problems)
    told.segments, told.deletions = len(kept), len(deletions)
    told.events = sum(
        one.events
        for file in kept
        for number, one in enumerate(file.summary.objects)
        if number not in choice.dead.get(file.key, ())
    )
    if not dry_run:
        _write(store, kept, choice, sources, deletions, told, clock_ns())
    return told


def _refuse_if_well(store: Store) -> None:
    try:
        state = load_state(store)
        state.sources.run()
    except TransientStorageError:
        raise
    except LakebedError:
        return
    if state.snapshot.number:
        raise UsageError(
            "the catalog can be read, so it need not be made anew; --force (`force=True`) does it all the same"
        )


def _read_files(store: Store, evidence: Evidence, told: Rebuilt) -> list[SegmentFile]:
    infos = [info for info in store.list(SEGMENT_FOLDER) if info.key.endswith(".seg")]
    if not infos:
        raise NotFoundError(f"no segments in '{store.url}': there is nothing to make a catalog of")
    told.left_out += [info.key for info in infos if info.key in evidence.removed]

    def read(info: ObjectInfo) -> SegmentFile | str:
        try:
            address, summary = read_segment(store, info.key, info.size_bytes)
            return SegmentFile(info.key, info.size_bytes, address, summary, info.modified_ns)
        except TransientStorageError:
            raise
        except (LakebedError, ValueError) as error:
            return str(error)

    wanted = [info for info in infos if info.key not in evidence.removed]
    found: list[SegmentFile] = []
    with ThreadPoolExecutor(config.REMOTE_PARALLELISM) as pool:
        for info, file in zip(wanted, pool.map(read, wanted), strict=True):
            if isinstance(file, str):
                told.problems.append((info.key, file))
            else:
                found.append(file)
    return found


def _sources(choice: Choice, evidence: Evidence, there: set[str], told: Rebuilt) -> dict[bytes, KnownSource]:
    """What is known of each object, by its digest."""
    known = decode_run(evidence.sources.run())
    lost = {segment for segment, key in evidence.known.items() if key not in there}
    # An object whose segment expired stays known, or it would be indexed again; one whose segment was lost must be.
    found = {digest: one for digest, one in known.items() if not any(segment in lost for segment, _ in one.parts)}
    for (index, url), parts in choice.parts.items():
        if index.startswith(OWN_INDEX_PREFIX):
            continue
        digest = source_digest(index, url)
        places = tuple((id_of_key(key), number) for key, number in parts)
        one = known.get(digest)
        is_sure = one is not None and set(one.parts) == set(places)
        told.objects += 1
        told.unsure += not is_sure
        found[digest] = one if one is not None and is_sure else KnownSource(UNKNOWN_VERSION, 0, places)
    return found


def _write(
    store: Store,
    files: list[SegmentFile],
    choice: Choice,
    sources: dict[bytes, KnownSource],
    deletions: list[Deletion],
    told: Rebuilt,
    time_ns: int,
) -> None:
    number, writer = told.commit, uuid.uuid4().hex
    segments, packs = _write_packs(store, files, choice, number, writer)
    table = SourceTable(SourceFiles(), store.get)
    table.take(sources)
    deletions = [msgspec.structs.replace(one, number=number) for one in deletions]
    state = State(Snapshot(number, segments, {}, (), deletions), AddressBook(store, packs), table)
    write_checkpoint(store, state, writer)
    commit = CommitFile(FORMAT_VERSION, number, writer, uuid.uuid4().hex, time_ns, REBUILD)
    try:
        store.create(commit_key(number), encode_commit(commit))
    except AlreadyExistsError as error:
        raise CatalogError(
            f"somebody committed to '{store.url}' while its catalog was made anew; stop all writers and do it again"
        ) from error
    told.moved_to = f"catalog-before-{time.strftime('%Y%m%dT%H%M%S', time.gmtime(time_ns // 10**9))}/"
    _move_old(store, number, told.moved_to)


def _write_packs(
    store: Store, files: list[SegmentFile], choice: Choice, number: int, writer: str
) -> tuple[Segments, list[str]]:
    """Address packs of a few megabytes each, side by side by index and time, and the entries that point into them."""
    segments: Segments = {}
    packs: list[str] = []
    waiting = bytearray()

    def flush() -> None:
        packs.append(f"{CATALOG_FOLDER}{number:020}-{writer[:8]}-{len(packs)}.addresses")
        store.put(packs[-1], bytes(waiting))
        waiting.clear()

    for file in sorted(files, key=lambda one: (one.summary.index, one.summary.min_time_ns)):
        dead = tuple(sorted(choice.dead.get(file.key, ())))
        new = describe_segment(file.key, file.size_bytes, file.address, file.summary, dead)
        entry: SegmentEntry = msgspec.structs.replace(
            new.entry(),
            pack=len(packs),
            address_offset=len(waiting),
            address_bytes=len(file.address),
            swept=number - 1,
        )
        segments.setdefault(entry.index, {})[entry.key] = entry
        waiting += file.address
        if len(waiting) >= config.ADDRESS_PACK_BYTES:
            flush()
    if waiting:
        flush()
    return segments, packs


def _move_old(store: Store, number: int, folder: str) -> None:
    """Copies all first: whoever is interrupted has every file in one place or the other, or in both."""
    ours = f"{CATALOG_FOLDER}{number:020}"
    old = [info.key for info in store.list(CATALOG_FOLDER) if not info.key.startswith(ours) and info.key != HINT_KEY]
    for key in old:
        store.put(folder + key.removeprefix(CATALOG_FOLDER), store.get(key))
    for key in old:
        store.delete(key)
