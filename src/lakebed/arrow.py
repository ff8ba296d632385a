"""Rows of an answer as flat columns, and as an Arrow table."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from lakebed.errors import UsageError
from lakebed.model import Row
from lakebed.query.times import format_time
from lakebed.query.values import flatten

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyarrow as pa

    from lakebed.model import Scalar
    from lakebed.query.run import AnswerRow

INT64_MAX = 2**63 - 1


def flat_row(row: AnswerRow, columns: Sequence[str] | None) -> dict[str, Scalar]:
    """The row as `{column: value}`. An event gets its metadata first, unless the query chose the columns.

    >>> flat_row(Row(0, "s3://logs/a", 7, {"a": {"b": [1, 2]}}, "web"), None)["a.b[1]"]
    2
    """
    if not isinstance(row, Row):
        return row
    if columns is not None:
        return {name: row.event.get(name) for name in columns}  # type: ignore[misc] # chosen columns hold scalars
    found: dict[str, Scalar] = {
        "@lb.time": format_time(row.time_ns),
        "@index": row.index,
        "@lb.object": row.object,
        "@lb.record": row.record,
    }
    for name, value in flatten(dict(row.event)):
        found.setdefault(name, value)
    return found


def rows_to_arrow(rows: Iterable[dict[str, Scalar]], columns: Sequence[str] | None) -> pa.Table:
    """Columns in the order in which they first come. Raises `UsageError` when pyarrow is not installed."""
    try:
        import pyarrow as pa
    except ImportError as error:
        raise UsageError("to_arrow() needs pyarrow: pip install 'lakebed[arrow]'") from error
    values: dict[str, list[Scalar]] = {name: [] for name in columns or ()}
    count = 0
    for row in rows:
        for name, value in row.items():
            column = values.setdefault(name, [])
            column.extend([None] * (count - len(column)))
            column.append(value)
        count += 1
    for column in values.values():
        column.extend([None] * (count - len(column)))
    return pa.table({name: _array(name, column) for name, column in values.items()})


def _array(name: str, values: list[Scalar]) -> pa.Array:
    import pyarrow as pa

    if name == "@lb.time":
        return pa.array([_text(value) for value in values], pa.string()).cast(pa.timestamp("ns", "UTC"))
    found = {type(value) for value in values if value is not None}
    kinds = {Decimal if issubclass(kind, Decimal) else kind for kind in found}
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if kinds == {int} and all(abs(value) <= INT64_MAX for value in values if isinstance(value, int)):
        return pa.array(values, pa.int64())
    if kinds and kinds <= {int, float, Decimal}:
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    return pa.array([_text(value) for value in values], pa.string())


def _text(value: Scalar) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)
