"""The functions of `stats` and `timechart`, one file each; this is the only list of them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from lakebed.query.functions.avg import Avg
from lakebed.query.functions.count import Count
from lakebed.query.functions.countdistinct import CountDistinct
from lakebed.query.functions.earliest import Earliest
from lakebed.query.functions.first import First
from lakebed.query.functions.last import Last
from lakebed.query.functions.latest import Latest
from lakebed.query.functions.list import List
from lakebed.query.functions.max import Max
from lakebed.query.functions.median import Median
from lakebed.query.functions.min import Min
from lakebed.query.functions.mode import Mode
from lakebed.query.functions.percentile import Percentile
from lakebed.query.functions.rate import Rate
from lakebed.query.functions.stdev import Stdev
from lakebed.query.functions.sum import Sum
from lakebed.query.functions.values import Values
from lakebed.query.functions.var import Var

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lakebed.query.functions.base import AggregateFunction

FUNCTIONS: Mapping[str, type[AggregateFunction]] = MappingProxyType(
    {
        "avg": Avg,
        "count": Count,
        "countdistinct": CountDistinct,
        "earliest": Earliest,
        "first": First,
        "last": Last,
        "latest": Latest,
        "list": List,
        "max": Max,
        "median": Median,
        "min": Min,
        "mode": Mode,
        "percentile": Percentile,
        "rate": Rate,
        "stdev": Stdev,
        "sum": Sum,
        "values": Values,
        "var": Var,
    }
)
"""Every function by its name."""
