"""Keys of a table of `lakebed.toml`, declared where their values are kept: as fields of a dataclass.

A key is there once: its name, what reads its value, what it is when nothing is said, and its words for the
documentation. Reading a table, refusing what it does not know and docs/configuration.md all come from that.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakebed.configuration.value import Value

T = TypeVar("T")
D = TypeVar("D")

_METADATA = "option"


@dataclass(frozen=True)
class Option:
    """One key. `read` raises `Wrong`. `default` is as one would write it; empty where there is none."""

    key: str
    read: Callable[[Value], object]
    doc: str
    default: str
    is_required: bool


def option(read: Callable[[Value], T], doc: str, default: D, *, shown: str = "", key: str = "") -> T | D:
    """A field that may be left out. `shown` is its default as it would be written, `key` its name in the file."""
    found = Option(key, read, doc, shown, is_required=False)
    return dataclasses.field(default=default, metadata={_METADATA: found})


def required(read: Callable[[Value], T], doc: str, stand_in: T, *, key: str = "") -> T:
    """A field that must be told. `stand_in` is what a table without it has until the error is raised."""
    found = Option(key, read, doc, "", is_required=True)
    return dataclasses.field(default=stand_in, metadata={_METADATA: found})


def options_of(table: type) -> dict[str, Option]:
    """The keys of a table by the names of their fields."""
    found = {field.name: field.metadata.get(_METADATA) for field in dataclasses.fields(table)}
    return {
        name: dataclasses.replace(one, key=one.key or name) for name, one in found.items() if isinstance(one, Option)
    }
