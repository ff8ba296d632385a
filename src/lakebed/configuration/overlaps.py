"""Sources that take the same objects into one index, and sources that take the lake's own files.

The first would index an object by whichever was faster, with its settings; the second would index their own work.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lakebed.ingest.discovery.place import glob_pattern
from lakebed.storage.open import path_of_file_url, url_scheme
from lakebed.transform.place import described

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lakebed.configuration.model import SourceConfig
    from lakebed.configuration.problems import Problems

_WILD = re.compile(r"[*?[]")

LAKE_FILES = (
    "catalog/00000000000000000001.json.gz",
    "segments/main/20260101-000000-0123456789abcdef.seg",
    "raw/main/2026/01/01/00/20260101T000000.000-0123456789abcdef.ndjson.gz",
)
"""Such as stand in a lake: what takes one of them takes more."""


@dataclass(frozen=True)
class Area:
    """Objects that a URL names: all that begin with `prefix`, of these those that `pattern` matches wholly."""

    root: str
    """What keys begin after."""
    prefix: str
    pattern: re.Pattern[str] | None

    def takes(self, url: str, source: SourceConfig) -> bool:
        """Whether the source takes the object at a URL."""
        if not url.startswith(self.prefix):
            return False
        return (self.pattern is None or bool(self.pattern.fullmatch(url))) and source.takes(url.removeprefix(self.root))


def area_of(url: str) -> Area:
    """The area of a URL or path.

    >>> area_of("s3://logs/a/b*.gz").prefix, area_of("/var/log").prefix, area_of("/var/*/x").prefix
    ('s3://logs/a/b', '/var/log/', '/var/')
    """
    scheme = url_scheme(url)
    if scheme in {None, "file"}:
        plain = os.path.abspath(path_of_file_url(url) if scheme else url)  # noqa: PTH100 - `..` goes too
        is_file = Path(plain).is_file()
        whole = plain if is_file or _WILD.search(plain) else f"{plain.rstrip('/')}/"
        root = f"{Path(plain).parent}/" if is_file else f"{_WILD.split(whole)[0].rpartition('/')[0]}/"
    else:
        bucket, _, prefix = url.partition("://")[2].partition("/")
        whole, root = f"{scheme}://{bucket}/{prefix}", f"{scheme}://{bucket}/"
    is_wild = _WILD.search(whole.removeprefix(root)) is not None
    return Area(root, _WILD.split(whole)[0], glob_pattern(whole) if is_wild else None)


def check_overlaps(sources: Mapping[str, SourceConfig], lake: str, problems: Problems) -> None:
    """Tells what lies in one another."""
    buckets = [source for source in sources.values() if source.kind == "bucket" and source.url]
    areas = {source.name: area_of(source.url) for source in buckets}
    for position, source in enumerate(buckets):
        _check_lake(source, areas[source.name], lake, problems)
        for other in buckets[:position]:
            if source.index == other.index and _are_one(source, other, areas):
                problems.add_at(
                    ("sources", source.name, "url"),
                    f"takes the same objects into {described(source.index)} as [sources.{other.name}], line "
                    f"{problems.toml.line(('sources', other.name))}",
                )


def _are_one(source: SourceConfig, other: SourceConfig, areas: Mapping[str, Area]) -> bool:
    """Whether they certainly take the same objects. Two patterns may well divide a prefix between them."""
    one, two = areas[source.name], areas[other.name]
    if one.pattern or two.pattern or source.match or other.match:
        return (one.prefix, one.pattern, source.match) == (two.prefix, two.pattern, other.match)
    return one.prefix.startswith(two.prefix) or two.prefix.startswith(one.prefix)


def _check_lake(source: SourceConfig, area: Area, lake: str, problems: Problems) -> None:
    if not lake:
        return
    inside = f"{area_of(lake).prefix.rstrip('/')}/"
    path = ("sources", source.name, "url")
    if area.prefix.startswith(inside):
        problems.add_at(path, "stands inside of the lake: what is there is Lakebed's own")
    elif any(area.takes(inside + file, source) for file in LAKE_FILES):
        problems.add_at(path, "takes in the lake itself: name a prefix beside it, or move the lake")
