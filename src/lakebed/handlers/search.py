"""AWS Lambda: runs leaf tasks of a search and gives their parts. The request holds all that is needed; nothing is kept
but connections and readers of segments, so that a warm worker is faster.
"""

from __future__ import annotations

import functools

import msgspec

from lakebed.execute.leaf import LeafPart, LeafRun, LeafTask, run_to_the_end
from lakebed.execute.readers import ReaderCache
from lakebed.storage.open import open_store

_store = functools.lru_cache(maxsize=8)(open_store)
_readers = ReaderCache()


class SearchRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a worker is asked to do. In JSON, bytes are base64."""

    store: str
    plan: bytes
    is_aggregate: bool
    tasks: list[LeafTask]


def handler(event: dict[str, object], _context: object = None) -> dict[str, object]:
    """The entry point: `{"parts": [[part…] for each task]}`. A failure is raised, and the caller retries elsewhere."""
    request = msgspec.convert(event, SearchRequest)
    parts: list[list[LeafPart]] = []
    for task in request.tasks:
        reader = _readers.find(task.key, task.address)
        read = _store(request.store).get_ranges
        run = LeafRun(task, request.plan, read, reader, is_aggregate=request.is_aggregate)
        parts.append(list(run_to_the_end(run)))
    return {"parts": msgspec.to_builtins(parts)}
