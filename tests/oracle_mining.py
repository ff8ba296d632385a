"""The slow oracle's stages that look for structure in rows: obvious code over plain values, see tests/oracle.py."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lakebed.query.stages.parse import Parse, RegexForm
from lakebed.query.text_pattern import Gap
from tests import oracle
from tests.events import Json, Num
from tests.oracle_filter import text_of
from tests.oracle_functions import MISSING, number

if TYPE_CHECKING:
    from lakebed.query.stages.base import Stage

NUMBER = r"\s*([+-]?)(?:(\d+\.?\d*(?:[eE][+-]?\d+)?)|0x([0-9a-fA-F]+))\s*"


def after(stage: Stage, rows: list[oracle.OracleRow]) -> list[oracle.OracleRow]:
    """The rows that a stage makes of these."""
    match stage:
        case Parse():
            return [oracle.changed(row, parsed(stage, row)) for row in rows]
        case _:
            raise AssertionError(f"the oracle does not know the stage {stage}")


def parsed(stage: Parse, row: oracle.OracleRow) -> dict[str, Json]:
    """The new columns of a row."""
    found = row.value(stage.column)
    text = None if found is MISSING else text_of(found)
    if isinstance(stage.form, RegexForm):
        flags = re.IGNORECASE if stage.form.ignores_case else re.NOFLAG
        match = None if text is None else re.search(stage.form.body, text, flags)
        names = [name for name in stage.form.groups if name is not None]
        return {name: MISSING if match is None else match[name] for name in names}
    parts = stage.form
    gaps = [part for part in parts if isinstance(part, Gap)]
    values = None if text is None else taken_apart(text, parts)
    columns: dict[str, Json] = {}
    for place, gap in enumerate(gaps):
        if gap.name != "_":
            value = MISSING if values is None else values[place]
            columns[gap.name] = number_of(value) if gap.is_number and value is not MISSING else value
    return columns


def taken_apart(text: str, parts: tuple[str | Gap, ...]) -> list[str] | None:
    """What stands in each gap, by looking for one text after the other."""
    values: list[str] = []
    is_first, position = True, 0
    for place, part in enumerate(parts):
        if isinstance(part, Gap):
            if place == len(parts) - 1:
                values.append(text[position:])
            is_first = False
            continue
        found = text.find(part, position)
        if found < 0:
            return None
        if not is_first:
            values.append(text[position:found])
        position = found + len(part)
        is_first = False
    return values


def number_of(text: str) -> Json:
    match = re.fullmatch(NUMBER, text)
    if match is None:
        return MISSING
    if match[3]:
        return number(int(match[1] + match[3], 16))
    return Num(match[1].replace("+", "") + match[2])
