"""`lakebed.grep`: a query over raw log files, from Python."""

from __future__ import annotations

import os
import time
import warnings
from typing import TYPE_CHECKING

from lakebed.errors import StorageError, UsageError
from lakebed.ingest.settings import SourceSettings
from lakebed.query.compile import compile_query
from lakebed.query.moments import parse_moment
from lakebed.rawlogs.search import RawSearch
from lakebed.rawlogs.sources import Problem, find_sources
from lakebed.results import SearchResult

if TYPE_CHECKING:
    import datetime
    from collections.abc import Sequence


def grep(
    query: str,
    paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    since: str | datetime.datetime | None = None,
    until: str | datetime.datetime | None = None,
    limit: int | None = None,
    format: str | None = None,
    time_fields: Sequence[str] = (),
    settings: SourceSettings | None = None,
    partial: bool = False,
) -> SearchResult:
    """Searches files, folders, globs or object-store URLs as they are, without a lake.

    The rows are those that indexing the files and searching the lake would give, in the order of the files instead of
    newest first; `row.index` is None. Plain, gzip and zstd, in any format that indexing knows; `format` names one, None
    finds it by content. `time_fields` and `settings` say how files are read, as in `Lake.index`.

    `partial` True lists what cannot be read in `cost.missing`, and warns of it, instead of raising `StorageError`.
    Raises `QueryError` and `UsageError` as `Lake.search` does.

    >>> import lakebed, pathlib, tempfile
    >>> log = pathlib.Path(tempfile.mkdtemp()) / "app.log"
    >>> _ = log.write_text('{"user": "alice", "status": 500}\\n{"user": "bob", "status": 200}\\n')
    >>> [row.event["user"] for row in lakebed.grep("status >= 500", log)]
    ['alice']
    >>> list(lakebed.grep("* | groupbycount(user) | head 1", log))
    [{'user': 'alice', '@q.count': 1}]
    """
    if limit is not None and limit < 0:
        raise UsageError(f"not a limit: {limit}; wanted a number of rows from 0, or none for all")
    now_ns = time.time_ns()
    compiled = compile_query(
        query, since_ns=parse_moment(since, now_ns), until_ns=parse_moment(until, now_ns), limit=limit
    )
    several = [paths] if isinstance(paths, str | os.PathLike) else paths

    def tell(problem: Problem) -> None:
        if problem.is_missing and not partial:
            raise StorageError(f"{problem.name}: {problem.reason}")
        warnings.warn(f"{problem.name}: {problem.reason}", stacklevel=2)

    source_settings = settings or SourceSettings(format=format, time_fields=tuple(time_fields))
    sources = find_sources([os.fspath(path) for path in several], tell)
    return SearchResult(RawSearch(compiled, sources, tell=tell, source_settings=source_settings))
