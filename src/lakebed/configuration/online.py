"""Tries what a configuration names: the lake, secrets, buckets, queues. What cannot be reached is told one by one."""

from __future__ import annotations

import importlib
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, ParamSpec

from lakebed.catalog.selftest import check_store_is_safe
from lakebed.errors import LakebedError, UsageError
from lakebed.ingest.discover import discover
from lakebed.secret import Secret
from lakebed.storage.open import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lakebed.configuration.model import Configuration, SourceConfig

P = ParamSpec("P")

OBJECTS_LOOKED_AT = 1_000
"""Objects of a source that are looked at for one that its `match` takes: one page of a listing."""


@dataclass(frozen=True)
class Trial:
    """What was tried, and what came of it."""

    what: str
    outcome: str
    is_fine: bool


def try_all(configuration: Configuration, environment: Mapping[str, str] | None = None) -> Iterator[Trial]:
    """Tries everything, one thing after the other. In the lake a test object is written and deleted again."""
    yield _tried("lake", _try_lake, configuration.lake)
    if isinstance(configuration.state, Secret):
        yield _tried("secret of state", _try_secrets, [configuration.state], environment)
    for source in configuration.sources.values():
        if source.kind == "bucket":
            yield _tried(f"source {source.name}", _try_bucket, source)
        if source.notifications is not None:
            yield _tried(f"queue of {source.name}", _try_queue, source.notifications)
        if secrets := list(_secrets(source)):
            yield _tried(f"secrets of {source.name}", _try_secrets, secrets, environment)


def _tried(what: str, tries: Callable[P, str], *of: P.args, **named: P.kwargs) -> Trial:
    try:
        return Trial(what, tries(*of, **named), is_fine=True)
    except LakebedError as error:
        return Trial(what, str(error), is_fine=False)


def _try_lake(url: str) -> str:
    check_store_is_safe(open_store(url))
    return "can be written and read"


def _try_bucket(source: SourceConfig) -> str:
    refused: list[str] = []
    for found in itertools.islice(discover(source.url), OBJECTS_LOOKED_AT):
        if source.takes(found.info.key):
            return f"can be listed, and has objects such as {found.url}"
        refused.append(found.url)
    if not refused:
        return "can be listed, and is empty"
    raise UsageError(f'can be listed, but "match" takes none of its first {len(refused):,} objects: {refused[0]}, …')


def _try_queue(url: str) -> str:
    try:
        queues = importlib.import_module("lakebed.ingest.discovery.sqs")
    except ImportError:
        raise UsageError("not tried: this installation has no part for queues") from None
    waiting = queues.open_queue(url).check()
    return f"can be reached; about {waiting:,} messages wait"


def _try_secrets(secrets: list[Secret], environment: Mapping[str, str] | None) -> str:
    for secret in secrets:
        secret.read(environment)
    return "are there" if len(secrets) > 1 else "is there"


def _secrets(source: SourceConfig) -> Iterator[Secret]:
    for value in source.options.values():
        yield from (one for one in (value if isinstance(value, tuple) else [value]) if isinstance(one, Secret))
