"""Whether what a transform hides stays hidden in an event that it cannot work with.

Such an event is kept as it came, and the engine does the steps `mask` and `drop` to it by the names that it came with.
A name that only a `rename` or a `split` has made is not there then: the user is told to hide it before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lakebed.query.patterns import names_match

if TYPE_CHECKING:
    from lakebed.query.syntax import Text
    from lakebed.transform.place import Place


@dataclass(frozen=True)
class Hidden:
    """A pattern of `mask` or `drop`, and how many changes of names came before it."""

    parts: Text
    place: Place
    changes: int


@dataclass
class Hiding:
    """Collects what steps hide, and how they change names."""

    changes: list[tuple[str, str]] = field(default_factory=list)
    """The name that events came with, and the one that a step has made of it. Empty: the members of the old stand at
    the top."""
    hidden: list[Hidden] = field(default_factory=list)

    def hide(self, parts: Text, place: Place) -> None:
        """A step hides what matches."""
        self.hidden.append(Hidden(parts, place, len(self.changes)))

    def notes(self) -> list[str]:
        """What is told of names that would not be hidden.

        >>> from lakebed.transform.place import Place
        >>> hiding = Hiding([("usr", "user")])
        >>> hiding.hide(("user.name",), Place("a.toml", 3, 2, ("mask",)))
        >>> print(hiding.notes()[0])
        'a.toml', line 3, step 2, "mask": an event that a step cannot work with keeps "usr.name" as it is: hide that too
        >>> hiding.hide(("usr.name",), Place("a.toml", 3, 2, ("mask",)))
        >>> hiding.notes()
        []
        """
        told: dict[str, None] = {}
        for one in self.hidden:
            for name in self._origins(one):
                if not any(_covers(other.parts, name) for other in self.hidden):
                    shown = name.replace("[0]", "[*]")
                    told[
                        f'{one.place}: an event that a step cannot work with keeps "{shown}" as it is: hide that too'
                    ] = None
        return list(told)

    def _origins(self, hidden: Hidden) -> list[str]:
        """The names that events came with, of what the pattern matches under names that steps have made."""
        changes = self.changes[: hidden.changes]
        if len(hidden.parts) == 1 and isinstance(hidden.parts[0], str):
            names = [hidden.parts[0]]
        else:
            names = [new for _, new in changes if new and names_match(hidden.parts, new)]
        origins = [_origin(name, changes) for name in names]
        return [origin for name, origin in zip(names, origins, strict=True) if origin != name]


def _origin(name: str, changes: list[tuple[str, str]]) -> str:
    for old, new in reversed(changes):
        if not new:
            name = f"{old}.{name}"
        elif _is_at_or_below(name, new):
            name = old + name[len(new) :]
    return name


def _covers(parts: Text, name: str) -> bool:
    is_plain = len(parts) == 1 and isinstance(parts[0], str)
    return names_match(parts, name) or (is_plain and _is_at_or_below(name, str(parts[0])))


def _is_at_or_below(name: str, above: str) -> bool:
    return name == above or name.startswith((f"{above}.", f"{above}["))
