"""What a configuration wants of the maintenance of its lake."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from lakebed.ingest.raw import raw_folder, raw_url
from lakebed.maintenance.raw_objects import RawSource
from lakebed.maintenance.round import Policy

if TYPE_CHECKING:
    from lakebed.configuration.model import Configuration
    from lakebed.storage.store import Store


def policy_of(configuration: Configuration, store: Store) -> Policy:
    """How long events and raw objects are kept. `store` is that of the configuration's lake."""
    url_of = functools.partial(raw_url, store)
    raw = [
        RawSource(raw_folder(source.name), source.index, source.raw_retention_s, url_of)
        for source in configuration.sources.values()
        if source.raw_retention_s is not None
    ]
    return Policy({name: index.retention_s for name, index in configuration.indexes.items()}, raw=raw)
