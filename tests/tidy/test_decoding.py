"""No type is given to msgspec but by `lakebed.decoding`: threads that race for a new type may end the process."""

from __future__ import annotations

import ast

import pytest

from tests.tidy.sources import files, relative

DECODERS = {"json", "msgpack"}
ONLY_PLACE = "src/lakebed/decoding.py"


def typed_uses(text: str) -> list[int]:
    """Lines in which msgspec itself is given a type."""
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    return [call.lineno for call in calls if is_typed(call, ast.unparse(call.func).split("."))]


def is_typed(call: ast.Call, name: list[str]) -> bool:
    has_type = any(keyword.arg == "type" for keyword in call.keywords)
    match name:
        case ["msgspec", "convert"]:
            return True
        case ["msgspec", form, "decode"] if form in DECODERS:
            return has_type or len(call.args) > 1
        case ["msgspec", form, "Decoder"] if form in DECODERS:
            return has_type or bool(call.args)
        case _:
            return False


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        ("msgspec.json.decode(data, type=Report)", True),
        ("msgspec.msgpack.decode(data, type=Report)", True),
        ("decode = msgspec.json.Decoder(Report).decode", True),
        ("msgspec.msgpack.Decoder(type=Report)", True),
        ("msgspec.convert(value, Report)", True),
        ("msgspec.json.decode(data)", False),
        ("msgspec.json.Decoder(float_hook=exact)", False),
        ("from_json(data, Report)", False),
    ],
)
def test_what_is_found(line: str, is_found: bool) -> None:
    assert bool(typed_uses(line)) == is_found


def test_types_go_through_one_place() -> None:
    sources = [path for path in files(".py") if relative(path).startswith("src/")]
    found = {relative(path): typed_uses(path.read_text()) for path in sources}
    assert [name for name, lines in found.items() if lines] == [ONLY_PLACE]
