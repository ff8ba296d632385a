"""What an operator sees of a runner: its metrics, and whether it is ready, where the configuration wants them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from lakebed.errors import UsageError
from lakebed.telemetry.families import Kept, lake_metrics, store_metrics, work_metrics
from lakebed.telemetry.http import TelemetryServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lakebed.catalog.catalog import Catalog
    from lakebed.runner.runner import Runner
    from lakebed.state.state import State
    from lakebed.storage.counting import CountingStore
    from lakebed.telemetry.metrics import Metrics

NEEDED = ("lake", "state")
"""Parts without which nothing goes on. A source or a queue that fails holds up nobody else: `lakebed_part_up` tells."""


@contextlib.contextmanager
def operated(
    address: str | None, metrics: Metrics, runner: Runner, store: CountingStore, catalog: Catalog, state: State
) -> Iterator[TelemetryServer | None]:
    """Serves `/metrics`, `/healthz` and `/readyz` of a runner; nowhere when `address` is None.

    Where that cannot be, such as for the second runner on a machine, this is told, and the work goes on.
    """
    counts = Kept(state.work.counts)
    metrics.watch("work", lambda: work_metrics(counts()))
    metrics.watch("lake", lambda: lake_metrics(catalog.snapshot))
    metrics.watch("store", lambda: store_metrics(store.counts))
    for part in NEEDED:
        metrics.recovered(part)
    if address is None:
        yield None
        return
    checks = {part: _works(runner, part) for part in NEEDED}
    try:
        server = TelemetryServer(address, metrics.registry, ready=checks)
    except UsageError as error:
        runner.reports.trouble("telemetry", str(error))
        yield None
        return
    with server:
        yield server


def _works(runner: Runner, part: str) -> Callable[[], str | None]:
    def check() -> str | None:
        trouble = runner.health.troubles.get(part)
        return None if trouble is None else trouble.reason

    return check
