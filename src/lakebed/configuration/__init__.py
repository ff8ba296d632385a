"""`lakebed.toml`: what is indexed from where, how, and for how long; read and checked as a whole."""

from __future__ import annotations

from lakebed.configuration.model import Configuration, Kind, SourceConfig
from lakebed.configuration.read import read
from lakebed.configuration.tables import IndexConfig, ReceiveConfig, RunConfig, UsageConfig
from lakebed.errors import ConfigError

__all__ = [
    "ConfigError",
    "Configuration",
    "IndexConfig",
    "Kind",
    "ReceiveConfig",
    "RunConfig",
    "SourceConfig",
    "UsageConfig",
    "read",
]
