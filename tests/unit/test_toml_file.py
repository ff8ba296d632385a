"""Lines of values in TOML: hand-written cases, and every text that tomllib reads."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakebed.toml_file import Toml, TomlFault, parse_toml

if TYPE_CHECKING:
    from lakebed.toml_file import TomlPath

TEXT = """# a comment with [brackets] = "x"
title = "a = 1 # no comment"

[owner.name]   # made by one header
first = @@@
several = lines
[[no.header]]
'@@@
"quoted.key" = 'it' # fine"
dotted.a.b = { x = 1, y = { z = [1, "}"] } }

[[many]]
dates = [
  1979-05-27 07:32:00, # "
  1979-05-27T07:32:00Z,
  [ 'a', ['b']
  ],
]
[many.inner]
a = 1
[[many]]
[[many.deeper]]
b = @@@
'@@@@
[[many.deeper]]
""".replace("@@@", "'''").replace("@", "'")


def test_lines() -> None:
    found = parse_toml(TEXT)
    assert isinstance(found, Toml)
    assert found.values == tomllib.loads(TEXT)
    lines = TEXT.splitlines()
    told = {path: lines[line - 1].strip() for path, line in found.lines.items()}
    assert told == {
        ("title",): 'title = "a = 1 # no comment"',
        ("owner",): "[owner.name]   # made by one header",
        ("owner", "name"): "[owner.name]   # made by one header",
        ("owner", "name", "first"): "first = '''",
        ("owner", "name", "quoted.key"): '"quoted.key" = \'it\' # fine"',
        **{
            ("owner", "name", "dotted", *rest): 'dotted.a.b = { x = 1, y = { z = [1, "}"] } }'
            for rest in [(), ("a",), ("a", "b"), *[("a", "b", *inner) for inner in _INNER]]
        },
        ("many",): "[[many]]",
        ("many", 0): "[[many]]",
        ("many", 0, "dates"): "dates = [",
        ("many", 0, "dates", 0): '1979-05-27 07:32:00, # "',
        ("many", 0, "dates", 1): "1979-05-27T07:32:00Z,",
        ("many", 0, "dates", 2): "[ 'a', ['b']",
        ("many", 0, "dates", 2, 0): "[ 'a', ['b']",
        ("many", 0, "dates", 2, 1): "[ 'a', ['b']",
        ("many", 0, "dates", 2, 1, 0): "[ 'a', ['b']",
        ("many", 0, "inner"): "[many.inner]",
        ("many", 0, "inner", "a"): "a = 1",
        ("many", 1): "[[many]]",
        ("many", 1, "deeper"): "[[many.deeper]]",
        ("many", 1, "deeper", 0): "[[many.deeper]]",
        ("many", 1, "deeper", 0, "b"): "b = '''",
        ("many", 1, "deeper", 1): "[[many.deeper]]",
    }
    assert (found.line(("many", 0)), found.line(("many", 1))) == (12, 21)
    assert found.line(("many", 1, "missing", "more")) == 21
    assert found.line(("nowhere",)) == 1


_INNER: list[TomlPath] = [("x",), ("y",), ("y", "z"), ("y", "z", 0), ("y", "z", 1)]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a = ", TomlFault(1, None, "invalid value")),
        ("\na = 1\n\nb = ?", TomlFault(4, 5, "invalid value")),
        ("[a]\nb = 1\n[a]\n", TomlFault(3, 3, "cannot declare ('a',) twice")),
        ("a = " + "[" * 10_000, TomlFault(1, None, "nested too deeply")),
    ],
)
def test_faults(text: str, fault: TomlFault) -> None:
    assert parse_toml(text) == fault


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x7f"), max_size=8)
"""JSON's escapes are TOML's, but for DEL and halves of surrogate pairs."""
VALUES = st.recursive(
    st.integers(-(2**63), 2**63 - 1) | st.booleans() | TEXTS | st.datetimes() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(TEXTS, VALUES, max_size=5), st.data())
def test_every_value_has_a_line(values: dict[str, object], data: st.DataObject) -> None:
    lines: list[str] = []
    expected: dict[TomlPath, int] = {}
    for key, value in values.items():
        lines += ["# [x] = '"] * data.draw(st.integers(0, 2))
        expected[(key,)] = len(lines) + 1
        lines += f"{quoted(key)} = {toml(value)}".split("\n")
    found = parse_toml("\n".join(lines))
    assert isinstance(found, Toml), found
    assert {path: found.lines[path] for path in expected} == expected
    assert set(found.lines) == set(paths_of(found.values, ()))


def paths_of(value: object, path: TomlPath) -> list[TomlPath]:
    if isinstance(value, dict):
        inner = [((*path, key), one) for key, one in value.items()]
    elif isinstance(value, list):
        inner = [((*path, number), one) for number, one in enumerate(value)]
    else:
        return []
    return [below for at, one in inner for below in [at, *paths_of(one, at)]]


def toml(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return many_lines(value) if len(value) % 2 else quoted(value)
        case list():
            return "[\n" + ",\n".join(map(toml, value)) + "]"
        case dict():
            return "{" + ", ".join(f"{quoted(key)} = {toml(one)}" for key, one in value.items()) + "}"
        case _:
            return str(value)


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def many_lines(text: str) -> str:
    return f'"""\n# [x] = \'{quoted(text)[1:-1]}\n"""'
