"""Reads and runs `.qtest` scripts: events, queries, and what each query must answer.

    # a comment
    events
    {"a": 1}
    {"a": 2}

    query
    a > 1
    rows
    {"a": 2}

    query newest limit=1
    *
    rows
    {"a": 2}

    query
    a >
    error
    expected a number or a time after ">", found the end of the query
      line 1, column 4
      a >
         ^

    lookup assets.csv
    ip,owner
    10.0.0.1,eve

A block ends at an empty line. A lookup table is there for the queries after it. Rows are compared in
order; events come oldest first unless the query line says `newest`. Its other options are `limit=N`,
`since=TIME` and `until=TIME`.
Metadata of the events is what tests/events.py says.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from lakebed.errors import QueryError
from lakebed.query.compile import CompiledQuery, compile_query
from lakebed.query.context import NoLake
from lakebed.query.lookup.file import LookupFile
from lakebed.query.times import parse_time
from tests import engine, grep_engine, oracle, oracle_mining, plan_oracle
from tests.canonical import canonical
from tests.events import INDEX_NAME, Event, load_json, read_events

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.model import Row, TableRow
    from lakebed.query.context import Lake

CONFIGURATIONS = Path(__file__).with_name("configs")


class CaseLake(NoLake):
    """The lake of a case: it has only lookup tables."""

    def __init__(self, case: Case) -> None:
        self._lookups = dict(case.lookups)

    def lookup_table(self, name: str) -> LookupFile:
        """The table of that name."""
        return LookupFile(name, self._lookups[name].encode())


class Options(TypedDict, total=False):
    """Arguments of `compile_query`."""

    newest_first: bool
    limit: int | None
    since_ns: int | None
    until_ns: int | None


@dataclass(frozen=True)
class Case:
    """One query of a script with what it must give: rows, or the text of an error."""

    file: str
    line: int
    events: tuple[str, ...]
    query: str
    options: Options = field(default_factory=Options)
    rows: tuple[str, ...] | None = None
    error: str | None = None
    lookups: tuple[tuple[str, str], ...] = ()
    """Name and text of the lookup tables."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Configuration:
    """One way to run a query: who answers it, and how events are stored for the engine."""

    name: str
    runner: str
    use_index: bool = True
    in_processes: bool = False
    layout: engine.Layout = field(default_factory=engine.Layout)

    def __str__(self) -> str:
        return self.name


def read_configurations(folder: Path = CONFIGURATIONS) -> list[Configuration]:
    """Every configuration of the folder, one file each."""
    return [_read_configuration(path) for path in sorted(folder.glob("*.toml"))]


def _read_configuration(path: Path) -> Configuration:
    known = tomllib.loads(path.read_text())
    builder = tuple(sorted(known.pop("builder", {}).items()))
    flags = (known.pop("decoys", False), known.pop("is_merged", False))
    layout = engine.Layout(known.pop("segment_events", None), builder, *flags)
    return Configuration(path.stem, layout=layout, **known)


def read_script(path: Path) -> list[Case]:
    """The cases of one script."""
    return parse_script(path.read_text(), path.name)


def parse_script(text: str, file: str, first_line: int = 1) -> list[Case]:
    """The cases of a script's text."""
    cases: list[Case] = []
    events: tuple[str, ...] = ()
    lookups: dict[str, str] = {}
    for line, block in _blocks(text, first_line):
        keyword, *options = block[0].split()
        if keyword == "events":
            events = tuple(block[1:])
        elif keyword == "lookup":
            lookups[options[0]] = "\n".join(block[1:])
        elif keyword == "query":
            query, expected, wanted = _split_query(block, f"{file}:{line}")
            tables = tuple(lookups.items())
            case = Case(file, line, events, "\n".join(query), _read_options(options), lookups=tables)
            if expected == "rows":
                cases.append(replace(case, rows=tuple(wanted)))
            else:
                cases.append(replace(case, error="\n".join(wanted)))
        else:
            raise ValueError(f"{file}:{line}: a block starts with events or query, not {keyword}")
    return cases


def _blocks(text: str, first_line: int) -> list[tuple[int, list[str]]]:
    blocks: list[tuple[int, list[str]]] = []
    is_open = False
    for number, line in enumerate(text.splitlines(), first_line):
        if not line.strip():
            is_open = False
        elif is_open:
            blocks[-1][1].append(line)
        elif not line.startswith("#"):
            blocks.append((number, [line]))
            is_open = True
    return blocks


def _split_query(block: list[str], place: str) -> tuple[list[str], str, list[str]]:
    for number, line in enumerate(block):
        if line in ("rows", "error"):
            return block[1:number], line, block[number + 1 :]
    raise ValueError(f"{place}: the query has neither rows nor error")


def _read_options(words: list[str]) -> Options:
    options: Options = {"newest_first": False}
    for word in words:
        name, _, value = word.partition("=")
        match name:
            case "newest":
                options["newest_first"] = True
            case "limit":
                options["limit"] = int(value)
            case "since":
                options["since_ns"] = parse_time(value)
            case "until":
                options["until_ns"] = parse_time(value)
            case _:
                raise ValueError(f"unknown option of a query: {word}")
    return options


def check(case: Case, configuration: Configuration) -> None:
    """Runs one case; raises AssertionError when the answer is another one."""
    if case.error is not None:
        error = _error_of(case)
        assert error == case.error, f"{case} expected\n{case.error}\nfound\n{error}"
        return
    assert case.rows is not None
    expected = [canonical(load_json(row)) for row in case.rows]
    rows = answer_of(case, configuration)
    answered = [canonical(row) for row in rows]
    compared = f"expected\n{_lines(case.rows)}\nfound\n{_lines(rows)}"
    told = f"{case} under {configuration}: {case.query}\n{compared}"
    assert answered == expected, told
    assert [list(row) for row in answered] == [list(row) for row in expected], f"order of {told}"


def _lines(rows: Sequence[object]) -> str:
    return "\n".join(map(str, rows)) or "nothing"


def _error_of(case: Case) -> str:
    try:
        compile_query(case.query, **case.options)
    except QueryError as error:
        return str(error)
    return "no error"


def answer_of(case: Case, configuration: Configuration) -> list[Any]:
    """The rows that a configuration answers."""
    if configuration.runner == "oracle":
        with oracle_mining.lookups(dict(case.lookups)):
            return oracle.run(case.query, read_events(case.events), **case.options)
    query = compile_query(case.query, **case.options, use_index=configuration.use_index)
    if configuration.runner == "plan":
        events = read_events(case.events)
        return [dict(engine.shape(row)) for row in _answer_of_plan(query, events, CaseLake(case))]
    engine.require_core()
    if configuration.runner == "grep":
        return [dict(row) for row in grep_engine.run(query, case.events, CaseLake(case))]
    segments = engine.build(case.events, configuration.layout)
    rows = engine.run(query, segments, in_processes=configuration.in_processes, lake=CaseLake(case))
    return [dict(row) for row in rows]


def _answer_of_plan(query: CompiledQuery, events: list[Event], lake: Lake) -> list[Row | TableRow]:
    root = query.root(engine.NestedQueries(query, lake, lambda nested: _answer_of_plan(nested, events, lake)))
    if query.is_aggregate:
        root.push_table(plan_oracle.run_table(query.plan, events, query.groups_wanted))
        return root.finish()
    rows = [replace(row, index=INDEX_NAME) for row in plan_oracle.run_rows(query.plan, events)]
    return engine.answer(root, rows)
