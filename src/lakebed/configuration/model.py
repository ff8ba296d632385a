"""What `lakebed.toml` says, as the rest of the product uses it."""

from __future__ import annotations

import contextlib
import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from lakebed.configuration.tables import RunConfig, UsageConfig
from lakebed.errors import UsageError
from lakebed.ingest.settings import SourceSettings
from lakebed.native import Regex
from lakebed.query.suggest import did_you_mean
from lakebed.secret import Secret

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping
    from pathlib import Path

    from lakebed.configuration.tables import IndexConfig, ReceiveConfig

Kind = Literal["bucket", "receive", "okta", "github", "rest"]

RAW_FOLDER = "raw/"
"""In the lake: what sources that are no buckets have received, `raw/<source>/…`."""


@dataclass(frozen=True)
class SourceConfig:
    """A source of events.

    A bucket has a `url` (a folder, or `s3://bucket/prefix`, perhaps with a glob in it). Sources of other kinds have
    `options`, by name as in the file, secrets as `Secret`; what they receive stands in the lake, see `raw_url`.
    `labels` are in `settings.transform` already: each event gets them as `labels.NAME`.
    """

    name: str
    kind: Kind
    index: str
    settings: SourceSettings = field(default_factory=SourceSettings)
    labels: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    match: str | None = None
    notifications: str | None = None
    list_every_s: float | None = None
    since: datetime.date | None = None
    raw_retention_s: int | None = None
    options: Mapping[str, object] = field(default_factory=dict)

    def takes(self, key: str) -> bool:
        """Whether `match` finds something in the key of an object; in its bucket, without a slash first."""
        return self.match is None or _regex(self.match).finds(key)


@dataclass(frozen=True)
class Configuration:
    """A whole file that is right. Paths in it are joined to its folder."""

    path: Path
    lake: str
    state: str | Secret
    """Path or URL of the state; see `state_url`."""
    indexes: Mapping[str, IndexConfig] = field(default_factory=dict)
    sources: Mapping[str, SourceConfig] = field(default_factory=dict)
    receive: ReceiveConfig | None = None
    run: RunConfig = field(default_factory=RunConfig)
    usage: UsageConfig = field(default_factory=UsageConfig)

    def state_url(self, environment: Mapping[str, str] | None = None) -> str:
        """What `open_state` takes; it may hold a password. Raises `UsageError` when it is not where the file says."""
        return self.state.read(environment) if isinstance(self.state, Secret) else self.state

    def source(self, name: str) -> SourceConfig:
        """The source of this name. Raises `UsageError`."""
        if name not in self.sources:
            known = did_you_mean(name, self.sources) if self.sources else ", which has none"
            raise UsageError(f"no source '{name}' in '{self.path}'{known}")
        return self.sources[name]

    def secrets(self, environment: Mapping[str, str] | None = None) -> list[str]:
        """Every secret that it names and that is where it says: what must not be shown in a log."""
        named = [self.state, *(value for source in self.sources.values() for value in source.options.values())]
        found = []
        for one in [one for value in named for one in (value if isinstance(value, tuple) else [value])]:
            if isinstance(one, Secret):
                with contextlib.suppress(UsageError):
                    found.append(one.read(environment))
        return found

    def objects_url(self, source: SourceConfig) -> str:
        """Where the objects of a source are: its bucket, or what was received of it in the lake."""
        return source.url if source.kind == "bucket" else f"{self.lake.rstrip('/')}/{RAW_FOLDER}{source.name}/"


@functools.lru_cache(maxsize=256)
def _regex(text: str) -> Regex:
    return Regex(text)
