"""The Python API: open a lake, index logs into it, search them.

>>> import lakebed, tempfile, pathlib
>>> folder = pathlib.Path(tempfile.mkdtemp())
>>> _ = (folder / "app.log").write_text('{"time": "2026-01-01T00:00:00Z", "user": "alice", "status": 500}\\n')
>>> lake = lakebed.open(folder / "lake")
>>> lake.index(folder / "app.log", into="app").events
1
>>> [row.event["user"] for row in lake.search("status >= 500")]
['alice']
"""

from __future__ import annotations

import functools
import os
import threading
import time
import weakref
from typing import TYPE_CHECKING, Self

from lakebed.catalog.catalog import Catalog
from lakebed.catalog.entries import check_index_name
from lakebed.catalog.index_info import IndexInfo, index_infos
from lakebed.catalog.status import LakeStatus, lake_status
from lakebed.configuration.find import lake_url, records_queries
from lakebed.deletion import Deleted, commit_deletion, process_user
from lakebed.errors import NotFoundError, UsageError
from lakebed.execute.readers import ReaderCache
from lakebed.execute.threads import ThreadExecutor
from lakebed.ingest.run import Progress, index_source
from lakebed.ingest.settings import SourceSettings
from lakebed.ingest.usage_log import UsageLog
from lakebed.ingest.worker import IndexSettings
from lakebed.lookups import Lookups
from lakebed.model import Row
from lakebed.query.compile import compile_query
from lakebed.query.complete import complete
from lakebed.query.complete_source import LakeSource
from lakebed.query.deletion import plan_deletion
from lakebed.query.explain import explain
from lakebed.query.missing_fields import missing_fields
from lakebed.query.missing_indexes import missing_indexes
from lakebed.query.moments import parse_moment
from lakebed.query.run import Search
from lakebed.results import AsyncSearchResult, SearchResult
from lakebed.storage.open import open_store

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Sequence

    from lakebed.catalog.snapshot import Snapshot
    from lakebed.ingest.totals import IndexTotals
    from lakebed.query.compile import CompiledQuery
    from lakebed.query.complete import Completion
    from lakebed.query.explanation import Explanation
    from lakebed.query.sample_fields import Memo


def open(url: str | os.PathLike[str] | None = None, *, record_queries: bool | None = None) -> Lake:  # noqa: A001 - the user's word
    """Opens the lake at a folder or at an `s3://`, `gs://` or `az://` URL.

    None is `LAKEBED_LAKE`, else the lake that a `lakebed.toml` names (that of `LAKEBED_CONFIG`, or the one in the
    working directory), else `./lake`.

    Nothing is written, and a lake that is not there is no error yet: indexing creates it, searching raises
    `NotFoundError`. Credentials come from the environment, under the names that the clouds' own tools use.

    `record_queries` True: each search becomes an event of the index `_usage`, written every minute and by `close`.
    None: as the `lakebed.toml` of this lake says. A lake that cannot be written is searched all the same.
    """
    opened = Lake(os.fspath(url) if url is not None else lake_url())
    if records_queries(opened.url) if record_queries is None else record_queries:
        opened.record_queries()
    return opened


