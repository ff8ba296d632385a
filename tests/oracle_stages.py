"""The slow, obvious evaluator of single stages: those that order, choose and join rows (see tests/oracle.py)."""

from __future__ import annotations

import functools
import hashlib
import re
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from lakebed.query.stages.dedup import Dedup
from lakebed.query.stages.fields import Fields
from lakebed.query.stages.sample import Sample
from lakebed.query.stages.sort import Sort
from lakebed.query.stages.tail import Tail
from lakebed.query.stages.top import Top
from lakebed.query.stages.unroll import Unroll
from tests import oracle, oracle_filter, oracle_functions
from tests.events import Num, load_json
from tests.oracle import OracleRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.query.expression import Expression
    from lakebed.query.stages.base import Stage
    from lakebed.query.syntax import Column
    from tests.events import Json


def after(stage: Stage, rows: list[OracleRow]) -> list[OracleRow]:
    """The rows that a stage makes of these."""
    match stage:
        case Sort():
            return sorted_by(rows, [(column.column, column.is_descending) for column in stage.columns])
        case Tail():
            return rows[-stage.row_count :]
        case Fields():
            return [(dropped if stage.is_drop else kept)(row, list(stage.columns)) for row in rows]
        case Dedup():
            return firsts(rows, stage.columns, stage.row_count)
        case Top():
            names = [key.output for key in (*stage.by, *stage.columns)]
            keys = [key.expression for key in (*stage.by, *stage.columns)]
            return ranked(rows, names, keys, len(stage.by), stage.row_count, stage.is_rare)
        case Sample():
            return sampled(rows, stage.row_count, stage.percent)
        case Unroll():
            return [one for row in rows for one in unrolled(row, stage.column, stage.output)]
        case _:
            from tests import oracle_mining

            return oracle_mining.after(stage, rows)


ONLY_IF_NAMED = [
    *("@scnr.datetime", "@scnr.time_ns", "@scnr.source_type", "%ingest.source_type"),
    *("@lb.source_type", "@lb.received"),
]
ONLY_IF_NAMED += ["@lb.time_source", "@lb.parse_error"]
SHOWN = ["@lb.time", "@lb.object", "@lb.record", "@index"]


def kept(row: OracleRow, columns: list[Column]) -> OracleRow:
    """The row with these columns only; an event keeps its metadata."""
    chosen: list[tuple[str, Json]] = []
    for column in columns:
        named = [(name, value) for name, value in own_columns(row) if fits(column, name)]
        if column.name is not None and is_metadata(row, column.name):
            value = row.value(column.name)
            named = [] if value is None or column.name in SHOWN else [(column.name, value)]
        known = {name for name, _ in chosen}
        chosen += [(name, value) for name, value in named if name not in known]
    if row.columns is not None:
        return OracleRow(row.event, dict(chosen))
    names = {name for name, _ in chosen}
    gone = [name for name, _ in row.every() if name not in names]
    changes = dict.fromkeys([*gone, *(name for name in ONLY_IF_NAMED if name not in names)])
    told = {name: value for name, value in chosen if name.startswith(("@lb.", "@scnr.", "%ingest."))}
    return OracleRow(row.event, None, chosen, {**row.changes, **changes, **told})


def dropped(row: OracleRow, columns: list[Column]) -> OracleRow:
    """The row without these columns; an event keeps its metadata."""
    gone = [name for name, _ in own_columns(row) if any(fits(column, name) for column in columns)]
    if row.columns is not None:
        cells = {name: value for name, value in row.columns.items() if name not in gone}
        return OracleRow(row.event, cells)
    aliases = [name for name in ONLY_IF_NAMED if name in {column.name for column in columns}]
    left = [(name, value) for name, value in own_columns(row) if name not in gone and name not in SHOWN]
    names = {name for name, _ in left}
    gone = [name for name, _ in row.every() if name not in names]
    return OracleRow(row.event, None, left, {**row.changes, **dict.fromkeys([*gone, *aliases])})


def own_columns(row: OracleRow) -> list[tuple[str, Json]]:
    """The row's columns; those of a table that are null are there, too."""
    if row.event is None and row.columns is not None:
        return list(row.columns.items())
    return row.every()


def is_metadata(row: OracleRow, name: str) -> bool:
    return row.event is not None and row.columns is None and oracle.metadata_of(row.event, name) is not None


def fits(column: Column, name: str) -> bool:
    if column.name is not None:
        return column.name == name
    return re.fullmatch(oracle_filter.name_pattern(column), name) is not None


def sorted_by(rows: list[OracleRow], columns: list[tuple[str, bool]]) -> list[OracleRow]:
    def compare(left: OracleRow, right: OracleRow) -> int:
        for name, is_descending in columns:
            one, other = left.value(name), right.value(name)
            if one is None or other is None:
                if (one is None) != (other is None):
                    return 1 if one is None else -1
                continue
            if oracle_functions.order_key(one) != oracle_functions.order_key(other):
                is_less = oracle_functions.order_key(one) < oracle_functions.order_key(other)
                return -1 if is_less != is_descending else 1
        return 0

    return sorted(rows, key=functools.cmp_to_key(compare))


