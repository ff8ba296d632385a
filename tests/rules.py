"""Queries of the third-party detection rules, when they are at hand."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

import pytest

from tests.sample_data import sample_data

if TYPE_CHECKING:
    from pathlib import Path


def find_rules_folder() -> Path | None:
    """The folder of rule packs among the sample data."""
    data = sample_data()
    return data / "detection-rules" if data is not None and (data / "detection-rules").is_dir() else None


@functools.cache
def rule_queries() -> dict[str, str]:
    """File name to `query_text` of every rule; skips the test where the rules are absent."""
    folder = find_rules_folder()
    if folder is None:
        pytest.skip("no rule packs: set LAKEBED_TEST_DATA to the folder that holds detection-rules")
    found = {path.name: query_text(path.read_text()) for path in sorted(folder.rglob("*.yml"))}
    return {name: query for name, query in found.items() if query is not None}


def query_text(rule: str) -> str | None:
    """The block under `query_text: |-`; all rule packs write it so."""
    lines = rule.splitlines()
    if "query_text: |-" not in lines:
        return None
    block = []
    for line in lines[lines.index("query_text: |-") + 1 :]:
        if line and not line.startswith(" "):
            break
        block.append(line[2:])
    return "\n".join(block).strip()


def rule_tests() -> list[tuple[str, str, tuple[str, ...], bool]]:
    """File name, title, events and whether the rule should fire: the tests that stand in the rules' own files."""
    folder = find_rules_folder()
    if folder is None:
        pytest.skip("no rule packs: set LAKEBED_TEST_DATA to the folder that holds detection-rules")
    found = []
    for path in sorted(folder.rglob("*.yml")):
        for part in re.split(r"^  - name: ", path.read_text(), flags=re.MULTILINE)[1:]:
            title, *lines = part.splitlines()
            events = tuple(line.strip() for line in lines if line.strip().startswith("{"))
            expected = re.search(r"expected_detection_result: (true|false)", part)
            if events and expected:
                found.append((path.name, title, events, expected[1] == "true"))
    return found
