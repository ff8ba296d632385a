"""The handle on a lake's catalog: keeps the newest state, and commits.

Any number of processes may commit to one lake; the numbered files decide: whoever creates the next number has it.
A handle is shared by the threads of a process.
"""

from __future__ import annotations

import random
import threading
import time
import uuid
from typing import TYPE_CHECKING

from lakebed import config
from lakebed.catalog.changes import Changes, Outcome, plan_commit
from lakebed.catalog.checkpoint import State, write_checkpoint
from lakebed.catalog.commit import REBUILD, CommitFile, commit_key
from lakebed.catalog.commit_lines import encode_commit
from lakebed.catalog.load import apply_commit, load_state, read_commit
from lakebed.catalog.selftest import check_store_is_safe
from lakebed.errors import (
    AlreadyExistsError,
    CatalogError,
    NotFoundError,
    StorageError,
    TransientStorageError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakebed.catalog.snapshot import Snapshot
    from lakebed.catalog.source_run import KnownSource
    from lakebed.storage.store import Store

CREATION_ROUNDS = 3
"""Races of the self-test when a lake is created; later writers race once."""


class Catalog:
    """One lake's catalog. Opening reads the newest state; `refresh` follows it; `commit` changes it."""

    def __init__(
        self,
        store: Store,
        *,
        clock_ns: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._clock_ns = clock_ns
        self._monotonic = monotonic
        self._sleep = sleep
        self._writer = uuid.uuid4().hex
        self._lock = threading.RLock()
        self._is_writer = False
        self._state = load_state(store)
        self._current_at = self._loaded_at = monotonic()

    @property
    def state(self) -> State:
        """The newest state that this handle knows. Never changes once given out."""
        return self._state

    @property
    def snapshot(self) -> Snapshot:
        """The newest snapshot that this handle knows."""
        return self._state.snapshot

    @property
    def is_created(self) -> bool:
        """Whether there is a lake."""
        return self._state.snapshot.number > 0

    def refresh(self) -> State:
        """Learns of other writers' commits: one request when there is none. Returns the newest state."""
        with self._lock:
            if self._is_old():
                self._reload()
            else:
                self._follow()
            return self._state

    def open_for_writing(self) -> None:
        """Creates the lake if there is none, and checks that its store can be trusted. Cheap when done before.

        Raises `UnsafeStoreError` or `StorageError`; nothing was written then but a test object.
        """
        with self._lock:
            if self._is_writer:
                return
            is_new = not self.is_created
            if is_new or not self._store.is_local:
                check_store_is_safe(self._store, CREATION_ROUNDS if is_new else 1)
            if is_new:
                self.refresh()
            if not self.is_created:
                self.commit(Changes("create"))
            self._is_writer = True

    def find_source(self, index: str, url: str) -> KnownSource | None:
        """What the lake has of a source object, as far as this handle knows."""
        return self._state.sources.find(index, url)

    def known_version(self, index: str, url: str) -> bytes | None:
        """The version of a source object that the lake has, as far as this handle knows."""
        known = self._state.sources.find(index, url)
        return None if known is None else known.version

    def is_indexed(self, index: str, url: str, version: bytes) -> bool:
        """Whether this version of a source object is in the lake, as far as this handle knows."""
        return self.known_version(index, url) == version

    def commit(self, changes: Changes) -> Outcome:
        """Makes the changes visible, all or none. Raises `StorageError` when that could not be done or is not known.

        After an error the changes may or may not be visible; doing the same work again is safe.
        """
        with self._lock:
            if self._is_old():
                self._reload()
            for attempt in range(config.COMMIT_ATTEMPTS):
                if changes.action == "create" and self.is_created:
                    return Outcome(None)
                outcome = plan_commit(
                    self._state, changes, writer=self._writer, token=uuid.uuid4().hex, time_ns=self._clock_ns()
                )
                if outcome.commit is None:
                    return outcome
                if self._create(outcome.commit):
                    self._checkpoint_if_due()
                    return outcome
                self._sleep(config.COMMIT_BACKOFF_S * min(attempt + 1, 100) * random.random())
                # All that was committed meanwhile, not only what the lost race was about: who has written a segment
                # for a minute is hundreds of commits behind.
                self._follow()
        raise CatalogError(
            f"gave up after {config.COMMIT_ATTEMPTS} lost races for a commit to '{self._store.url}': "
            f"too many writers (limit COMMIT_ATTEMPTS)"
        )

    def _follow(self) -> None:
        """Applies the commits that come after ours, one by one; those of a long absence are read from a checkpoint."""
        for _ in range(config.COMMITS_FOLLOWED):
            number = self._state.snapshot.number + 1
            try:
                commit = read_commit(self._store, number)
            except NotFoundError:
                self._current_at = self._monotonic()
                return
            if commit.action == REBUILD:
                break
            self._state = apply_commit(self._state, commit)
        self._reload()

    def _create(self, commit: CommitFile) -> bool:
        """Tries to be commit number n. False: another writer's commit n was applied instead."""
        key = commit_key(commit.number)
        data = encode_commit(commit)
        for attempt in range(config.STORE_RETRIES + 1):
            try:
                self._store.create(key, data)
            except AlreadyExistsError:
                return self._resolve(commit)
            except TransientStorageError:
                # The answer was lost: the file may be there. Who is in it decides.
                try:
                    return self._resolve(commit)
                except NotFoundError:
                    self._sleep(config.STORE_BACKOFF_S * 2**attempt)
                    continue
            self._state = apply_commit(self._state, commit)
            self._current_at = self._monotonic()
            return True
        raise StorageError(f"cannot write commit '{key}' to '{self._store.url}': the store failed again and again")

    def _resolve(self, ours: CommitFile) -> bool:
        """Applies the commit that has our number; tells whether it is ours."""
        found = read_commit(self._store, ours.number)
        if found.action == REBUILD:
            self._reload()
            return False
        self._state = apply_commit(self._state, found)
        return (found.writer, found.token) == (ours.writer, ours.token)

    def _checkpoint_if_due(self) -> None:
        number = self._state.snapshot.number
        due = max(
            config.CHECKPOINT_COMMITS, self._state.snapshot.segment_count // config.CHECKPOINT_SEGMENTS_PER_COMMIT
        )
        if number % due and number - self._state.checkpoint < 4 * due:
            return
        try:
            self._state = write_checkpoint(self._store, self._state, self._writer)
        except (StorageError, CatalogError):
            # The commit is done and stands without a checkpoint; the next one that is due tries again.
            return

    def _is_old(self) -> bool:
        """Whether commits may have been made and cleaned away unseen: then the next number is not the next commit.

        Or whether the files beside the checkpoint that this handle began with may be: it asks for them for ever.
        """
        now = self._monotonic()
        return now - self._current_at > config.FULL_REFRESH_S or now - self._loaded_at > config.STATE_KEPT_S

    def _reload(self) -> None:
        before = self._state.snapshot.number
        self._state = load_state(self._store)
        self._current_at = self._loaded_at = self._monotonic()
        if self._state.snapshot.number < before:
            raise CatalogError(
                f"the catalog of '{self._store.url}' went back from commit {before} to {self._state.snapshot.number}; "
                "was the lake deleted or restored? open it again"
            )
