"""What is told of names that stay readable in an event that a transform cannot work with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lakebed.transform.context import Surroundings
from lakebed.transform.program import compile_transforms
from tests.transform.programs import KEY, NOW, compiled

if TYPE_CHECKING:
    from pathlib import Path

RENAME = "[[step]]\nrename = { 'usr.nm' = 'user.name', b = 'c' }\n"
LIFT = "[[step]]\nsplit = 'items'\nlift = true\n"
SPLIT = "[[step]]\nsplit = 'items'\n"


@pytest.mark.parametrize(
    ("toml", "names"),
    [
        ("[[step]]\nmask = 'user.name'\n", []),
        ("[[step]]\nmask = 'usr.nm'\n" + RENAME, []),
        (RENAME + "[[step]]\nmask = 'other'\n", []),
        (RENAME + "[[step]]\nmask = 'user.name'\n", ["usr.nm"]),
        (RENAME + "[[step]]\ndrop = 'user.name.first'\n", ["usr.nm.first"]),
        (RENAME + "[[step]]\nmask = ['user.*', '**c']\n", ["usr.nm", "b"]),
        (RENAME + "[[step]]\nmask = ['user.name', 'usr']\n", []),
        (RENAME + "[[step]]\nmask = ['user.name', '*.nm']\n", []),
        (RENAME + "[[step]]\nmask = 'user.name'\n[[step]]\ndrop = 'usr.nm'\n", []),
        (RENAME + "[[step]]\nrename = { c = 'd' }\n[[step]]\nmask = 'd'\n", ["b"]),
        (SPLIT + "[[step]]\nmask = 'items.ssn'\n", ["items[*].ssn"]),
        (SPLIT + "[[step]]\nmask = ['items.ssn', 'items[*].ssn']\n", []),
        ("[[step]]\nmask = '**.ssn'\n" + SPLIT, []),
        (LIFT + "[[step]]\nmask = 'ssn'\n", ["items[*].ssn"]),
        (LIFT + "[[step]]\nmask = ['ssn', 'items[*].ssn']\n", []),
    ],
)
def test_names_that_only_a_step_makes(toml: str, names: list[str]) -> None:
    found = [note.split('"')[-2] for note in compiled(toml).hiding.notes()]
    assert found == names


def test_it_is_a_note_of_the_transform(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(RENAME)
    (tmp_path / "b.toml").write_text("[[step]]\nmask = 'user.name'\n")
    surroundings = Surroundings({"LAKEBED_MASK_KEY": KEY}, NOW)
    context = compile_transforms((tmp_path / "a.toml", tmp_path / "b.toml"), surroundings)
    (note,) = context.notes
    assert note == (
        f'\'{tmp_path / "b.toml"}\', line 1, step 1, "mask": an event that a step cannot work with keeps "usr.nm" '
        "as it is: hide that too"
    )