def firsts(rows: list[OracleRow], columns: Sequence[str], row_count: int) -> list[OracleRow]:
    """The first rows of each combination of values."""
    seen: list[list[object]] = []
    kept = []
    for row in rows:
        values = [row.value(column) for column in columns]
        key: list[object] = [oracle_functions.order_key(value) for value in values]
        if None not in values and seen.count(key) < row_count:
            seen.append(key)
            kept.append(row)
    return kept


def ranked(
    rows: list[OracleRow], names: list[str], keys: list[Expression], by_count: int, row_count: int, is_rare: bool
) -> list[OracleRow]:
    """The most or least frequent combinations, with their share of their group."""
    groups: dict[tuple[object, ...], list[list[Json]]] = {}
    for row in rows:
        values = [oracle_functions.one_spelling(oracle.value_of(key, row)) for key in keys]
        if None not in values:
            groups.setdefault(tuple(map(oracle_functions.order_key, values)), []).append(values)
    answer = []
    for group in sorted({key[:by_count] for key in groups}):
        members = [(key, len(found)) for key, found in groups.items() if key[:by_count] == group]
        members.sort(key=lambda member: (member[1] if is_rare else -member[1], member[0]))
        total = sum(count for _, count in members)
        for key, count in members[:row_count]:
            share = (Decimal(count) * 100 / total).quantize(Decimal("0.000001"), ROUND_HALF_UP)
            columns = dict(zip(names, groups[key][0], strict=True))
            answer.append(OracleRow(None, {**columns, "@q.count": Num(str(count)), "@q.percent": Num(str(share))}))
    return answer


def sampled(rows: list[OracleRow], row_count: int | None, percent: str | None) -> list[OracleRow]:
    """The rows that the hash of their identity chooses."""
    draws = []
    for place, row in enumerate(rows):
        identity = str(place) if row.event is None else f"{row.event.object}\0{row.event.record}"
        draws.append(int(hashlib.blake2b(identity.encode(), digest_size=8).hexdigest(), 16))
    if percent is not None:
        return [row for row, draw in zip(rows, draws, strict=True) if draw < Fraction(percent) / 100 * 2**64]
    chosen = sorted(range(len(rows)), key=lambda place: (draws[place], place))[:row_count]
    return [rows[place] for place in sorted(chosen)]


def unrolled(row: OracleRow, column: str, output: str) -> list[OracleRow]:
    """One row for each element; the row itself when there is none."""
    elements: dict[int, dict[str, Json]] = {}
    gone: dict[str, Json] = {}
    for name, value in own_columns(row):
        found = re.fullmatch(re.escape(column) + r"\[([0-9]+)\](|[.\[](?s:.*))", name)
        if found and value is not None:
            elements.setdefault(int(found[1]), {}).setdefault(output + found[2], value)
            gone[name] = None
    found_text = row.value(column)
    if not elements and isinstance(found_text, str) and found_text.startswith("["):
        array = json_array(found_text)
        gone[column] = None
        for place, inner in enumerate(array):
            flat: dict[str, Json] = {}
            for name, value in oracle.flatten({"": inner}):
                flat.setdefault(output + name, value)
            if flat:
                elements[place] = flat
    if not elements:
        return [row]
    made = []
    for place in sorted(elements):
        if row.columns is None:
            made.append(oracle.changed(row, {**gone, **elements[place]}))
        else:
            cells = {name: value for name, value in row.columns.items() if name not in gone}
            made.append(OracleRow(row.event, {**cells, **elements[place]}))
    return made


def json_array(text: str) -> list[Json]:
    try:
        value = load_json(text)
    except ValueError:
        return []
    return value if isinstance(value, list) else []


def joined(
    left: list[OracleRow], right: list[OracleRow], pairs: Sequence[tuple[str, str]], keeps_all: bool
) -> list[OracleRow]:
    """Each row with the columns of each row on the right that matches."""
    own = {name for _, name in pairs}
    names = list(dict.fromkeys(name for row in right for name, _ in own_columns(row) if name not in own))
    answer = []
    for row in left:
        matches = [other for other in right if all(same(row.value(a), other.value(b)) for a, b in pairs)]
        taken = {name for name, _ in own_columns(row)}
        if row.columns is None:
            taken |= {name for name in names if name.startswith(("@lb.", "@index"))}
        for other in matches:
            added: dict[str, Json] = {}
            for name, value in own_columns(other):
                if name not in own:
                    added.setdefault(f"right.{name}" if name in taken else name, value)
            answer.append(with_columns(row, added))
        if not matches and keeps_all:
            absent = {} if row.event is not None else dict.fromkeys(names)
            answer.append(with_columns(row, {f"right.{n}" if n in taken else n: None for n in absent}))
    return answer


def with_columns(row: OracleRow, columns: dict[str, Json]) -> OracleRow:
    if not columns:
        return row
    if row.columns is None:
        return oracle.changed(row, columns)
    return OracleRow(row.event, {**row.columns, **columns})


def same(left: Json, right: Json) -> bool:
    if left is None or right is None:
        return False
    return oracle_functions.order_key(left) == oracle_functions.order_key(right)
