"""One `[[step]]` while it is read: its values by key, each of the type that is wanted, or an error that says where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakebed.query.suggest import did_you_mean
from lakebed.transform.expressions import read_expression
from lakebed.transform.limits import NAMES_MAX
from lakebed.transform.names import read_name, read_pattern, read_target
from lakebed.transform.place import described

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lakebed.query.plan import Node, PlanValue
    from lakebed.transform.context import Context
    from lakebed.transform.place import Place

COMMON_KEYS = ("when", "source_types")
"""What every step may have."""


class StepReader:
    """Gives what a step says. The verb's own value stands under the verb."""

    def __init__(self, values: Mapping[str, object], verb: str, place: Place, context: Context) -> None:
        self.verb = verb
        self.place = place
        """Of the step."""
        self.context = context
        self._values = values

    def at(self, key: str) -> Place:
        """Where a key of the step stands."""
        return self.place.of_key(key)

    def has(self, key: str) -> bool:
        """Whether the step says something under this key."""
        return key in self._values

    def is_table(self, key: str) -> bool:
        """Whether what stands under this key is a table."""
        return isinstance(self._values.get(key), dict)

    def check_keys(self, options: Sequence[str]) -> None:
        """Refuses what the verb does not know."""
        known = (self.verb, *options, *COMMON_KEYS)
        for key in self._values:
            if key not in known:
                self.at(key).fail(f'"{self.verb}" has no such option{did_you_mean(key, known[1:])}')

    def text(self, key: str, default: str | None = None) -> str:
        """A text; an error when there is neither one nor a default."""
        if key not in self._values:
            if default is None:
                self.place.fail(f'"{self.verb}" wants "{key}" too')
            return default
        value = self._values[key]
        if not isinstance(value, str):
            self.at(key).fail(f"wanted a text, found {described(value)}")
        return value

    def flag(self, key: str) -> bool:
        """`true` or `false`, which is what is not said."""
        value = self._values.get(key, False)
        if not isinstance(value, bool):
            self.at(key).fail(f"wanted true or false, found {described(value)}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A text or an array of them; none when nothing is said."""
        if key not in self._values:
            return ()
        value = self._values[key]
        found = [value] if isinstance(value, str) else value
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            self.at(key).fail(f"wanted a text or an array of texts, found {_described_parts(value)}")
        if not found:
            self.at(key).fail("wanted at least one text, found an empty array")
        if len(found) > NAMES_MAX:
            self.at(key).fail(f"wanted at most {NAMES_MAX:,} texts, found {len(found):,}")
        return tuple(found)

    def pairs(self, key: str) -> dict[str, str]:
        """A table of texts. A key with dots that is not in quotes is a name with dots: `user.name = "…"`."""
        value = self._values.get(key)
        if not isinstance(value, dict):
            self.at(key).fail(f"wanted a table such as {{ name = '…' }}, found {described(value)}")
        found: dict[str, str] = {}
        self._flatten(self.at(key), value, "", found)
        if not found:
            self.at(key).fail("wanted at least one name, found an empty table")
        if len(found) > NAMES_MAX:
            self.at(key).fail(f"wanted at most {NAMES_MAX:,} names, found {len(found):,}")
        return found

    def _flatten(self, place: Place, table: dict[str, object], prefix: str, found: dict[str, str]) -> None:
        for key, value in table.items():
            name = prefix + key
            if isinstance(value, dict):
                self._flatten(place, value, f"{name}.", found)
            elif not isinstance(value, str):
                place.of_key(name).fail(f"wanted a text, found {described(value)}")
            elif name in found:
                place.of_key(name).fail("the name comes twice")
            else:
                found[name] = value

    def name(self, key: str) -> str:
        """The name of a field."""
        return read_name(self.text(key), self.at(key))

    def target(self, key: str, default: str | None = None) -> str:
        """The name of a field that the step makes."""
        return read_target(self.text(key, default), self.at(key))

    def patterns(self, key: str) -> list[PlanValue]:
        """Patterns over names of fields, at least one."""
        if key not in self._values:
            self.place.fail(f'"{self.verb}" wants "{key}" too: names of fields')
        return [read_pattern(text, self.at(key)) for text in self.texts(key)]

    def expression(self, key: str) -> Node:
        """An expression of the query language."""
        return read_expression(self.text(key), self.at(key))


def _described_parts(value: object) -> str:
    if isinstance(value, list):
        wrong = next(one for one in value if not isinstance(one, str))
        return f"{described(wrong)} in an array"
    return described(value)
