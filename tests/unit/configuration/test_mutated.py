"""Whatever is done to a file: it is read, or all that is wrong with it is told, with lines that it has."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakebed.configuration import ConfigError, read
from tests.unit.configuration.test_read import FULL
from tests.unit.test_toml_file import VALUES, quoted, toml

GIVEN = (Path(read.__code__.co_filename).parent / "example.toml").read_text()
BASES = (FULL, GIVEN, GIVEN.replace("\n# ", "\n"))
EXAMPLES = settings(max_examples=int(os.environ.get("LAKEBED_TEST_EXAMPLES", "40")))
HEADERS = sorted({line for line in FULL.splitlines() if line.startswith("[")})
WORDS = sorted(set(re.findall(r"[a-z_]+", FULL)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("mutated")
    (made / "steps.toml").write_text("[[step]]\ndrop = 'debug'\n")
    for name in ("tickets.yaml", "cert.pem", "key.pem", "secrets"):
        (made / name).write_text("")
    return made


@pytest.fixture(autouse=True)
def _base_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lakebed.pull.kinds", None)


def check(folder: Path, text: str) -> bool:
    """Whether the file is right."""
    path = folder / "lakebed.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        read(path, environment={})
    except ConfigError as error:
        lines = max(text.count("\n") + 1, 1)
        for told in str(error).split("\n"):
            place = re.match(rf"{re.escape(str(path))}:([0-9]+): \S", told)
            assert told.startswith(("  ", "… and ")) or (place and 1 <= int(place[1]) <= lines), told
        return False
    return True


@EXAMPLES
@given(st.data())
def test_text_that_was_changed(folder: Path, data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(BASES))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 30)))
        text = text[:start] + data.draw(st.text(max_size=6)) + text[end:]
    check(folder, text)


@EXAMPLES
@given(st.data())
def test_lines_in_other_places(folder: Path, data: st.DataObject) -> None:
    lines = data.draw(st.sampled_from(BASES)).split("\n")
    for _ in range(data.draw(st.integers(1, 4))):
        line = lines.pop(data.draw(st.integers(0, len(lines) - 1)))
        times = data.draw(st.integers(0, 2))
        place = data.draw(st.integers(0, len(lines)))
        lines[place:place] = [line] * times
    check(folder, "\n".join(lines))


@EXAMPLES
@given(st.data())
def test_other_values(folder: Path, data: st.DataObject) -> None:
    lines = FULL.split("\n")
    pairs = [number for number, line in enumerate(lines) if " = " in line]
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.sampled_from(pairs))
        key = lines[place].split(" = ")[0]
        lines[place] = f"{key} = {toml(data.draw(VALUES))}"
    check(folder, "\n".join(lines))


@EXAMPLES
@given(st.dictionaries(st.sampled_from([*WORDS, "x y"]), VALUES | st.sampled_from(WORDS), max_size=6), st.data())
def test_other_keys(folder: Path, pairs: dict[str, object], data: st.DataObject) -> None:
    header = data.draw(st.sampled_from(HEADERS))
    added = "".join(f"{quoted(key)} = {toml(value)}\n" for key, value in pairs.items())
    check(folder, FULL.replace(header, f"{header}\n{added}"))
    check(folder, f'lake = "lake"\n[indexes.all]\n{header}\n{added}')


def test_the_files_are_right_as_they_are(folder: Path) -> None:
    assert [check(folder, text) for text in BASES[:2]] == [True, True]
    assert not check(folder, BASES[2])  # words of its comments are no TOML
