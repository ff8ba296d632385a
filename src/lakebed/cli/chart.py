"""Draws rows over time in a terminal: columns of blocks for one series, a line of blocks for each of several.

It stands under the table and shows its shape; the numbers are in the table. Values are drawn from zero, so that twice
as high is twice as much. Where a terminal has no Unicode, letters of growing ink stand for the blocks.
"""

from __future__ import annotations

import math
import shutil
import sys
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

from lakebed.query.parser import parse_query
from lakebed.query.stages.timechart import Timechart
from lakebed.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lakebed.model import Scalar

HEIGHT = 8
"""Lines of the chart of one series."""

SERIES_SHOWN_MAX = 20
"""Series that are drawn; a screenful."""

NAME_WIDTH_MAX = 24
"""Terminal cells that the name of a series may take."""

NUMBER_WIDTH = 8
"""Terminal cells of the greatest value beside a line."""

POINTS_WIDTH_MIN = 10
"""Fewer columns of blocks show no shape: then nothing is drawn."""

TIME_COLUMN = "@lb.time"

_BLOCKS = " ▁▂▃▄▅▆▇█"
_LETTERS = " .:-=+*%#"


def chart_lines(rows: Sequence[Mapping[str, Scalar]], width: int, *, is_unicode: bool = True) -> list[str]:
    """The chart of rows whose first column is the time and whose others are series; none where nothing can be drawn.

    >>> rows = [{"@lb.time": f"2026-01-01T00:0{n}:00Z", "a": n, "b": 9 - n} for n in range(10)]
    >>> for line in chart_lines(rows, 60): print(line)
    a   ▁▂▃▄▄▅▆▇█  9
    b  █▇▆▅▄▄▃▂▁   9
       00:00 00:09
    """
    columns = list(rows[0]) if rows else []
    series = {name: [_number(row.get(name)) for row in rows] for name in columns[1:]}
    drawn = {name: values for name, values in series.items() if any(value is not None for value in values)}
    if len(rows) < 2 or not drawn:
        return []
    times = [str(row.get(columns[0]) or "") for row in rows]
    shown = dict(list(drawn.items())[:SERIES_SHOWN_MAX])
    ink = _BLOCKS if is_unicode else _LETTERS
    lines = _columns(*shown.popitem(), times, width, ink) if len(shown) == 1 else _lines(shown, times, width, ink)
    more = len(drawn) - SERIES_SHOWN_MAX
    return [*lines, *([f"and {more} more series"] if more > 0 and lines else [])]


def is_charted(query: str) -> bool:
    """Whether the rows of a query are a chart: those of `timechart`, perhaps filtered or sorted."""
    return any(isinstance(stage, Timechart) for stage in parse_query(query).stages)


def write_chart(rows: Sequence[Mapping[str, Scalar]]) -> None:
    """Draws the rows below their table, on a terminal that shows blocks with blocks."""
    if not rows or next(iter(rows[0]), None) != TIME_COLUMN:
        return
    width = shutil.get_terminal_size((160, 24)).columns
    is_unicode = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    lines = chart_lines(rows, width, is_unicode=is_unicode)
    sys.stdout.write("".join(f"{line}\n" for line in ["", *lines]) if lines else "")


def _lines(series: Mapping[str, Sequence[float | None]], times: Sequence[str], width: int, ink: str) -> list[str]:
    """One line of blocks a series, each from zero to its own greatest value, which stands beside it."""
    names = {name: _fit(safe_text(name), NAME_WIDTH_MAX) for name in series}
    name_width = max(map(cell_len, names.values()))
    room = width - name_width - NUMBER_WIDTH - 4
    if room < POINTS_WIDTH_MIN:
        return []
    found = []
    for name, values in series.items():
        points = _squeezed(values, room)
        top = _top(points)
        blocks = "".join(ink[_level(point, top, len(ink) - 1)] for point in points)
        found.append(f"{set_cell_size(names[name], name_width)}  {blocks}  {_short(top)}".rstrip())
    return [*found, " " * (name_width + 2) + _axis(times, min(room, len(times)))]


def _columns(name: str, values: Sequence[float | None], times: Sequence[str], width: int, ink: str) -> list[str]:
    """A column of blocks for each point, some lines high."""
    room = width - NUMBER_WIDTH - 2
    if room < POINTS_WIDTH_MIN:
        return []
    points = _squeezed(values, room)
    steps = len(ink) - 1
    top = _top(points)
    levels = [_level(point, top, HEIGHT * steps) for point in points]
    found = [_fit(safe_text(name), width)]
    for line in range(HEIGHT - 1, -1, -1):
        label = _short(top) if line == HEIGHT - 1 else "0" if not line else ""
        blocks = "".join(ink[max(0, min(steps, level - line * steps))] for level in levels)
        found.append(f"{label:>{NUMBER_WIDTH}}  {blocks}".rstrip())
    return [*found, " " * (NUMBER_WIDTH + 2) + _axis(times, len(points))]


def _number(value: Scalar) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    try:
        number = float(value)
    except (OverflowError, ValueError):  # beyond every float; a signalling NaN
        return None
    return number if math.isfinite(number) else None


def _squeezed(values: Sequence[float | None], room: int) -> list[float | None]:
    """As many points as there is room for; each shows the greatest of its neighbours: a peak must not vanish."""
    if len(values) <= room:
        return list(values)
    found: list[float | None] = []
    for point in range(room):
        near = values[point * len(values) // room : (point + 1) * len(values) // room]
        found.append(max((value for value in near if value is not None), default=None))
    return found


def _top(points: Sequence[float | None]) -> float:
    return max((point for point in points if point is not None), default=0.0)


def _level(point: float | None, top: float, steps: int) -> int:
    """0 for nothing, zero and less; anything above zero shows."""
    if point is None or point <= 0 or top <= 0:
        return 0
    return max(1, round(point / top * steps))


def _axis(times: Sequence[str], width: int) -> str:
    """The first and the last time, as far as they differ from each other."""
    first, last = (safe_text(time.removesuffix("Z").replace("T", " ")) for time in (times[0], times[-1]))
    if first[:10] == last[:10]:
        first, last = first[11:], last[11:]
    if first.endswith(":00") and last.endswith(":00"):
        first, last = first[:-3], last[:-3]
    return f"{first}{' ' * max(1, width - len(first) - len(last))}{last}"


def _short(number: float) -> str:
    """A number in few letters.

    >>> _short(9), _short(1234567), _short(0.125)
    ('9', '1.23M', '0.125')
    """
    for limit, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(number) >= limit:
            return f"{number / (1e3 if unit == 'k' else limit):.3g}{unit}"
    return f"{number:.4g}"


def _fit(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"
