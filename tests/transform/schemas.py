"""What is wrong with an event's fields by the two schemas, as the lists beside this file have them."""

from __future__ import annotations

import datetime
import ipaddress
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.transform.mapped import Json

HERE = Path(__file__).parent
ECS = tomllib.loads((HERE / "ecs_fields.toml").read_text())
OCSF = tomllib.loads((HERE / "ocsf_fields.toml").read_text())

UNKNOWN, OTHER = 0, 99
WINDOWS = 200_000
"""Classes of the extension for Windows are numbered from here on."""


def field_types(schema: str) -> dict[str, str]:
    """The type of each field that the mappings may set."""
    listed = {"ecs": ECS, "ocsf": OCSF}[schema]["fields"]
    return {name: kind for kind, names in listed.items() for name in names}


def ecs_problems(event: Json) -> list[str]:
    """Fields of no known name or of another type, and values that are not allowed."""
    problems = list(_wrong_types("ecs", event))
    flat = dict(leaves(event))
    for name, allowed in ECS["values"].items():
        if name in flat and flat[name] not in allowed:
            problems.append(f"{name} is {flat[name]!r}")
    categories, types = flat.get("event.category", []), flat.get("event.type", [])
    problems += [f"event.category has {one!r}" for one in categories if one not in ECS["event_types"]]
    expected = {kind for one in categories for kind in ECS["event_types"].get(one, [])}
    problems += [f"event.type has {one!r} of {categories}" for one in types if one not in expected]
    if bool(categories) != bool(types):
        problems.append(f"event.category {categories} and event.type {types}")
    return problems


def ocsf_problems(event: Json) -> list[str]:
    """Fields of no known name or of another type, and what the class does not have."""
    problems = list(_wrong_types("ocsf", event))
    number, activity = event["class_uid"], event["activity_id"]
    if event["type_uid"] != number * 100 + activity:
        problems.append(f"type_uid is {event['type_uid']} for activity {activity} of {number}")
    if event["category_uid"] != number % WINDOWS // 1000:
        problems.append(f"category_uid is {event['category_uid']} for {number}")
    if number == UNKNOWN:
        return problems
    known = OCSF["class"][str(number)]
    if activity not in (*known["activities"], UNKNOWN, OTHER):
        problems.append(f"activity {activity} of {number}")
    named = {*OCSF["base"]["required"], *OCSF["base"]["optional"], *known["required"], *known["optional"]}
    return problems + [f"{name} of {number}" for name in event if name not in named]


def ocsf_missing(event: Json) -> set[str]:
    """What the event's class must have and the event has not."""
    of_class = OCSF["class"].get(str(event["class_uid"]), {}).get("required", [])
    return {*OCSF["base"]["required"], *of_class} - event.keys()


def leaves(event: Json, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted names and values; arrays are values."""
    for name, value in event.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _wrong_types(schema: str, event: Json) -> Iterator[str]:
    types = field_types(schema)
    for name, value in leaves(event):
        kind = types.get(name)
        if kind is None:
            yield f"{name} is not known"
        elif kind.endswith("s"):
            is_right = isinstance(value, list) and value != [] and all(map(_CHECKS[kind[:-1]], value))
            if not is_right:
                yield f"{name} is {value!r}"
        elif not _CHECKS[kind](value):
            yield f"{name} is {value!r}"


def _is_ip(value: object) -> bool:
    try:
        return bool(isinstance(value, str) and ipaddress.ip_address(value))
    except ValueError:
        return False


def _is_date(value: object) -> bool:
    try:
        return bool(isinstance(value, str) and datetime.datetime.fromisoformat(value).tzinfo)
    except ValueError:
        return False


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_boolean(value: object) -> bool:
    return isinstance(value, bool)


_CHECKS: dict[str, Callable[[object], bool]] = {
    "keyword": _is_text,
    "text": _is_text,
    "long": _is_integer,
    "integer": _is_integer,
    "boolean": _is_boolean,
    "ip": _is_ip,
    "date": _is_date,
}