class Lake:
    """A handle on one lake. Keep it: it holds connections, the catalog and what was learned of segments.

    Any number of threads may use it. Any number of handles and processes may index into one lake.
    """

    def __init__(self, url: str) -> None:
        self._store = open_store(url)
        self._lock = threading.Lock()
        self._catalog: Catalog | None = None
        self._readers = ReaderCache()
        self._field_memo: Memo = {}
        self._executor: ThreadExecutor | None = None
        self._usage: UsageLog | None = None
        self.lookups = Lookups(self._store)
        """The lookup tables that stand in the lake, for the stage `lookup`."""

    def __repr__(self) -> str:
        return f"lakebed.open({self.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Where the lake is."""
        return self._store.url

    def exists(self) -> bool:
        """Whether a lake was created there."""
        return self._opened().is_created

    def indexes(self) -> list[str]:
        """Names of the indexes that hold events, sorted."""
        return self._opened().refresh().snapshot.indexes

    def info(self, index: str | Sequence[str] | None = None) -> list[IndexInfo]:
        """What is in each index: events, their times, bytes; one, several, or None for all. Opens no segment."""
        names = [index] if isinstance(index, str) else index
        return index_infos(self._opened().refresh().snapshot, names)

    def status(self) -> LakeStatus:
        """What is in each index, and the source objects that did not wholly become events. Opens no segment.

        Raises `NotFoundError` when there is no lake.
        """
        state = self._opened().refresh()
        if not self._opened().is_created:
            raise NotFoundError(f"no lake at '{self.url}'; `lakebed index` makes one")
        return lake_status(self.url, state)

    def index(
        self,
        source: str | os.PathLike[str],
        *,
        into: str,
        format: str | None = None,
        time_fields: Sequence[str] = (),
        settings: SourceSettings | None = None,
        workers: int | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> IndexTotals:
        """Indexes a file, a folder, a glob or an object-store URL prefix into the index `into`; creates the lake.

        Objects that are in the index already, in this version, are left out; a changed object replaces its earlier
        events. Each object becomes visible wholly or not at all, also when the process is killed.

        `format` names a parser; None finds it by content. `time_fields` are names of fields to take the event time
        from, the first that is there. `settings` in their place say all that can be said of a source: rules for the
        event time, its zone, names of columns, a transform (`SourceSettings`). `workers` are threads; by default as
        many as cores and memory (600 MB) allow. `progress` is called about ten times a second in this thread.

        The totals count objects, events and bytes, and name damaged and failed objects: these do not raise.
        Raises `UsageError` (a bad name, an unknown format or zone), `IngestError` (no such source), `StorageError` (the
        lake cannot be written, the source cannot be listed).
        """
        source_settings = settings or SourceSettings(format=format, time_fields=tuple(time_fields))
        index_settings = IndexSettings(check_index_name(into), source_settings)
        return index_source(
            self._store, self._opened(), os.fspath(source), index_settings, workers=workers, progress=progress
        )

    def search(
        self,
        query: str,
        *,
        index: str | Sequence[str] | None = None,
        since: str | datetime.datetime | None = None,
        until: str | datetime.datetime | None = None,
        limit: int | None = None,
        newest_first: bool = True,
        partial: bool = False,
    ) -> SearchResult:
        """Starts a search; rows come while it runs, so stop iterating when you have seen enough.

        `index` restricts the search to one or several indexes, as `@index=` in the query does; None is all.
        `since` (inclusive) and `until` (exclusive) are event times: `"24h"` ago, `"2026-01-31"`, RFC 3339 text, a
        `datetime`.
        `limit` is the most rows of the answer. `partial` True lists segments that cannot be read in `cost.missing`
        instead of raising.

        Raises `QueryError` (says where in the text), `UsageError`, `NotFoundError` (no lake there); while iterating
        `StorageError`, `CorruptSegmentError`, `LimitError`.
        """
        compiled = _compiled(query, since, until, limit, newest_first=newest_first)
        catalog, executor = self._opened(), self._running()
        names = [index] if isinstance(index, str) else index
        # On a distant store the search does not wait to learn whether there are new commits: that comes beside it.
        is_known = catalog.is_created and all(name in catalog.snapshot.indexes for name in names or ())
        news = executor.call(catalog.refresh) if is_known and not self._store.is_local else None
        state = catalog.state if news is not None else catalog.refresh()
        if not catalog.is_created:
            raise NotFoundError(f"no lake at '{self.url}'; `lakebed index` makes one")
        if names is not None:
            compiled = _restrict(compiled, names, state.snapshot)
        newest = None if news is None else news.result
        search = Search(
            compiled,
            state,
            executor,
            self._readers,
            partial=partial,
            newest=newest,
            lookups=self.lookups.open,
            on_end=self._usage.ended if self._usage is not None else None,
        )
        return SearchResult(search, functools.partial(self._missing, search))

    def explain(
        self,
        query: str,
        *,
        index: str | Sequence[str] | None = None,
        since: str | datetime.datetime | None = None,
        until: str | datetime.datetime | None = None,
        limit: int | None = None,
        newest_first: bool = True,
    ) -> Explanation:
        """How `search` would run a query, and about what it would cost; `str` of it is for people.

        Reads the catalog and metadata of a few segments, and nothing of an event. Raises what `search` raises.
        """
        compiled = _compiled(query, since, until, limit, newest_first=newest_first)
        catalog = self._opened()
        state = catalog.refresh()
        if not catalog.is_created:
            raise NotFoundError(f"no lake at '{self.url}'; `lakebed index` makes one")
        if index is not None:
            compiled = _restrict(compiled, [index] if isinstance(index, str) else index, state.snapshot)
        return explain(compiled, state, self._store, self._running())

    def complete(
        self,
        text: str,
        cursor: int | None = None,
        *,
        index: str | Sequence[str] | None = None,
        since: str | datetime.datetime | None = None,
        until: str | datetime.datetime | None = None,
    ) -> Completion:
        """What may stand at the cursor (None: at the end) of a query: fields, values, stages, functions, keywords.

        Fields and values are taken from the newest segments of the time range, with a few small reads; whether these
        are all is in `is_complete`. Never raises for what the text holds, or when the lake does not exist yet.
        """
        now_ns = time.time_ns()
        names = [index] if isinstance(index, str) else index
        times = (parse_moment(since, now_ns), parse_moment(until, now_ns))
        source = LakeSource(self._opened(), self._store, self._readers, names, times, self._field_memo)
        return complete(text, len(text) if cursor is None else cursor, source)

    async def search_async(
        self,
        query: str,
        *,
        index: str | Sequence[str] | None = None,
        since: str | datetime.datetime | None = None,
        until: str | datetime.datetime | None = None,
        limit: int | None = None,
        newest_first: bool = True,
        partial: bool = False,
    ) -> AsyncSearchResult:
        """Like `search`, for `async for`; the work is done in threads, and the event loop stays free."""
        import asyncio

        found = await asyncio.to_thread(
            self.search,
            query,
            index=index,
            since=since,
            until=until,
            limit=limit,
            newest_first=newest_first,
            partial=partial,
        )
        return AsyncSearchResult(found)

    def delete(
        self,
        query: str,
        *,
        index: str,
        reason: str,
        by: str | None = None,
        since: str | datetime.datetime | None = None,
        until: str | datetime.datetime | None = None,
        everything: bool = False,
        confirm: Callable[[int], bool] | None = None,
    ) -> Deleted:
        """Deletes the events of one index that pass a filter. No search sees them from the moment this returns.

        Only events that are in the lake now: what is indexed later is not touched, were it equal. They are gone from
        the store when their segments are written anew. The index `_audit` has who (`by`; None is the user of this
        process), why, the query and how many events passed; it cannot be deleted from.

        `confirm` is asked with the number of events. `everything` allows a filter that every event passes.
        Raises what `search` raises, and `LimitError` when too many deletions wait to be carried out.
        """
        now_ns = time.time_ns()
        moments = (parse_moment(since, now_ns), parse_moment(until, now_ns))
        planned = plan_deletion(
            query,
            index,
            since_ns=moments[0],
            until_ns=moments[1],
            by=by or process_user(),
            reason=reason,
            everything=everything,
        )
        state = self._opened().refresh()
        if not self._opened().is_created:
            raise NotFoundError(f"no lake at '{self.url}'; `lakebed index` makes one")
        counting = Search(_restrict(planned.count, [index], state.snapshot), state, self._running(), self._readers)
        events = sum(int(str(value)) for row in counting if not isinstance(row, Row) for value in row.values())
        if not events or (confirm is not None and not confirm(events)):
            return Deleted(index, events)
        return commit_deletion(
            self._store,
            self._opened(),
            planned.deletion,
            events,
            counted_at=state.snapshot.number,
            time_ns=time.time_ns(),
        )

    def close(self) -> None:
        """Ends the handle's threads, and writes the records of its searches. A later search starts them anew."""
        if self._usage is not None:
            self._usage.write()
        with self._lock:
            executor, self._executor = self._executor, None
        if executor is not None:
            executor.close()

    def record_queries(self) -> None:
        """From now on, each search becomes an event of the index `_usage`, as `open(…, record_queries=True)` says."""
        if self._usage is None:
            self._usage = UsageLog(self._store, self._opened())
            weakref.finalize(self, self._usage.close)  # whoever forgets to close

    def _missing(self, search: Search) -> list[str]:
        fields = missing_fields(
            search.compiled,
            search.segments,
            self._readers,
            self._store.get_ranges,
            has_rows=search.cost.rows > 0,
        )
        return [*missing_indexes(search.wanted_indexes, search.known_indexes), *fields]

    def _opened(self) -> Catalog:
        with self._lock:
            if self._catalog is None:
                self._catalog = Catalog(self._store)
            return self._catalog

    def _running(self) -> ThreadExecutor:
        with self._lock:
            if self._executor is None:
                self._executor = ThreadExecutor(self._store, self._readers)
            return self._executor


def _compiled(
    query: str,
    since: str | datetime.datetime | None,
    until: str | datetime.datetime | None,
    limit: int | None,
    *,
    newest_first: bool,
) -> CompiledQuery:
    if limit is not None and limit < 0:
        raise UsageError(f"not a limit: {limit}; wanted a number of rows from 0, or none for all")
    now_ns = time.time_ns()
    return compile_query(
        query,
        since_ns=parse_moment(since, now_ns),
        until_ns=parse_moment(until, now_ns),
        limit=limit,
        newest_first=newest_first,
    )


def _restrict(compiled: CompiledQuery, names: Sequence[str], snapshot: Snapshot) -> CompiledQuery:
    """The query over these indexes only. An index that is not there is a slip, not an empty answer."""
    for name in names:
        if name not in snapshot.indexes:
            there = ", ".join(f"'{one}'" for one in snapshot.indexes) or "none yet"
            raise UsageError(f"no index '{name}' in this lake; there are: {there}")
    return compiled.restricted(names)
