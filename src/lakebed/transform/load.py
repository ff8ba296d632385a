"""Transforms by name: `ecs`, `ocsf`, and TOML files; read, checked and handed to the engine once."""

from __future__ import annotations

import datetime
import os
from typing import TYPE_CHECKING

from lakebed.ingest.settings import Transform
from lakebed.native import EngineTransform, engine_errors
from lakebed.transform.context import Surroundings
from lakebed.transform.program import compile_transforms, program_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lakebed.query.lookup.file import LookupFile


def load_transform(
    *names: str | os.PathLike[str],
    lookups: Callable[[str], LookupFile] | None = None,
    environment: Mapping[str, str] | None = None,
    now: datetime.datetime | None = None,
    labels: Mapping[str, str] | None = None,
) -> Transform:
    """What `SourceSettings.transform` takes: the steps of these transforms, one after the other.

    A name is `ecs`, `ocsf` or the path of a TOML file (docs/transforms.md). `lookups` opens lookup tables of a lake:
    `lake.lookups.open`. Keys of masks come from `environment`, by default that of the process; `now` decides which
    indicators have expired. `labels` are fields that every event gets as `labels.NAME`, at last. Files are read now,
    and not again. Raises `UsageError` and `QueryError`, which say where.

    >>> import lakebed
    >>> lakebed.load_transform("esc")
    Traceback (most recent call last):
    lakebed.errors.UsageError: no transform 'esc': did you mean "ecs"?
    """
    surroundings = Surroundings(
        os.environ if environment is None else environment, now or datetime.datetime.now(datetime.UTC), lookups
    )
    context = compile_transforms(names, surroundings, labels)
    tables = [(table.header, table.data) for table in context.tables]
    with engine_errors("the transform"):
        engine = EngineTransform(program_bytes(context), tables)
    return Transform(engine, tuple(context.notes))
