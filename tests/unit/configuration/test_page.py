"""docs/configuration.md: made from the code, no key is left out, and its examples are right, as is that of README."""

from __future__ import annotations

import dataclasses
import re
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from lakebed.configuration import kinds, read, whole
from lakebed.configuration.option import options_of
from lakebed.configuration.tables import IndexConfig, ReceiveConfig, RunConfig, UsageConfig
from tests.unit.configuration import page

if TYPE_CHECKING:
    from pathlib import Path

README = (page.ROOT / "README.md").read_text()
EXAMPLES = re.findall(r"^```toml\n(.*?)^```", f"{page.render()}\n{README}", re.MULTILINE | re.DOTALL)
DECLARED = [one for tables in page.TABLES.values() for one in tables]


def test_the_page_is_what_the_code_says() -> None:
    assert page.render() == page.PAGE.read_text(), "run scripts/configuration-page"


def test_every_key_is_on_the_page() -> None:
    assert {*kinds.KINDS.values(), IndexConfig, ReceiveConfig, RunConfig, UsageConfig, whole.TopKeys} <= set(DECLARED)
    text = page.render()
    keys = [one.key for table in DECLARED for one in options_of(table).values()]
    assert [key for key in keys if f"| `{key}` |" not in text] == []


@pytest.mark.parametrize("table", DECLARED)
def test_every_field_that_users_set_is_a_key(table: type) -> None:
    fields = {field.name for field in dataclasses.fields(table)} - set(options_of(table))
    assert fields <= {"name"}


@pytest.mark.parametrize("table", DECLARED)
def test_defaults_are_as_they_are_shown(table: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the page shows as a default, written into a file, means what holds when nothing is said."""
    monkeypatch.setitem(sys.modules, "lakebed.pull.kinds", None)
    for name, one in options_of(table).items():
        default = next(field.default for field in dataclasses.fields(table) if field.name == name)
        if one.default and table is not whole.TopKeys:
            shown = tomllib.loads(f"x = {one.default}")["x"]
            found = read_one(table, name, one.default, tmp_path)
            assert found == default, f"{name} = {shown}"
        elif not one.is_required:
            assert not default or table is whole.TopKeys, f"{name} does not show its default"


def read_one(table: type, name: str, text: str, folder: Path) -> object:
    from lakebed.configuration.problems import Problems
    from lakebed.configuration.value import Surroundings, Value
    from lakebed.toml_file import Toml

    values = tomllib.loads(f"x = {text}")
    surroundings = Surroundings(folder, {}, None, Problems("x", Toml(values, {})))  # type: ignore[arg-type] # no reader asks for the time
    return options_of(table)[name].read(Value(values["x"], ("x",), surroundings))


@pytest.mark.parametrize("text", EXAMPLES, ids=map(str, range(len(EXAMPLES))))
def test_examples_are_right(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lakebed.pull.kinds", None)
    (tmp_path / "ours.toml").write_text("[[step]]\ndrop = 'debug'\n")
    (tmp_path / "tickets.yaml").write_text("")
    told = tomllib.loads(text)
    used = {source["index"] for source in told.get("sources", {}).values()} - set(told.get("indexes", {}))
    head = "" if "lake" in told else 'lake = "lake"\n'
    (tmp_path / "lakebed.toml").write_text(head + text + "".join(f"[indexes.{name}]\n" for name in sorted(used)))
    found = read(tmp_path / "lakebed.toml", environment={})
    assert list(found.sources) == list(told.get("sources", {}))


def test_every_kind_has_an_example() -> None:
    told = [
        source.get("kind", "bucket") for text in EXAMPLES for source in tomllib.loads(text).get("sources", {}).values()
    ]
    assert set(told) == set(kinds.KINDS)
