"""What the runner tells the index `_usage`: a record for each object, in the commit that makes it searchable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakebed.ingest.usage import IndexedObject, indexing_record, usage_segment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.catalog.entries import NewSegment
    from lakebed.runner.committing import Done
    from lakebed.storage.store import Store


class UsageRecords:
    """Makes and writes the segment of a commit; see `committing.Usage`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, done: Sequence[Done], now_ns: int) -> NewSegment | None:
        """The segment, written; None when no object is done. Raises `StorageError`."""
        objects = [
            IndexedObject(
                job.source.name,
                job.source.index.index,
                job.url,
                job.size_bytes,
                job.info.modified_ns if job.info else now_ns,
                report,
            )
            for job, report in done
        ]
        return usage_segment(self._store, [indexing_record(one, now_ns) for one in objects], now_ns)
