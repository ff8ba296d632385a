"""Refuses stores on which two conditional writes can both win: two writers' commits would overwrite each other there.

Several S3-compatible servers had this bug (SeaweedFS before 4.17, versitygw, RustFS). It shows only when requests
overlap, so a few rounds are raced, and the content is compared with what the winner wrote.
"""

from __future__ import annotations

import contextlib
import threading
import uuid
from typing import TYPE_CHECKING

from lakebed.catalog.commit import CATALOG_FOLDER
from lakebed.errors import AlreadyExistsError, StorageError, TransientStorageError, UnsafeStoreError

if TYPE_CHECKING:
    from lakebed.storage.store import Store

SELFTEST_PREFIX = f"{CATALOG_FOLDER}selftest-"
RACERS = 2
ATTEMPTS = 30
"""A race in which a request fails says nothing; it is run again with another key. Where a third of all requests fail,
one race in four or five is undisturbed: thirty fail together once in some thousand times, five did every fourth."""


def check_store_is_safe(store: Store, rounds: int = 1) -> None:
    """Races two creates of one key. Raises `UnsafeStoreError`, or `StorageError` when the store cannot be written."""
    for _ in range(rounds):
        for attempt in range(ATTEMPTS):
            key = f"{SELFTEST_PREFIX}{uuid.uuid4().hex}"
            try:
                _race(store, key)
                break
            except TransientStorageError:
                if attempt == ATTEMPTS - 1:
                    raise
            finally:
                _remove(store, key)


def _remove(store: Store, key: str) -> None:
    """A test object that stays behind does no harm."""
    with contextlib.suppress(StorageError):
        store.delete(key)


def _race(store: Store, key: str) -> None:
    contents = [b"racer %d" % number for number in range(RACERS)]
    won: list[bytes] = []
    failed: list[StorageError] = []
    barrier = threading.Barrier(RACERS)

    def run(content: bytes) -> None:
        barrier.wait()
        try:
            store.create(key, content)
        except AlreadyExistsError:
            return
        except StorageError as error:
            failed.append(error)
            return
        won.append(content)

    threads = [threading.Thread(target=run, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(won) > 1:
        raise UnsafeStoreError(
            f"'{store.url}' let {len(won)} of {RACERS} conditional writes of one key win; a catalog on it would lose "
            "data. Upgrade the server (SeaweedFS from 4.17), or use another store"
        )
    if failed:
        raise failed[0]
    _check_content(store, key, won)


def _check_content(store: Store, key: str, won: list[bytes]) -> None:
    """The winner's bytes are there, and a third create is refused."""
    found = store.get(key)
    if won and found != won[0]:
        raise UnsafeStoreError(f"'{store.url}' kept another content than that of the conditional write that won")
    try:
        store.create(key, b"late")
    except AlreadyExistsError:
        return
    raise UnsafeStoreError(f"'{store.url}' replaced an object by a conditional write that must not replace")
