"""What runs beside the indexing in the same process: polls of services, which stop with the runner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakebed.pull.kinds import KINDS
from lakebed.pull.schedule import PullSource, PullWorker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lakebed.configuration import SourceConfig
    from lakebed.errors import LakebedError
    from lakebed.pull.turn import Turn
    from lakebed.runner.reports import Reports
    from lakebed.state.state import State
    from lakebed.storage.store import Store


def pull_worker(
    sources: Sequence[SourceConfig],
    state: State,
    store: Store,
    reports: Reports,
    *,
    owner: str,
    stored: Callable[[], None],
) -> PullWorker | None:
    """Polls those sources that are services, and calls `stored` when there is something to index; None without any.

    Raises `UsageError` when the options of a source cannot work.
    """
    services = [PullSource(one.name, one.kind, one.options) for one in sources if one.kind in KINDS]
    if not services:
        return None
    failing: set[str] = set()

    def on_turn(name: str, turn: Turn) -> None:
        if name in failing:
            failing.discard(name)
            reports.recovered(f"service {name}")
        if turn.events:
            reports.event("pulled", source=name, events=turn.events, is_caught_up=turn.is_caught_up)
            stored()

    def on_error(name: str, error: LakebedError) -> None:
        if name not in failing:
            reports.trouble(f"service {name}", str(error))
        failing.add(name)

    return PullWorker(services, state, store, owner=owner, on_turn=on_turn, on_error=on_error)
