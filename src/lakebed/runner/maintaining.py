"""Keeps the lake in order beside the indexing: a round of maintenance every few seconds, most with nothing to do."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING

from lakebed import config
from lakebed.errors import LakebedError
from lakebed.maintenance.policy import DEFAULT_TIERS, Tiers
from lakebed.maintenance.round import Maintenance, Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lakebed.catalog.catalog import Catalog
    from lakebed.configuration import IndexConfig
    from lakebed.runner.reports import Reports
    from lakebed.state.state import State
    from lakebed.storage.store import Store


class Maintainer:
    """`run` is for a thread of its own. Runners that share a state leave each other's merges alone."""

    def __init__(
        self,
        store: Store,
        catalog: Catalog,
        state: State,
        indexes: Mapping[str, IndexConfig],
        reports: Reports,
        *,
        tiers: Tiers = DEFAULT_TIERS,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        policy = Policy({name: index.retention_s for name, index in indexes.items()}, tiers)
        self._rounds = Maintenance(store, catalog, policy, rng=random.Random(), leases=state.leases, clock_ns=clock_ns)
        self._reports = reports
        self._fails = False

    def run(self, is_stopping: threading.Event) -> None:
        """Until `is_stopping`; a merge that is under way then is given up within one read of the store."""
        stopper = threading.Thread(target=self._stop_after, args=(is_stopping,), daemon=True)
        stopper.start()
        while not is_stopping.wait(config.MAINTAIN_EVERY_S):
            self._round()
        stopper.join()

    def _stop_after(self, is_stopping: threading.Event) -> None:
        is_stopping.wait()
        self._rounds.stop()

    def _round(self) -> None:
        try:
            report = self._rounds.round()
        except LakebedError as error:
            self._fails = True
            self._reports.trouble("maintenance", str(error))
            return
        if report.errors:
            self._fails = True
            self._reports.trouble("maintenance", report.errors[0])
        elif self._fails:
            self._fails = False
            self._reports.recovered("maintenance")
        if not report.is_idle or (report.garbage is not None and report.garbage.files_deleted):
            self._reports.maintained(report)
