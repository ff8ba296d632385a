"""Reads the TOML of a transform: `[[step]]` tables, each with one verb.

Everything that is wrong is an error that names the file, the step and the line of its `[[step]]`, the key, what was
wanted and what was found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from lakebed.query.suggest import did_you_mean
from lakebed.toml_file import TomlFault, parse_toml
from lakebed.transform import computing, enriching, shaping
from lakebed.transform.limits import ENGINE_STEPS_MAX, STEPS_MAX, TRANSFORM_BYTES_MAX
from lakebed.transform.place import Place, described
from lakebed.transform.step_reader import COMMON_KEYS, StepReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakebed.query.plan import Node
    from lakebed.transform.context import Context

    Compile = Callable[[StepReader], list[Node]]

VERBS: dict[str, tuple[Compile, tuple[str, ...]]] = {
    "parse_json": (shaping.parse_json, ("into",)),
    "parse_key_value": (shaping.parse_key_value, ("into",)),
    "split": (shaping.split, ("lift",)),
    "unwrap": (shaping.unwrap, ()),
    "rename": (shaping.rename, ()),
    "drop": (shaping.drop, ()),
    "mask": (shaping.mask, ("regex", "key_env")),
    "set": (computing.set_fields, ()),
    "keep": (computing.keep, ()),
    "discard": (computing.discard, ()),
    "normalize": (computing.normalize, ()),
    "lookup": (enriching.lookup, ("on", "key", "into", "columns", "match", "ignore_case")),
    "threats": (enriching.threats, ("on",)),
    "geoip": (enriching.geoip, ("on",)),
}
"""What a step can do, and the options that it may have. The only list of its kind."""


def compile_toml(data: bytes, file: str, context: Context) -> None:
    """Adds the steps of a file to the context. Raises `UsageError` and `QueryError`."""
    place = Place(file)
    toml = parse_toml(_text(data, place))
    if isinstance(toml, TomlFault):
        column = "" if toml.column is None else f", column {toml.column}"
        place.fail(f"line {toml.line}{column}: not TOML: {toml.message}")
    for number, values in enumerate(_steps(toml.values, place), 1):
        compile_step(values, place.of_step(number, toml.line(("step", number - 1))), context)


def compile_step(values: object, place: Place, context: Context) -> None:
    """Adds one step to the context."""
    if not isinstance(values, dict):
        place.fail(f"wanted a table, found {described(values)}")
    verb = _verb(values, place)
    compile_verb, options = VERBS[verb]
    step = StepReader(values, verb, place, context)
    step.check_keys(options)
    common: Node = {}
    if step.has("when"):
        common["when"] = step.expression("when")
    if step.has("source_types"):
        common["source_types"] = list(step.texts("source_types"))
    common["name"] = f"step {place.step} ({verb})" if place.step else verb
    # what a verb says of source types is narrower than what the step says
    context.steps += [{**common, **node} for node in compile_verb(step)]
    if len(context.steps) > ENGINE_STEPS_MAX:
        place.fail(f"the transforms have more than {ENGINE_STEPS_MAX:,} steps here")


def _text(data: bytes, place: Place) -> str:
    if len(data) > TRANSFORM_BYTES_MAX:
        place.fail(f"the file is larger than {TRANSFORM_BYTES_MAX:,} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place.fail(f"line {data[: error.start].count(10) + 1}: not UTF-8")


def _steps(found: dict[str, object], place: Place) -> list[object]:
    for key in found:
        if key != "step":
            near = f'; steps begin with [[step]], "{key}" stands before the first of them' if key in VERBS else ""
            place.of_key(key).fail(f"unknown key{near or did_you_mean(key, ['step'])}")
    steps = found.get("step", [])
    if isinstance(steps, dict):
        place.fail("wanted [[step]], found [step]: steps are an array of tables")
    if not isinstance(steps, list):
        place.fail(f"wanted [[step]], found step = {described(steps)}")
    if not steps:
        place.fail("wanted at least one [[step]], found none")
    if len(steps) > STEPS_MAX:
        place.fail(f"wanted at most {STEPS_MAX} steps, found {len(steps)}")
    return list(steps)


def _verb(values: dict[str, object], place: Place) -> str:
    verbs = [key for key in values if key in VERBS]
    if len(verbs) > 1:
        place.fail(f"wanted one verb, found {' and '.join(map(_quoted, verbs))}: write a step for each")
    if not verbs:
        _fail_without_verb(values, place)
    return verbs[0]


def _fail_without_verb(values: dict[str, object], place: Place) -> NoReturn:
    others = [key for key in values if key not in COMMON_KEYS]
    if len(others) == 1:
        place.of_key(others[0]).fail(f"unknown verb{did_you_mean(others[0], VERBS)}")
    found = f"found only {', '.join(map(_quoted, values))}" if values else "found an empty step"
    place.fail(f"wanted a verb, one of {', '.join(map(_quoted, VERBS))}; {found}")


def _quoted(text: str) -> str:
    return f'"{text}"'
