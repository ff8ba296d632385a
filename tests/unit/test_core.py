"""The engine is what its stub says: the type checker sees only that, and nobody else compares the two."""

from __future__ import annotations

import ast
import inspect
from typing import TYPE_CHECKING

import msgspec
import pytest

from lakebed import _core
from tests.sample_data import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterable

STUB = ast.parse((REPOSITORY / "src/lakebed/_core.pyi").read_text())


def names_of(statements: Iterable[ast.stmt]) -> dict[str, ast.stmt]:
    found: dict[str, ast.stmt] = {}
    for statement in statements:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            found[statement.target.id] = statement
        elif isinstance(statement, ast.ClassDef | ast.FunctionDef):
            found[statement.name] = statement
    return found


def test_the_stub_names_what_is_there() -> None:
    there = {name for name in dir(_core) if not name.startswith("__")} | {"__version__"}
    assert set(names_of(STUB.body)) == there


@pytest.mark.parametrize("name", ["Builder", "Expression", "LeafSearch", "Regex", "Segment", "SegmentReader"])
def test_the_stub_of_a_class_names_what_is_there(name: str) -> None:
    class_def = names_of(STUB.body)[name]
    assert isinstance(class_def, ast.ClassDef)
    there = {member for member in dir(getattr(_core, name)) if not member.startswith("_")}
    assert {member for member in names_of(class_def.body) if member != "__init__"} == there


def functions() -> list[tuple[str, ast.FunctionDef, object]]:
    found: list[tuple[str, ast.FunctionDef, object]] = []
    for name, node in names_of(STUB.body).items():
        if isinstance(node, ast.FunctionDef):
            found.append((name, node, getattr(_core, name)))
        if isinstance(node, ast.ClassDef):
            for member, inner in names_of(node.body).items():
                is_property = isinstance(inner, ast.FunctionDef) and bool(inner.decorator_list)
                if isinstance(inner, ast.FunctionDef) and not is_property:
                    there = getattr(_core, name) if member == "__init__" else getattr(getattr(_core, name), member)
                    found.append((f"{name}.{member}", inner, there))
    return found


@pytest.mark.parametrize(("name", "node", "there"), functions(), ids=[one[0] for one in functions()])
def test_the_stub_of_a_function_has_its_arguments(name: str, node: ast.FunctionDef, there: object) -> None:
    assert callable(there)
    signature = inspect.signature(there)
    found = [(argument.name, argument.kind.name == "KEYWORD_ONLY") for argument in signature.parameters.values()]
    wanted = [(argument.arg, False) for argument in node.args.args]
    wanted += [(argument.arg, True) for argument in node.args.kwonlyargs]
    assert [one for one in found if one[0] != "self"] == [one for one in wanted if one[0] != "self"]


def test_a_segment_describes_itself() -> None:
    builder = _core.Builder(index="web")
    builder.begin_object("file:///a", modified_ns=0, received_ns=0)
    builder.feed(b'{"time": "2026-01-01T00:00:00Z", "n": 1}\n{"time": "2026-01-01T00:00:01Z", "n": 2}\n')
    builder.end_object()
    segment = builder.take_segment()
    assert segment is not None
    nothing, needed, _ = _core.segment_address(segment.data[-4:])
    assert nothing is None
    nothing, needed, _ = _core.segment_address(segment.data[-needed:])
    assert nothing is None
    address, offset, length = _core.segment_address(segment.data[-needed:])
    assert address == segment.address
    told = msgspec.json.decode(_core.segment_summary(address, segment.data[offset : offset + length]))
    assert told == {"index": "web"} | msgspec.json.decode(segment.summary)


def test_an_expression_over_rows() -> None:
    joined = {"call": "array.join", "of": [{"pattern": {"parts": ["t", {"star": 1}]}}, {"text": "+"}]}
    node = {"call": "string.concat", "of": [{"column": "b"}, {"column": "a"}, joined]}
    expression = _core.Expression(msgspec.json.encode(node))
    assert expression.columns() == ["b", "a"]
    assert [msgspec.json.decode(one) for one in expression.patterns()] == [{"parts": ["t", {"star": 1}]}]
    found = expression.evaluate(b'[["x", 1.50, ["p", 7]], ["\\ud800", null, []]]')
    assert found == b'["x1.50p+7",null]'
    with pytest.raises(_core.CoreError) as caught:
        expression.evaluate(b"[[1]]")
    assert (caught.value.kind, str(caught.value)) == ("input", "row 0 is not a JSON array of 3 values")
    with pytest.raises(_core.CoreError) as caught:
        _core.Expression(b'{"call": "nope"}')
    assert (caught.value.kind, str(caught.value)) == ("plan", "unknown function 'nope'")


def test_a_regular_expression_outside_of_the_engine() -> None:
    regex = _core.Regex("(?P<key>\\w+)=(\\w+)?", True)
    assert regex.names() == ["key", None]
    assert regex.finds("a=b")
    assert regex.groups(" user= ") == ["user", None]
    assert regex.groups("none") is None
    assert _core.Regex(".(x)").groups("\ud800x") is None
    assert _core.Regex("x(.)").groups("\ud800xy") == ["y"]
    with pytest.raises(_core.CoreError):
        _core.Regex("(")


def test_the_scalar_functions_are_told() -> None:
    told = {one["name"]: one for one in msgspec.json.decode(_core.scalar_functions())}
    assert told["string.substring"]["parameters"] == "text, start[, length]"
    assert (told["coalesce"]["family"], told["coalesce"]["most"]) == ("control", None)
    assert all(one["examples"] and one["doc"] for one in told.values())
