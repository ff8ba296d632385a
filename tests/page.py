"""Builds docs/query-language.md: the prose of docs/query-language.in.md, and what the code says of itself.

A line `<!-- NAME -->` of the frame is replaced by a section: stages, aggregate functions, scalar functions, limits.
Their words are docstrings and what the engine tells; the frame has what no single piece of code could say.

    python -m tests.page            # writes the page
"""

from __future__ import annotations

import ast
import importlib
import inspect
import itertools
import json
import pkgutil
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import lakebed.query
from lakebed.query.functions import FUNCTIONS
from lakebed.query.scalar_functions import ScalarFunction, scalar_functions
from lakebed.query.stages import STAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from lakebed.query.stages.base import Stage

DOCS = Path(__file__).resolve().parent.parent / "docs"
FRAME = DOCS / "query-language.in.md"
PAGE = DOCS / "query-language.md"

HEADER = "<!-- Made by scripts/query-page from query-language.in.md and the docstrings; change those. -->\n\n"

_EXAMPLE = re.compile(r"^Example: `(.*)`$", re.MULTILINE)


@dataclass(frozen=True)
class Entry:
    """A stage or function as its docstring describes it."""

    title: str
    text: str
    example: str | None

    @property
    def anchor(self) -> str:
        """Where a link leads."""
        return re.sub(r"[^a-z0-9 _-]", "", self.title.lower()).replace(" ", "-")


def stages() -> list[Entry]:
    """Every stage; those that share a class together."""
    names: dict[type[Stage], list[str]] = {}
    for name, stage in sorted(STAGES.items()):
        names.setdefault(stage, []).append(name)
    return [_entry(", ".join(of), stage) for stage, of in names.items()]


def functions() -> list[Entry]:
    """Every aggregate function."""
    return [_entry(function.usage(), function) for _, function in sorted(FUNCTIONS.items())]


def _entry(title: str, kind: type) -> Entry:
    text = inspect.cleandoc(kind.__doc__ or "")
    example = _EXAMPLE.search(text)
    return Entry(title, _EXAMPLE.sub("", text).strip(), None if example is None else example[1])


def blocks(text: str, language: str) -> list[tuple[int, str]]:
    """Line of the first line, and text, of every fenced block of a page."""
    found = re.finditer(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [(text.count("\n", 0, match.start(1)) + 1, match[1]) for match in found]


def example_events() -> tuple[str, ...]:
    """The events that the examples of stages and functions run over."""
    ((_, lines),) = blocks(FRAME.read_text(), "json")
    return tuple(lines.splitlines())


def example_lookups() -> tuple[tuple[str, str], ...]:
    """The lookup table that is there for them."""
    ((_, table),) = blocks(FRAME.read_text(), "csv")
    return (("assets.csv", table),)


def render(frame: str | None = None) -> str:
    """The whole page."""
    text = FRAME.read_text() if frame is None else frame
    for name, section in SECTIONS.items():
        text = text.replace(f"<!-- {name} -->\n", section())
    title, _, rest = text.partition("\n\n")
    return f"{title}\n\n{HEADER}{rest}"


def _described(entries: Iterable[Entry]) -> str:
    parts = []
    for entry in entries:
        parts.append(f"#### {entry.title}\n\n{entry.text}\n")
        if entry.example is not None:
            parts.append(f"```lql\n{entry.example}\n```\n")
    return "\n".join(parts)


def _overview(entries: Iterable[Entry]) -> str:
    return ", ".join(f"[{entry.title}](#{entry.anchor})" for entry in entries) + "\n"


def _scalar_functions() -> str:
    families: dict[str, list[ScalarFunction]] = {}
    for function in scalar_functions().values():
        families.setdefault(function.family, []).append(function)
    return "\n".join(_family(name, of) for name, of in families.items())


def _family(name: str, of: Iterable[ScalarFunction]) -> str:
    rows = [f"| `{_cell(f.usage)}` | {_cell(f.doc)} | {_examples(f)} |" for f in of]
    return "\n".join([f"#### {name}", "", "| function | value | examples |", "|---|---|---|", *rows, ""])


def _examples(function: ScalarFunction) -> str:
    return "<br>".join(f"`{_cell(text)}` is `{_cell(json_text(value))}`" for text, value in function.examples)


def json_text(value: object) -> str:
    """A value as JSON, readable."""
    return json.dumps(value, ensure_ascii=False)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def limits() -> dict[str, tuple[str, str]]:
    """Every limit of the query layer: a constant that ends in _MAX, its value and its reason."""
    found = {}
    for module in pkgutil.walk_packages(lakebed.query.__path__, "lakebed.query."):
        imported = importlib.import_module(module.name)
        statements = ast.parse(Path(inspect.getsourcefile(imported) or "").read_text()).body
        for statement, following in itertools.pairwise([*statements, None]):
            match statement:
                case ast.Assign([ast.Name(name)], written) if name.endswith("_MAX") and not name.startswith("_"):
                    found[name] = (_value(getattr(imported, name), written), _docstring_of(following))
    return dict(sorted(found.items()))


def _value(value: int, written: ast.expr) -> str:
    return f"{value:,}" if value < 10**12 else ast.unparse(written).replace("**", "^")


def _docstring_of(statement: ast.stmt | None) -> str:
    match statement:
        case ast.Expr(ast.Constant(str(text))):
            return re.sub(r"\s+", " ", text).strip()
        case _:
            return ""


def _limits() -> str:
    rows = [
        f"| {name.removesuffix('_MAX').replace('_', ' ').lower()} | {value} | {_cell(reason)} |"
        for name, (value, reason) in limits().items()
    ]
    return "\n".join(["| limit | at most | |", "|---|---|---|", *rows, ""])


SECTIONS: Mapping[str, Callable[[], str]] = {
    "stages": lambda: _described(stages()),
    "list of stages": lambda: _overview(stages()),
    "aggregate functions": lambda: _described(functions()),
    "list of aggregate functions": lambda: _overview(functions()),
    "scalar functions": _scalar_functions,
    "limits": _limits,
}
"""What may stand in the frame as `<!-- NAME -->`."""


if __name__ == "__main__":
    PAGE.write_text(render())
