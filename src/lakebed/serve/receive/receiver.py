"""What all endpoints share: who may send, what is in flight, what is stored, what is counted."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from lakebed import config
from lakebed.serve.receive.batches import Batches
from lakebed.serve.receive.body import BodyLimits
from lakebed.serve.receive.budget import Budget
from lakebed.serve.receive.counts import ReceiveCounts
from lakebed.serve.receive.event_lines import arrival_time
from lakebed.serve.receive.recent_ids import RecentIds
from lakebed.serve.receive.tokens import Tokens, tokens_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lakebed.errors import StorageError
    from lakebed.serve.receive.batches import Shape, Stored
    from lakebed.serve.receive.settings import ReceiveSettings
    from lakebed.storage.store import Store


class NoTokenError(Exception):
    """A request without a token."""


class BadAuthorizationError(Exception):
    """An `Authorization` that is none of the known ones."""


class BadTokenError(Exception):
    """A token that no source has, or another source than the one that is named."""


class QueryTokenError(Exception):
    """A token in the query string, where none is taken."""


class StoppingError(Exception):
    """The receiver ends; clients come again and find the next one."""


class Receiver:
    """Used by one event loop. `clock` tells the time of arrival."""

    def __init__(
        self,
        settings: ReceiveSettings,
        store: Store,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        on_stored: Callable[[Stored], None] = lambda _: None,
        on_failed: Callable[[str, StorageError], None] = lambda _source, _error: None,
        on_error: Callable[[str, BaseException], None] = lambda _where, _error: None,
    ) -> None:
        """`on_stored` and `on_failed` are as `Batches` has them. `on_error` is told of what should not happen: the part
        where it did, and the error.

        Raises `UsageError` for settings that cannot be.
        """
        settings.check()
        self.settings = settings
        self.tokens = Tokens(settings.tokens)
        self.budget = Budget(settings.in_flight_bytes)
        self.limits = BodyLimits(settings.body_bytes, settings.decompressed_bytes)
        self.recent_ids = RecentIds(config.RECEIVE_IDS, config.RECEIVE_IDS_SECONDS, monotonic)
        self.counts = ReceiveCounts()
        self.batches = Batches(
            store,
            wait_seconds=settings.wait_seconds,
            batch_bytes=settings.batch_bytes,
            on_stored=on_stored,
            on_failed=on_failed,
            clock=clock,
        )
        self.is_stopping = False
        self.clock = clock
        self.on_error = on_error

    def arrival(self) -> bytes:
        """Now, as events show it."""
        return arrival_time(self.clock())

    def source_of(self, authorization: str | None, query_token: str | None = None) -> str:
        """The source that a request is for. Raises one of the errors above."""
        if self.is_stopping:
            raise StoppingError
        if authorization is None and query_token is None:
            raise NoTokenError
        if authorization is None and not self.settings.query_tokens:
            raise QueryTokenError
        given = [query_token or ""] if authorization is None else tokens_in(authorization)
        if not given:
            raise BadAuthorizationError
        for token in given:
            found = self.tokens.source_of(token)
            if found is not None:
                return found
        raise BadTokenError

    async def store(
        self,
        source: str,
        shape: Shape,
        lines: Sequence[bytes],
        begun: Callable[[asyncio.Future[None]], None] = lambda _: None,
    ) -> None:
        """Returns when the lines are durable; `begun` is given the outcome to come. Raises `StorageError`."""
        if not lines:
            return
        outcome = self.batches.add(source, shape, lines)
        begun(outcome)
        await asyncio.shield(outcome)
        self.counts.events[source, shape] += len(lines)

    @property
    def is_healthy(self) -> bool:
        """Whether a request that comes now would be taken."""
        return not self.budget.is_full and self.batches.last_error is None and not self.is_stopping

    async def stop(self) -> None:
        """Takes nothing more, writes what is waiting."""
        self.is_stopping = True
        await self.batches.stop()
