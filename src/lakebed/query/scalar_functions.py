"""The functions of expressions. The engine has the list, with their texts; this reads it."""

from __future__ import annotations

import functools
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from lakebed import native

if TYPE_CHECKING:
    from collections.abc import Mapping


class ScalarFunction(msgspec.Struct, frozen=True):
    """One function as the engine describes it."""

    name: str
    family: str
    parameters: str
    least: int
    most: int | None
    """Arguments that it takes; None for any number."""
    doc: str
    examples: list[tuple[str, object]]
    """Pairs of an expression and its value."""

    @property
    def usage(self) -> str:
        """How it is written."""
        return f"{self.name}({self.parameters})"

    def takes(self, count: int) -> bool:
        """Whether it can be called with so many arguments."""
        return count >= self.least and (self.most is None or count <= self.most)

    def described_count(self) -> str:
        """The number of its arguments in words of an error message."""
        if self.most is None:
            return f"at least {_arguments(self.least)}"
        if self.least == self.most:
            return _arguments(self.least)
        return f"{self.least} to {_arguments(self.most)}"


def _arguments(count: int) -> str:
    return "1 argument" if count == 1 else f"{count} arguments"


@functools.cache
def scalar_functions() -> Mapping[str, ScalarFunction]:
    """Every function by its name."""
    known = msgspec.json.decode(native.scalar_functions(), type=list[ScalarFunction])
    return MappingProxyType({function.name: function for function in known})
