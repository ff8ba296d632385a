"""Reads a table of the file into the dataclass that declares its keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lakebed.configuration.option import Option, options_of
from lakebed.configuration.value import Wrong
from lakebed.query.suggest import did_you_mean
from lakebed.transform.place import described

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lakebed.configuration.value import Value

NO_HINTS: Mapping[str, str] = {}


@dataclass
class Table:
    """What was read: values by the names of fields, and the names of those that are wrong or missing."""

    values: dict[str, object] = field(default_factory=dict)
    wrong: set[str] = field(default_factory=set)


def read_table(
    value: Value, *declared: type, hints: Mapping[str, str] = NO_HINTS, known: tuple[str, ...] = ()
) -> Table:
    """Reads the keys that the dataclasses declare; all that is wrong is told to the problems.

    `known` are keys that someone else reads. `hints` say of keys that are not known what may be meant.
    """
    problems = value.surroundings.problems
    options = {name: one for table in declared for name, one in options_of(table).items()}
    found = value.found
    if not isinstance(found, dict):
        problems.add(Wrong(value.path, f"wanted a table, found {described(found)}"))
        return Table(wrong=set(options))
    by_key = {one.key: name for name, one in options.items()}
    for key in found:
        if key not in by_key and key not in known:
            hint = hints.get(key) or did_you_mean(key, [*by_key, *known])
            problems.add_at((*value.path, key), f"unknown key{hint}")
    table = Table()
    for name, one in options.items():
        _read_key(value, found, name, one, table)
    return table


def _read_key(value: Value, found: dict[str, object], name: str, one: Option, table: Table) -> None:
    problems = value.surroundings.problems
    if one.key in found:
        try:
            table.values[name] = one.read(value.part(one.key, found[one.key]))
        except Wrong as wrong:
            problems.add(wrong)
            table.wrong.add(name)
    elif one.is_required:
        problems.add_at(value.path, f'"{one.key}" is missing: {one.doc}')
        table.wrong.add(name)
