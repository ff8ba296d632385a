"""What README and the demo tell people to type is understood."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from demo.run import NEXT, SEARCHES
from lakebed.query.compile import compile_query

README = (Path(__file__).resolve().parent.parent.parent / "README.md").read_text()
COMMANDS = [line for line in (*README.splitlines(), *NEXT) if line.startswith("lakebed search ")]
IN_PYTHON = re.findall(r'lake\.search\("([^"]*)"', README)


@pytest.mark.parametrize("query", [*(shlex.split(line, comments=True)[2] for line in COMMANDS), *IN_PYTHON])
def test_queries_in_the_readme_are_understood(query: str) -> None:
    compile_query(query)


@pytest.mark.parametrize("query", [query for _, query, _ in SEARCHES])
def test_queries_of_the_demo_are_understood(query: str) -> None:
    compile_query(query)
