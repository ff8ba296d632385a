"""The engine for the rest of the product: the only module that imports `lakebed._core`.

It gives the engine's names, and turns its one exception into our tree of errors. A caller wraps engine calls in
`engine_errors(where)`, where `where` names the file or object that the bytes came from: the engine does not know it.
"""

from __future__ import annotations

from lakebed._core import (
    Builder,
    CoreError,
    Decompressor,
    Expression,
    Fields,
    Grep,
    LeafSearch,
    Merge,
    Patterns,
    Regex,
    RowAggregate,
    Segment,
    SegmentReader,
    aggregate_names,
    check_plan,
    directory_range,
    finish_partial,
    formats,
    group_fields,
    index_terms,
    merge_partials,
    rank_partial,
    scalar_functions,
    schema_range,
    search_outlook,
    segment_address,
    segment_fields,
    segment_summary,
)
from lakebed._core import SourceSettings as EngineSettings
from lakebed._core import Transform as EngineTransform
from lakebed._core import __version__ as engine_version
from lakebed.errors import CorruptSegmentError, IngestError, LakebedError, LimitError, UsageError

__all__ = [
    "Builder",
    "Decompressor",
    "EngineSettings",
    "EngineTransform",
    "Expression",
    "Fields",
    "Grep",
    "LeafSearch",
    "Merge",
    "Patterns",
    "Regex",
    "RowAggregate",
    "Segment",
    "SegmentReader",
    "aggregate_names",
    "check_plan",
    "directory_range",
    "engine_errors",
    "engine_version",
    "finish_partial",
    "formats",
    "group_fields",
    "index_terms",
    "merge_partials",
    "rank_partial",
    "scalar_functions",
    "schema_range",
    "search_outlook",
    "segment_address",
    "segment_fields",
    "segment_summary",
]

_ERRORS: dict[str, type[LakebedError]] = {
    "corrupt": CorruptSegmentError,
    "limit": LimitError,
    "plan": UsageError,
    "input": IngestError,
}


class engine_errors:  # noqa: N801 - reads as a statement
    """Turns the engine's errors inside a `with` block into ours, with `where` before the message.

    A class, not a generator: it is entered once per round of reads, and costs a tenth.
    """

    def __init__(self, where: str = "") -> None:
        self._where = where

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if not isinstance(error, CoreError):
            return
        text = str(error)
        if self._where and self._where not in text:
            text = f"{self._where}: {text}"
        raise _ERRORS.get(error.kind, LakebedError)(text) from error
