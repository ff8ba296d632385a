"""Fields, values and indexes of a lake for completion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakebed.execute.tasks import TaskList, order_entries
from lakebed.query.sample_fields import SEGMENTS_LOOKED_AT, FieldSample, Memo, ValueSample, sample_fields, sample_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.catalog.catalog import Catalog
    from lakebed.execute.leaf import LeafTask
    from lakebed.execute.readers import ReaderCache
    from lakebed.storage.store import Store


class LakeSource:
    """Looks at the newest segments of the indexes and the time range. Reads only when it is asked."""

    def __init__(
        self,
        catalog: Catalog,
        store: Store,
        readers: ReaderCache,
        indexes: Sequence[str] | None,
        times: tuple[int | None, int | None],
        memo: Memo,
    ) -> None:
        self._memo = memo
        self._catalog = catalog
        self._store = store
        self._readers = readers
        self._indexes = indexes
        self._times = times

    def fields(self, indexes: Sequence[str] | None) -> FieldSample:
        """See `Source.fields`."""
        return sample_fields(self._tasks(indexes), self._readers, self._store.get_ranges, self._memo)

    def values(self, name: str, indexes: Sequence[str] | None) -> ValueSample:
        """See `Source.values`."""
        since_ns, until_ns = self._times
        return sample_values(
            name, self._tasks(indexes), self._readers, self._store.get_ranges, since_ns=since_ns, until_ns=until_ns
        )

    def indexes(self) -> list[str]:
        """See `Source.indexes`."""
        return self._catalog.refresh().snapshot.indexes

    def _tasks(self, indexes: Sequence[str] | None) -> list[LeafTask]:
        """The newest segments, and one more where there are more: a sample must know that it is one."""
        state = self._catalog.refresh()
        allowed = self._indexes
        if indexes is not None:
            allowed = [name for name in indexes if allowed is None or name in allowed]
        entries = order_entries(state.snapshot.prune(allowed, *self._times), newest_first=True)
        return list(TaskList(state, entries[: SEGMENTS_LOOKED_AT + 1]))
