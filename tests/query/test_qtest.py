"""Every `.qtest` script under every configuration of tests/configs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lakebed.query.functions import FUNCTIONS
from lakebed.query.scalar_functions import scalar_functions
from lakebed.query.stages import STAGES
from tests import engine
from tests.qtest import Case, Configuration, check, read_configurations, read_script

SCRIPTS = sorted(Path(__file__).parent.rglob("*.qtest"))
CASES = [case for path in SCRIPTS for case in read_script(path)]


@pytest.mark.parametrize("configuration", read_configurations(), ids=str)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_script(case: Case, configuration: Configuration) -> None:
    check(case, configuration)


def test_every_configuration_is_read() -> None:
    names = [configuration.name for configuration in read_configurations()]
    assert names == [
        "deleted",
        "grep",
        "index_off",
        "many_segments",
        "merged",
        "merged_decoys",
        "one_segment",
        "oracle",
        "plan",
        "processes",
        "tiny_pages",
    ]


def test_segments_are_cut_and_merged_as_configurations_say() -> None:
    lines = tuple(f'{{"a":{n}}}' for n in range(6))
    layouts = {configuration.name: configuration.layout for configuration in read_configurations()}
    segments = {name: len(engine.build(lines, layouts[name])) for name in ("one_segment", "many_segments", "merged")}
    assert segments == {"one_segment": 1, "many_segments": 3, "merged": 1}


def test_every_stage_and_function_has_scripts() -> None:
    queries = "\n".join(case.query for case in CASES if case.rows is not None)
    stages = [name for name in STAGES if not re.search(rf"\| *{name}\b", queries)]
    functions = [name for name in (*FUNCTIONS, *scalar_functions()) if f"{name}(" not in queries]
    assert (stages, functions) == ([], [])
