"""Lakebed: a security data lake in your own buckets.

>>> import lakebed
>>> lake = lakebed.open("memory://readme")
>>> lake.exists()
False

Names are loaded when first used: a worker that imports `lakebed.handlers.search` must not load the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lakebed.api import Lake, open  # noqa: A004 - the user's word
    from lakebed.catalog.index_info import IndexInfo
    from lakebed.catalog.status import LakeStatus
    from lakebed.deletion import Deleted
    from lakebed.ingest.settings import SourceSettings, TimeRule, Transform
    from lakebed.ingest.totals import IndexTotals
    from lakebed.model import Row
    from lakebed.query.cost import SearchCost
    from lakebed.rawlogs.grep import grep
    from lakebed.results import AsyncSearchResult, SearchResult
    from lakebed.transform.load import load_transform

__all__ = [
    "AsyncSearchResult",
    "Deleted",
    "IndexInfo",
    "IndexTotals",
    "Lake",
    "LakeStatus",
    "Row",
    "SearchCost",
    "SearchResult",
    "SourceSettings",
    "TimeRule",
    "Transform",
    "grep",
    "load_transform",
    "open",
]

_HOMES = {
    "AsyncSearchResult": "lakebed.results",
    "Deleted": "lakebed.deletion",
    "IndexInfo": "lakebed.catalog.index_info",
    "IndexTotals": "lakebed.ingest.totals",
    "Lake": "lakebed.api",
    "LakeStatus": "lakebed.catalog.status",
    "Row": "lakebed.model",
    "SearchCost": "lakebed.query.cost",
    "SearchResult": "lakebed.results",
    "SourceSettings": "lakebed.ingest.settings",
    "TimeRule": "lakebed.ingest.settings",
    "Transform": "lakebed.ingest.settings",
    "grep": "lakebed.rawlogs.grep",
    "load_transform": "lakebed.transform.load",
    "open": "lakebed.api",
}


def __getattr__(name: str) -> object:
    """Loads a public name from its module."""
    if name not in _HOMES:
        raise AttributeError(f"module 'lakebed' has no attribute '{name}'")
    import importlib

    found: object = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
