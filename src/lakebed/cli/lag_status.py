"""What `lakebed status` tells of lag: how long after an object came its events could be searched, from `_usage`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from lakebed.cli.sizes import counted
from lakebed.ingest.usage import INDEXING_RECORD, USAGE_INDEX
from lakebed.model import Row

if TYPE_CHECKING:
    from lakebed.api import Lake

SINCE = "1h"
"""Long enough for a figure that stands still, short enough that 10,000 objects a minute are counted in a second."""

_QUERY = (
    f"@index={USAGE_INDEX} record_type: {INDEXING_RECORD} "
    "| stats count() as objects, percentile(50, lag_ms) as median, percentile(95, lag_ms) as most "
    "by destination_index.name"
)


@dataclass(frozen=True)
class Lag:
    """Of the objects of one index that became searchable within the last hour; seconds since they were last changed.

    An object that had lain there for a year when its source was named has a lag of a year.
    """

    index: str
    objects: int
    median_s: float
    p95_s: float

    def line(self) -> str:
        """For people."""
        objects = counted(self.objects, "object")
        return (
            f"{self.index}: {objects} in the last hour, half of them searchable within {_seconds(self.median_s)}, "
            f"95 % within {_seconds(self.p95_s)} of their last change"
        )

    def to_dict(self) -> dict[str, object]:
        """For programs."""
        return asdict(self)


def lags(lake: Lake) -> list[Lag]:
    """One for each index that something came into, by name; none where nobody keeps `_usage`."""
    if USAGE_INDEX not in lake.indexes():
        return []
    found: list[Lag] = []
    for row in lake.search(_QUERY, since=SINCE):
        assert not isinstance(row, Row), "stats gives rows of a table"
        index, objects, median, most = (row[name] for name in ("destination_index.name", "objects", "median", "most"))
        found.append(Lag(str(index), int(str(objects)), float(str(median)) / 1000, float(str(most)) / 1000))
    return sorted(found, key=lambda one: one.index)


def _seconds(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:,.1f} s"
