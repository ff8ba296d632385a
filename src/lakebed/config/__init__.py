"""Limits with their reasons, and what is read from the environment.

Every number that bounds a loop, a queue, a buffer or a retry of the lake layer is here, so that it can be found: one
file for each part of the product. Code reads them as `config.NAME`, whichever file it is in. Those of transforms,
discovery, the runner, the state and telemetry are in their packages' `limits.py`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lakebed.config.configuration import *  # noqa: F403 - read as config.NAME
from lakebed.config.ingest import *  # noqa: F403 - read as config.NAME
from lakebed.config.maintenance import *  # noqa: F403 - read as config.NAME
from lakebed.config.pull import *  # noqa: F403 - read as config.NAME
from lakebed.config.receive import *  # noqa: F403 - read as config.NAME
from lakebed.config.search import *  # noqa: F403 - read as config.NAME
from lakebed.config.storage import *  # noqa: F403 - read as config.NAME
from lakebed.config.units import *  # noqa: F403 - read as config.NAME
from lakebed.config.usage import *  # noqa: F403 - read as config.NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_LAKE = "./lake"


def lake_url(environment: Mapping[str, str] | None = None) -> str:
    """The lake to use when none is named: `LAKEBED_LAKE`, else `./lake`."""
    found = (os.environ if environment is None else environment).get("LAKEBED_LAKE", "")
    return found or DEFAULT_LAKE


def cpu_count() -> int:
    """Cores that this process may use; `LAKEBED_THREADS` overrides it."""
    asked = os.environ.get("LAKEBED_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1
