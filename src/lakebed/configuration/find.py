"""Which `lakebed.toml` holds: the one that is named, that of the environment, or the one in the working directory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from lakebed import config
from lakebed.errors import LakebedError, UsageError
from lakebed.storage.open import open_store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lakebed.configuration.model import Configuration

FILE = "lakebed.toml"
VARIABLE = "LAKEBED_CONFIG"


def find_file(environment: Mapping[str, str] | None = None) -> Path | None:
    """The file that `LAKEBED_CONFIG` names, whether it is there or not, else `./lakebed.toml` if there is one."""
    named = (os.environ if environment is None else environment).get(VARIABLE, "")
    if named:
        return Path(named)
    return Path(FILE) if Path(FILE).is_file() else None


def read_found(path: Path | None = None, environment: Mapping[str, str] | None = None) -> Configuration:
    """The configuration at a path, or else the one that is found. Raises `UsageError` and `ConfigError`."""
    from lakebed.configuration.whole import read

    file = path or find_file(environment)
    if file is None:
        raise UsageError(f"no '{FILE}' here and no {VARIABLE}; `lakebed config example > {FILE}` begins one")
    return read(file, environment=environment)


def lake_url(environment: Mapping[str, str] | None = None) -> str:
    """The lake to use when none is named: `LAKEBED_LAKE`, that of the configuration, else `./lake`.

    Of a configuration only its lake is read: what else is wrong with it does not keep anybody from searching. Raises
    `UsageError` and `ConfigError`.
    """
    told = (os.environ if environment is None else environment).get("LAKEBED_LAKE", "")
    file = None if told else find_file(environment)
    if file is None:
        return config.lake_url(environment)
    from lakebed.configuration.whole import read_lake

    return read_lake(file)


def records_queries(lake: str, environment: Mapping[str, str] | None = None) -> bool:
    """Whether the configuration that is found is of this lake, and wants an event for each search.

    One that is wrong does not keep anybody from searching.
    """
    file = find_file(environment)
    if file is None or not file.is_file():
        return False
    from lakebed.configuration.whole import read_usage

    try:
        named, usage = read_usage(file)
        return usage.queries and open_store(named).url == lake
    except LakebedError:
        return False
