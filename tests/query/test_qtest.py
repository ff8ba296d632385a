"""Every `.qtest` script under every configuration of tests/configs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.qtest import Case, Configuration, check, read_configurations, read_script

SCRIPTS = sorted(Path(__file__).parent.glob("*.qtest"))
CASES = [case for path in SCRIPTS for case in read_script(path)]


@pytest.mark.parametrize("configuration", read_configurations(), ids=str)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_script(case: Case, configuration: Configuration) -> None:
    check(case, configuration)


def test_every_configuration_is_read() -> None:
    names = [configuration.name for configuration in read_configurations()]
    assert names == [
        "grep",
        "index_off",
        "many_segments",
        "one_segment",
        "oracle",
        "plan",
        "processes",
        "tiny_pages",
    ]
