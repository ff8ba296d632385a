"""Half-written files that killed writers leave in a folder: no listing shows them, so nothing else would remove them.

A writer renames such a file within seconds, and its name is its own; one that is there at every look for a day is
nobody's. Not by its time: a clock that jumps would make the file of a moment ago look old.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from lakebed.catalog.commit import CATALOG_FOLDER
from lakebed.catalog.entries import SEGMENT_FOLDER
from lakebed.storage.local import HIDDEN_PREFIX
from lakebed.storage.open import path_of_file_url, url_scheme

if TYPE_CHECKING:
    from lakebed.storage.store import Store

FOLDERS = (SEGMENT_FOLDER, CATALOG_FOLDER, "maintenance/", "raw/")
"""Where Lakebed writes; the folder may hold other things."""


def find_temporaries(store: Store) -> dict[str, int]:
    """Keys with sizes. In a bucket there are none."""
    if url_scheme(store.url) != "file":
        return {}
    root = path_of_file_url(store.url)
    found: dict[str, int] = {}
    for folder in FOLDERS:
        for path in (root / folder).rglob(f"{HIDDEN_PREFIX}*"):
            with contextlib.suppress(OSError):  # its writer may have renamed it meanwhile
                if path.is_file():
                    found[path.relative_to(root).as_posix()] = path.stat().st_size
    return found


def is_temporary(key: str) -> bool:
    """Whether it is the key of such a file."""
    return key.rpartition("/")[2].startswith(HIDDEN_PREFIX)
