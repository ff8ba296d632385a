"""Steps that compute: fields from expressions, whether an event is kept, and mappings to ECS and OCSF."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, TypeAlias

from lakebed.query.suggest import did_you_mean
from lakebed.transform.expressions import call, column, read_expression
from lakebed.transform.mappings import mappings_by_file
from lakebed.transform.names import read_target
from lakebed.transform.place import Place
from lakebed.transform.shapes import shapes_of, with_condition

if TYPE_CHECKING:
    from lakebed.query.plan import Node, PlanValue
    from lakebed.transform.mappings import Mapping
    from lakebed.transform.step_reader import StepReader

    Compiled: TypeAlias = tuple[tuple[str, ...], tuple[Node, ...], list[PlanValue]]

NORMAL_FORMS = ("ecs", "ocsf")
"""Names of the mappings that there are."""


def set_fields(step: StepReader) -> list[Node]:
    """`set = { name = 'expression' }`: fields get the values of expressions."""
    at = step.at("set")
    fields: list[PlanValue] = []
    for name, text in step.pairs("set").items():
        read_target(name, at.of_key(name))
        fields.append({"name": name, "value": read_expression(text, at.of_key(name))})
    return [{"do": "set", "fields": fields}]


def keep(step: StepReader) -> list[Node]:
    """`keep = 'expression'`: events for which it is not true are left out."""
    return [{"do": "keep", "where": step.expression("keep")}]


def discard(step: StepReader) -> list[Node]:
    """`discard = 'expression'`: events for which it is true are left out."""
    return [{"do": "discard", "where": step.expression("discard")}]


def normalize(step: StepReader) -> list[Node]:
    """`normalize = "ecs"`: the fields of ECS or OCSF, by the event's source type."""
    form = step.text("normalize")
    if form not in NORMAL_FORMS:
        step.at("normalize").fail(f'unknown form "{form}"{did_you_mean(form, NORMAL_FORMS)}')
    wanted = step.texts("source_types")
    condition = [step.expression("when")] if step.has("when") else []
    nodes: list[Node] = [
        with_condition({"do": "set", "source_types": list(types), "fields": fields}, *condition, *when)
        for source_types, when, fields in _compiled(form)
        if (types := [one for one in source_types if not wanted or one in wanted])
    ]
    if not nodes:
        step.at("normalize").fail(f"no mapping to {form} for the source types {', '.join(wanted)}")
    return nodes


@functools.cache
def _compiled(form: str) -> tuple[Compiled, ...]:
    """For each mapping, and each shape of its events: source types, conditions, and fields.

    Expressions are read once: a configuration may have hundreds of sources that want them. Shapes come last, so that of
    a source type with several of them the one that fits counts.
    """
    plain: list[Compiled] = []
    shaped: list[Compiled] = []
    for file, mapping in mappings_by_file(form).items():
        fields, needs = _fields(mapping, form), _has_any(mapping.needs)
        plain.append((mapping.source_types, (needs,), fields))
        for shape in shapes_of(file):
            when = [] if shape.when is None else [read_expression(shape.when, Place(f"the shapes of {file}"))]
            shaped.append(
                (shape.source_types, (*when, shape.moved(needs)), [shape.moved_value(field) for field in fields])
            )
    return (*plain, *shaped)


def _has_any(names: tuple[str, ...]) -> Node:
    nodes = [call("not", call("is_null", column(name))) for name in names]
    return functools.reduce(functools.partial(call, "or"), nodes)


def _fields(mapping: Mapping, form: str) -> list[PlanValue]:
    place = Place(form)
    return [
        {"name": f"@{form}.{name}", "value": read_expression(text, place.of_key(name))}
        for name, text in mapping.fields.items()
    ]
