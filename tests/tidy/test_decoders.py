"""Decoders into types of our own are made when their module is, never by the threads that need them.

What msgspec 0.22 knows of a class is made at its first use, and seen by other threads before it is whole: two that
decode into one class for the first time at once end the process with SIGSEGV. It did so in indexers on a busy machine.
"""

from __future__ import annotations

import ast

from tests.tidy.sources import files, relative

PLAIN = {"dict", "list", "tuple", "str", "int", "float", "bool", "bytes", "object", "msgspec", "Raw"}


def late_decoders(text: str) -> list[int]:
    """Lines of functions that decode into a type with a name of our own, or make a decoder for one."""
    functions = [one for one in ast.walk(ast.parse(text)) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    calls = {call for one in functions for call in ast.walk(one) if isinstance(call, ast.Call)}
    return sorted(call.lineno for call in calls if _names_in_type(call) - PLAIN)


def _names_in_type(call: ast.Call) -> set[str]:
    name = ast.unparse(call.func)
    if name in {"msgspec.json.decode", "msgspec.msgpack.decode"}:
        kinds = [one.value for one in call.keywords if one.arg == "type"]
    elif name in {"msgspec.json.Decoder", "msgspec.msgpack.Decoder"}:
        kinds = call.args[:1]
    else:
        return set()
    return {one.id for kind in kinds for one in ast.walk(kind) if isinstance(one, ast.Name)}


def test_decoders_are_made_with_their_modules() -> None:
    found = {
        relative(path): lines
        for path in files(".py")
        if relative(path).startswith("src/") and (lines := late_decoders(path.read_text()))
    }
    assert found == {}, "make a Decoder beside the class, at the module's top level"


def test_late_ones_are_seen() -> None:
    text = """
KNOWN = msgspec.json.Decoder(Ours)
def read(data):
    KNOWN.decode(data)
    msgspec.json.decode(data)
    msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    msgspec.json.decode(data, type=list[Ours])
    return msgspec.msgpack.Decoder(Ours).decode(data)
"""
    assert late_decoders(text) == [7, 8]
