"""The slow oracle's stages that look for structure in rows: obvious code over plain values, see tests/oracle.py."""

from __future__ import annotations

import contextlib
import csv
import ipaddress
import json
import re
from typing import TYPE_CHECKING

from lakebed.query.stages.delta import Delta
from lakebed.query.stages.fieldsummary import FieldSummary
from lakebed.query.stages.lookup import LookupStage
from lakebed.query.stages.parse import Parse, RegexForm
from lakebed.query.stages.patterns import Patterns
from lakebed.query.stages.sequence import Sequence_
from lakebed.query.stages.transaction import Transaction
from lakebed.query.text_pattern import Gap
from tests import oracle, oracle_sessions, oracle_structure
from tests.events import Json, Num
from tests.oracle_filter import in_network, text_of
from tests.oracle_functions import MISSING, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakebed.query.stages.base import Stage

NUMBER = r"\s*([+-]?)(?:(\d+\.?\d*(?:[eE][+-]?\d+)?)|0x([0-9a-fA-F]+))\s*"


_tables: dict[str, str] = {}
_time_range: tuple[int | None, int | None] = (None, None)


def set_time_range(since_ns: int | None, until_ns: int | None) -> None:
    """The time range of the query that runs."""
    global _time_range
    _time_range = since_ns, until_ns


@contextlib.contextmanager
def lookups(tables: dict[str, str]) -> Iterator[None]:
    """The lookup tables of the lake, by name, while queries run."""
    _tables.update(tables)
    try:
        yield
    finally:
        _tables.clear()


def after(stage: Stage, rows: list[oracle.OracleRow]) -> list[oracle.OracleRow]:
    """The rows that a stage makes of these."""
    match stage:
        case Parse():
            return [oracle.changed(row, parsed(stage, row)) for row in rows]
        case LookupStage():
            return [oracle.changed(row, looked_up(stage, row, table_of(stage.table))) for row in rows]
        case Sequence_():
            return oracle_sessions.sequence(stage, rows)
        case Transaction():
            return oracle_sessions.transaction(stage, rows)
        case Patterns():
            return oracle_structure.patterns(stage, rows)
        case FieldSummary():
            return oracle_structure.summary(stage, rows)
        case Delta():
            return oracle_structure.delta(stage, rows, *_time_range)
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


def table_of(name: str) -> list[dict[str, Json]]:
    """The rows of a lookup table; numbers are `Num`."""
    text = _tables[name]
    if name.endswith(".csv"):
        return [{key: cell(value) for key, value in row.items()} for row in csv.DictReader(text.splitlines())]
    texts = [text] if text.startswith("[") else text.splitlines()
    loaded = [json.loads(part, parse_int=Num, parse_float=Num) for part in texts]
    objects = loaded[0] if text.startswith("[") else loaded
    return [dict(reversed(oracle.flatten(value))) for value in objects]


def cell(text: str) -> Json:
    if re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", text):
        return Num(text)
    return MISSING if text == "" else text


def looked_up(stage: LookupStage, row: oracle.OracleRow, table: list[dict[str, Json]]) -> dict[str, Json]:
    """The new columns of a row: every row of the table is looked at."""
    names = list(dict.fromkeys(name for entry in table for name in entry))
    keys = [key for key, _ in stage.keys]
    outputs = stage.outputs or [(name, name) for name in names if name not in keys]
    best: dict[str, Json] | None = None
    best_length = -1
    for entry in table:
        lengths = [matched(table, key, entry.get(key, MISSING), row.value(column)) for key, column in stage.keys]
        if None not in lengths and max(length or 0 for length in lengths) > best_length:
            best, best_length = entry, max(length or 0 for length in lengths)
    found = best or {}
    return {stage.prefix + output: found.get(column, MISSING) for column, output in outputs}


def matched(table: list[dict[str, Json]], key: str, wanted: Json, found: Json) -> int | None:
    """None when a key does not match; else the length of the network's prefix, 0 for a text."""
    if wanted is MISSING or found is MISSING:
        return None
    texts = [text_of(entry[key]) for entry in table if entry.get(key, MISSING) is not MISSING]
    if not (any("/" in text for text in texts) and all(is_network(text) for text in texts)):
        return 0 if text_of(wanted) == text_of(found) else None
    network = ipaddress.ip_network(text_of(wanted), strict=False)
    bits = 96 if network.version == 4 else 0
    return network.prefixlen + bits if in_network(text_of(found), str(network)) else None


def is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True
