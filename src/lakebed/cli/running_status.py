"""What `lakebed status` tells of a lake that runs by itself: what waits, what was set aside, what requests cost.

Only where a configuration of this lake is there, and a state: `status` makes none.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lakebed.cli.sizes import counted, size_text
from lakebed.configuration.find import find_file, read_found
from lakebed.configuration.whole import read_lake
from lakebed.errors import LakebedError
from lakebed.state.costs import FREE, WRITES, cost_usd
from lakebed.storage.open import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lakebed.state import WorkCounts
    from lakebed.state.requests import Requests

DAY_S = 86_400


@dataclass(frozen=True)
class RunningStatus:
    """`problem` says why the state could not be read; then the rest is empty."""

    sources: Mapping[str, WorkCounts]
    requests: Mapping[str, Requests]
    cost_usd: float
    problem: str = ""

    def to_dict(self) -> dict[str, object]:
        """For programs."""
        told = asdict(self)
        told["requests_last_day"] = told.pop("requests")
        told["cost_last_day_usd"] = round(told.pop("cost_usd"), 6)
        return told

    def lines(self) -> Iterator[str]:
        """For people."""
        if self.problem:
            yield f"what waits is not known: {self.problem}"
            return
        yield from self._waiting()
        aside = sum(one.set_aside for one in self.sources.values())
        if aside:
            yield f"{counted(aside, 'object')} set aside; `lakebed ingest status` tells why"
        if self.requests:
            yield self._costs()

    def _waiting(self) -> Iterator[str]:
        busy = {name: one for name, one in self.sources.items() if one.waiting or one.claimed}
        if not busy:
            yield "nothing waits to be indexed"
        for name, one in busy.items():
            yield f"{name}: {one.waiting:,} waiting, {one.claimed:,} in work, the oldest for {_age(one.oldest_s)}"

    def _costs(self) -> str:
        writes = sum(one.requests for name, one in self.requests.items() if name in WRITES)
        reads = sum(one.requests for name, one in self.requests.items() if name not in WRITES | FREE)
        read = size_text(sum(one.bytes_read for one in self.requests.values()))
        wrote = size_text(sum(one.bytes_written for one in self.requests.values()))
        return (
            f"runners in the last day: {counted(writes, 'request')} that write or list, {reads:,} that read, "
            f"{read} read, {wrote} written; about ${self.cost_usd:,.2f} at the prices of S3"
        )


def running_status(lake: str) -> RunningStatus | None:
    """None where no configuration is found, where it is of another lake, and where nothing has run yet."""
    file = find_file()
    if file is None or not file.is_file():
        return None
    try:
        if open_store(read_lake(file)).url != lake:
            return None
        url = read_found(file).state_url()
        if not _is_there(url):
            return None
        from lakebed.state import open_state

        with open_state(url) as state:
            requests = state.requests.since(DAY_S)
            return RunningStatus(state.work.counts(), requests, cost_usd(requests))
    except LakebedError as error:
        return RunningStatus({}, {}, 0.0, str(error))


def _is_there(url: str) -> bool:
    """Whether a state in a file was made; a server tells by itself."""
    path = url.removeprefix("sqlite:///")
    return "://" in path or Path(path).is_file()


def _age(seconds: float) -> str:
    for size, unit in ((DAY_S, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:.0f} s"
