"""A source as the runner uses it: where its objects are, and how they become events of its index."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lakebed.ingest.discovery import limits
from lakebed.ingest.discovery.place import Place, open_place
from lakebed.ingest.worker import IndexSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakebed.configuration import Configuration, SourceConfig


@dataclass(frozen=True, eq=False)
class Source:
    """One source. `queue` is the URL of a queue that tells of new objects; `list_every_s` is None: it is not listed."""

    name: str
    place: Place
    index: IndexSettings
    match: Callable[[str], bool] = lambda _key: True
    queue: str | None = None
    list_every_s: float | None = None
    since_ns: int | None = None
    settle_s: float = 0.0

    def takes(self, key: str) -> bool:
        """Whether an object of its bucket belongs to it."""
        return self.place.takes(key) and self.match(key)

    def key_of(self, url: str) -> str | None:
        """The key of the object at an address; None when it does not belong to it."""
        key = self.place.key_of(url)
        return key if key is not None and self.match(key) else None


def sources_of(configuration: Configuration) -> list[Source]:
    """All sources of a configuration, in its order. Raises `UsageError`."""
    return [source_of(configuration, told) for told in configuration.sources.values()]


def source_of(configuration: Configuration, told: SourceConfig) -> Source:
    """One source of a configuration.

    A bucket with notifications is listed only when it says how often; what is received stands in the lake, is offered
    by who received it, and listed in case that he could not.
    """
    run, is_bucket = configuration.run, told.kind == "bucket"
    place = replace(open_place(configuration.objects_url(told)), may_be_missing=not is_bucket)
    every = told.list_every_s
    if every is None and told.notifications is None:
        every = run.list_every_s
    since = told.since
    return Source(
        name=told.name,
        place=place,
        index=IndexSettings(told.index, told.settings, commit_seconds=run.commit_seconds),
        match=told.takes,
        queue=told.notifications,
        list_every_s=every,
        since_ns=_midnight_ns(since) if since else None,
        settle_s=limits.SETTLE_S if is_bucket and place.store.is_local else 0.0,
    )


def _midnight_ns(day: datetime.date) -> int:
    return int(datetime.datetime.combine(day, datetime.time(), datetime.UTC).timestamp()) * 1_000_000_000
