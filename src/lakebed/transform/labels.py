"""Labels: fields that every event of a source gets, whatever it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakebed.query.syntax import Star
from lakebed.transform.expressions import call
from lakebed.transform.names import pattern_node

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lakebed.query.plan import Node, PlanValue

LABELS = "labels"
"""The object that they stand in, as in ECS."""

DISPLACED = "labels.value"
"""Where a `labels` of the event's own goes that is no object: a text, an array."""


def label_steps(labels: Mapping[str, str]) -> list[Node]:
    """Steps that cannot fail. A member of the event's own that is called as a label is replaced: who writes a log must
    not choose the labels of its source.

    Expressions know of texts and numbers only, so that what is no object is told by its having no members.
    """
    members: Node = {"pattern": pattern_node((f"{LABELS}.", Star.MANY))}
    has_none = call("equal", call("array.length", members), {"number": "0"})
    move: Node = {"do": "rename", "from": LABELS, "to": DISPLACED, "when": has_none}
    fields: list[PlanValue] = [{"name": f"{LABELS}.{name}", "value": {"text": text}} for name, text in labels.items()]
    return [{**move, "name": "labels"}, {"do": "set", "fields": fields, "name": "labels"}]
