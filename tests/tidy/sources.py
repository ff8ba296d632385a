"""The project's own files, as git knows them, and the functions in them with their lengths."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import tomllib
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent
RATCHET = Path(__file__).with_name("ratchet.toml")


class Function(NamedTuple):
    """A function in a source file: where it is and how many lines it has, signature to last line."""

    name: str
    line: int
    length: int


@functools.cache
def files(*suffixes: str) -> tuple[Path, ...]:
    """Tracked and new files (not ignored ones) with one of the suffixes; all of them when none is given."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    paths = sorted({ROOT / name for name in listed if name})
    return tuple(p for p in paths if p.is_file() and (not suffixes or p.suffix in suffixes))


def relative(path: Path) -> str:
    """How the ratchet and messages name a file."""
    return path.relative_to(ROOT).as_posix()


@functools.cache
def ratchet(kind: str) -> dict[str, int]:
    """Exceptions that are tolerated: name to the largest value allowed."""
    return dict(tomllib.loads(RATCHET.read_text()).get(kind, {}))


def against_ratchet(kind: str, found: dict[str, int], limit: int) -> list[str]:
    """What is wrong: values over the limit without an exception, grown exceptions, and exceptions no longer needed."""
    allowed = ratchet(kind)
    problems = [
        f"{name}: {value}, at most {allowed.get(name, limit)}"
        for name, value in sorted(found.items())
        if value > allowed.get(name, limit)
    ]
    problems += [
        f"{name}: the exception in ratchet.toml [{kind}] is no longer needed, remove it"
        for name in sorted(allowed)
        if found.get(name, 0) <= limit
    ]
    return problems


def python_functions(text: str) -> list[Function]:
    """Functions and methods of a Python file, nested ones too (they count in their parent as well)."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, kinds)]
    return [Function(n.name, n.lineno, (n.end_lineno or n.lineno) - n.lineno + 1) for n in nodes]


# Comments, strings and characters hold braces that don't count. A lifetime ('a) is not a character.
RUST_NOISE = re.compile(
    r"//[^\n]*"
    r"|/\*.*?\*/"
    r'|b?r(?P<hashes>#*)".*?"(?P=hashes)'
    r'|b?"(?:\\.|[^"\\])*"'
    r"|b?'(?:\\(?:x..|u\{[^}]*\}|.)|[^'\\\n])'",
    re.DOTALL,
)
RUST_FUNCTION = re.compile(r"\bfn\s+([A-Za-z_0-9]+)")


def rust_functions(text: str) -> list[Function]:
    """Functions of a Rust file that have a body, found by matching braces."""
    code = RUST_NOISE.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)
    found = []
    for match in RUST_FUNCTION.finditer(code):
        end = _end_of_body(code, match.end())
        if end is not None:
            line = code.count("\n", 0, match.start()) + 1
            found.append(Function(match.group(1), line, code.count("\n", match.start(), end) + 1))
    return found


def _end_of_body(code: str, start: int) -> int | None:
    """Position after the closing brace of the body; None for a declaration that ends in a semicolon."""
    depth = brackets = 0
    for position in range(start, len(code)):
        letter = code[position]
        if letter in "([":
            brackets += 1
        elif letter in ")]":
            brackets -= 1
        elif letter == ";" and depth == brackets == 0:
            return None
        elif letter == "{":
            depth += 1
        elif letter == "}":
            depth -= 1
            if depth == 0:
                return position + 1
    return None
