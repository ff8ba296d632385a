"""Half-written files that killed writers leave in a folder: no listing shows them, so nothing else would remove them.

A writer renames such a file within seconds of its last write, so its own time says whether someone is still at it.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from lakebed import config
from lakebed.catalog.commit import CATALOG_FOLDER
from lakebed.catalog.entries import SEGMENT_FOLDER
from lakebed.maintenance.keys import SECOND_NS
from lakebed.storage.local import HIDDEN_PREFIX
from lakebed.storage.open import path_of_file_url, url_scheme

if TYPE_CHECKING:
    from lakebed.storage.store import Store

FOLDERS = (SEGMENT_FOLDER, CATALOG_FOLDER, "maintenance/", "raw/")
"""Where Lakebed writes; the folder may hold other things."""


def remove_temporaries(store: Store, now_ns: int) -> int:
    """Removes those that nobody has written to for a day; returns how many. In a bucket there are none."""
    if url_scheme(store.url) != "file":
        return 0
    root = path_of_file_url(store.url)
    removed = 0
    for folder in FOLDERS:
        for path in (root / folder).rglob(f"{HIDDEN_PREFIX}*"):
            with contextlib.suppress(OSError):  # another process may have renamed or removed it meanwhile
                if path.is_file() and path.stat().st_mtime_ns < now_ns - config.TEMPORARY_GRACE_S * SECOND_NS:
                    path.unlink()
                    removed += 1
    return removed
