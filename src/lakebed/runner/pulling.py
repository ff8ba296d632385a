"""Polls the services that a configuration names beside the indexing; what they have becomes raw objects of the lake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakebed.pull.kinds import KINDS
from lakebed.pull.schedule import PullSource, PullWorker

if TYPE_CHECKING:
    from lakebed.configuration import Configuration
    from lakebed.errors import LakebedError
    from lakebed.pull.turn import Turn
    from lakebed.runner.reports import Reports
    from lakebed.state.state import State
    from lakebed.storage.store import Store


def pull_worker(
    configuration: Configuration, state: State, store: Store, reports: Reports, *, owner: str
) -> PullWorker | None:
    """The threads that poll; None where no source is polled. Raises `UsageError` for options that cannot work."""
    sources = [
        PullSource(one.name, one.kind, one.options) for one in configuration.sources.values() if one.kind in KINDS
    ]
    if not sources:
        return None
    failing: set[str] = set()

    def told(source: str, turn: Turn) -> None:
        if source in failing:
            failing.discard(source)
            reports.recovered(f"pull {source}")
        if turn.events:
            reports.event("pulled", source=source, events=turn.events, bytes=turn.bytes, caught_up=turn.is_caught_up)

    def failed(source: str, error: LakebedError) -> None:
        failing.add(source)
        reports.trouble(f"pull {source}", str(error))

    return PullWorker(sources, state, store, owner=owner, on_turn=told, on_error=failed)
