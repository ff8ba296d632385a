"""Steps that change the shape of an event: what is in it, under which names, and what of it may be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakebed.query.literals import regex_problem
from lakebed.query.regex_check import regex_fault
from lakebed.transform.limits import MASK_KEY_CHARACTERS_MIN
from lakebed.transform.names import pattern_of, read_name, read_target

if TYPE_CHECKING:
    from lakebed.query.plan import Node, PlanValue
    from lakebed.transform.place import Place
    from lakebed.transform.step_reader import StepReader

MASK_KEY_VARIABLE = "LAKEBED_MASK_KEY"
"""The environment variable that holds the key of masks, unless the step names another."""


def parse_json(step: StepReader) -> list[Node]:
    """`parse_json = "log"`: a text that is JSON becomes fields."""
    return [_parse(step, "parse_json", "_json")]


def parse_key_value(step: StepReader) -> list[Node]:
    """`parse_key_value = "message"`: a text of `key=value` pairs becomes fields."""
    return [_parse(step, "parse_key_value", "_kv")]


def _parse(step: StepReader, verb: str, suffix: str) -> Node:
    name = step.name(verb)
    is_top = step.text("into", name + suffix) == ""
    return {"do": verb, "field": name, "into": "" if is_top else step.target("into", name + suffix)}


def split(step: StepReader) -> list[Node]:
    """`split = "Records"`: the elements of an array become events."""
    field, is_lifted = step.name("split"), step.flag("lift")
    step.context.hiding.changes.append((f"{field}[0]", "" if is_lifted else field))
    return [{"do": "split", "field": field, "lift": is_lifted}]


def unwrap(step: StepReader) -> list[Node]:
    """`unwrap = "winlog.event_data"`: the members of an object stand at the top."""
    field = step.name("unwrap")
    step.context.hiding.changes.append((field, ""))
    return [{"do": "unwrap", "field": field}]


def rename(step: StepReader) -> list[Node]:
    """`rename = { src = "source.ip" }`: other names for fields."""
    at = step.at("rename")
    pairs = step.pairs("rename")
    for old, new in pairs.items():
        read_name(old, at.of_key(old))
        read_target(new, at.of_key(old))
        if old == new:
            at.of_key(old).fail("the new name is the old one")
    step.context.hiding.changes += pairs.items()
    return [{"do": "rename", "from": old, "to": new} for old, new in pairs.items()]


def drop(step: StepReader) -> list[Node]:
    """`drop = ["debug.*"]`: takes fields away."""
    return [{"do": "drop", "columns": _hidden(step)}]


def mask(step: StepReader) -> list[Node]:
    """`mask = ["user.email"]`: values become keyed hashes, equal ones stay equal."""
    columns = _hidden(step)
    regex = step.text("regex") if step.has("regex") else None
    if regex is not None:
        _check_regex(regex, step.at("regex"))
    return [{"do": "mask", "columns": columns, "key": _mask_key(step), "regex": regex}]


def _hidden(step: StepReader) -> list[PlanValue]:
    columns = step.patterns(step.verb)
    for text in step.texts(step.verb):
        step.context.hiding.hide(pattern_of(text), step.at(step.verb))
    return columns


def _check_regex(regex: str, place: Place) -> None:
    problem = regex_problem(regex)
    if problem is not None:
        place.fail(problem)
    fault = regex_fault(regex, ignore_case=False)
    if fault is not None:
        place.fail(f"this regular expression is wrong: {fault.message}")


def _mask_key(step: StepReader) -> str:
    variable = step.text("key_env", MASK_KEY_VARIABLE)
    key = step.context.surroundings.environment.get(variable, "")
    if len(key) < MASK_KEY_CHARACTERS_MIN:
        found = f"found one of {len(key)} characters" if key else "found none"
        step.place.fail(
            f'"mask" wants a key of at least {MASK_KEY_CHARACTERS_MIN} characters in the environment variable '
            f"'{variable}', {found}; `openssl rand -hex 32` makes one"
        )
    return key.encode("utf-8", "surrogateescape").hex()
