"""Events of a mapping that stand within those of another source: Kubernetes' audit in the envelope of EKS, and so on.

A mapping is written once, for the shape in which its source writes events. What wraps them only moves their fields, so
`shapes.toml` says where they are then, and the expressions are the same. Given up by that: events whose wrapping also
changes names within (GKE's audit, which is Google's) have no mapping.
"""

from __future__ import annotations

import functools
import tomllib
from importlib import resources
from typing import TYPE_CHECKING

import msgspec

from lakebed.decoding import converted
from lakebed.transform.expressions import call

if TYPE_CHECKING:
    from lakebed.query.plan import Node, PlanValue


class Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the fields of events are within those of some source types.

    >>> shape = Shape(source_types=("aws:eks",), prefix="event.", names={"verb": "action"})
    >>> shape.place("user.username"), shape.place("verb"), shape.place("@ecs.user.name")
    ('event.user.username', 'action', '@ecs.user.name')
    """

    source_types: tuple[str, ...]
    prefix: str
    when: str | None = None
    """An expression over the event that holds them; None: all events are meant."""
    names: dict[str, str] = {}
    """Fields that stand elsewhere than below the prefix."""

    def place(self, name: str) -> str:
        """Where a field is. Those of schemas, and metadata, stay where they are."""
        return self.names.get(name, name if name.startswith("@") else self.prefix + name)

    def moved(self, node: Node) -> Node:
        """An expression as the engine takes it, or what holds one, with its fields where this shape has them."""
        match node:
            case {"column": str(name)}:
                return {"column": self.place(name)}
            case {"pattern": {"parts": [*parts]}}:
                return {"pattern": {"parts": [self.prefix, *parts]}}
            case _:
                return {key: self.moved_value(inner) for key, inner in node.items()}

    def moved_value(self, value: PlanValue) -> PlanValue:
        """The same of any piece of it."""
        if isinstance(value, list):
            return [self.moved_value(inner) for inner in value]
        return self.moved(value) if isinstance(value, dict) else value


@functools.cache
def shapes_of(mapping: str) -> tuple[Shape, ...]:
    """The shapes in which events of a mapping, by its file's name, come too.

    >>> [shape.prefix for shape in shapes_of("kubernetes")], shapes_of("vpcflow")
    (['event.', 'properties.log_json.'], ())
    """
    return _read().get(mapping, ())


def mappings_with_shapes() -> tuple[str, ...]:
    """The mappings that have any."""
    return tuple(_read())


@functools.cache
def _read() -> dict[str, tuple[Shape, ...]]:
    text = (resources.files("lakebed.transform") / "shapes.toml").read_text("utf-8")
    return converted(tomllib.loads(text), dict[str, tuple[Shape, ...]])


def with_condition(node: Node, *conditions: Node) -> Node:
    """A step with all of these conditions."""
    if not conditions:
        return node
    return {**node, "when": functools.reduce(functools.partial(call, "and"), conditions)}
