"""`lakebed.toml`: what is indexed from where, how, and for how long; read and checked as a whole.

Names are loaded when first used: a command that only asks where the lake is must not wait for all that a file may say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lakebed.configuration.model import Configuration, Kind, SourceConfig
    from lakebed.configuration.tables import IndexConfig, ReceiveConfig, RunConfig, UsageConfig
    from lakebed.configuration.whole import read
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

_HOMES = {
    "ConfigError": "lakebed.errors",
    "Configuration": "lakebed.configuration.model",
    "IndexConfig": "lakebed.configuration.tables",
    "Kind": "lakebed.configuration.model",
    "ReceiveConfig": "lakebed.configuration.tables",
    "RunConfig": "lakebed.configuration.tables",
    "SourceConfig": "lakebed.configuration.model",
    "UsageConfig": "lakebed.configuration.tables",
    "read": "lakebed.configuration.whole",
}


def __getattr__(name: str) -> object:
    """Loads a public name from its module."""
    if name not in _HOMES:
        raise AttributeError(f"module 'lakebed.configuration' has no attribute '{name}'")
    import importlib

    found: object = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = found
    return found
