"""The stages of the pipeline, one file each; this is the only list of them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from lakebed.query.stages.count import Count
from lakebed.query.stages.countdistinct import CountDistinct
from lakebed.query.stages.dedup import Dedup
from lakebed.query.stages.delta import Delta
from lakebed.query.stages.eval import Eval
from lakebed.query.stages.fields import Fields
from lakebed.query.stages.fieldsummary import FieldSummary
from lakebed.query.stages.groupbycount import GroupByCount
from lakebed.query.stages.head import Head
from lakebed.query.stages.join import Join
from lakebed.query.stages.lookup import LookupStage
from lakebed.query.stages.parse import Parse
from lakebed.query.stages.patterns import Patterns
from lakebed.query.stages.rename import Rename
from lakebed.query.stages.sample import Sample
from lakebed.query.stages.sequence import Sequence_
from lakebed.query.stages.sort import Sort
from lakebed.query.stages.stats import Stats
from lakebed.query.stages.table import Table
from lakebed.query.stages.tail import Tail
from lakebed.query.stages.timechart import Timechart
from lakebed.query.stages.top import Top
from lakebed.query.stages.transaction import Transaction
from lakebed.query.stages.union import Union
from lakebed.query.stages.unroll import Unroll
from lakebed.query.stages.value import SingleValue
from lakebed.query.stages.where import Where

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lakebed.query.stages.base import Stage

STAGES: Mapping[str, type[Stage]] = MappingProxyType(
    {
        "avg": SingleValue,
        "count": Count,
        "countdistinct": CountDistinct,
        "dedup": Dedup,
        "delta": Delta,
        "drop": Fields,
        "eval": Eval,
        "fields": Fields,
        "fieldsummary": FieldSummary,
        "groupbycount": GroupByCount,
        "head": Head,
        "join": Join,
        "limit": Head,
        "lookup": LookupStage,
        "max": SingleValue,
        "median": SingleValue,
        "min": SingleValue,
        "mode": SingleValue,
        "parse": Parse,
        "patterns": Patterns,
        "percentile": SingleValue,
        "rare": Top,
        "rename": Rename,
        "sample": Sample,
        "sequence": Sequence_,
        "sort": Sort,
        "stats": Stats,
        "stdev": SingleValue,
        "sum": SingleValue,
        "table": Table,
        "tail": Tail,
        "timechart": Timechart,
        "top": Top,
        "union": Union,
        "unroll": Unroll,
        "transaction": Transaction,
        "var": SingleValue,
        "where": Where,
    }
)
"""Every stage by the name that starts it."""
