"""Things that must not be in a source file: stray markers, prints, paths of a machine, unexplained suppressions."""

from __future__ import annotations

import re

import pytest

from tests.tidy.sources import files, relative

HERE = "tests/tidy/"
CODE = (".py", ".pyi", ".rs", ".toml", ".md", ".sh", "")
MARKERS = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
# a home folder, or the folder above this clone; documentation may say /home/you
MACHINE_PATHS = re.compile(r"(?<![\w.$}/~-])/(?:root|home|Users|work|mnt|workspace)/(?!you\b)[\w.]")
RUST_PRINTS = re.compile(r"\b(?:e?println|e?print|dbg|todo|unimplemented)!")
# the linter itself checks that a suppression is still needed; here: that it names its rule and says why
SUPPRESSION = re.compile(r"#\s*(?:noqa|type:\s*ignore)(?!(?:: [A-Z0-9, ]+|\[[\w, -]+\])  ?[-#] \S)")


def found(pattern: re.Pattern[str], suffixes: tuple[str, ...], below: str = "") -> list[str]:
    """Every line that matches, as file:line: text."""
    lines = []
    for path in files(*suffixes):
        name = relative(path)
        if name.startswith((HERE, "tests/data/")) or not name.startswith(below):
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if pattern.search(line):
                lines.append(f"{name}:{number}: {line.strip()[:100]}")
    return lines


@pytest.mark.parametrize(
    ("pattern", "suffixes", "below"),
    [
        pytest.param(
            MARKERS, (".py", ".pyi", ".rs", ".toml"), "", id="a marker without an owner: write it in docs/gaps.md"
        ),
        pytest.param(MACHINE_PATHS, CODE, "", id="a path of one machine"),
        pytest.param(RUST_PRINTS, (".rs",), "crates/core/src/", id="a print in the engine"),
        pytest.param(
            SUPPRESSION, (".py", ".pyi"), "", id="a suppression without a rule or a reason (noqa: RULE - reason)"
        ),
    ],
)
def test_no_source_holds(pattern: re.Pattern[str], suffixes: tuple[str, ...], below: str) -> None:
    assert found(pattern, suffixes, below) == []
