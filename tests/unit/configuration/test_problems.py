"""What is wrong with a file is told: all of it, each with its line, in words that say what to write.

The cases are in wrong.txt, as one would read them.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from lakebed.configuration import ConfigError, read

CASES = Path(__file__).with_name("wrong.txt").read_text().split("====\n")[1:]
HOW = 'write "env:NAME" for an environment variable or "file:PATH" for a file that holds it'
WEB = 'lake = "lake"\n[indexes.web]\n'


@pytest.fixture(autouse=True)
def _base_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connectors do not add their own judgement."""
    monkeypatch.setitem(sys.modules, "lakebed.pull.kinds", None)


def problems(folder: Path, text: str, **environment: str) -> list[str]:
    """What is wrong, without the name of the file."""
    path = folder / "lakebed.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read(path, environment=environment)
    return str(caught.value).replace(f"{path}:", "").replace(str(folder), "FOLDER").split("\n")


@pytest.mark.parametrize("case", CASES, ids=map(str, range(len(CASES))))
def test_what_is_wrong_is_told(tmp_path: Path, case: str) -> None:
    lines: list[str] = []
    expected: list[str] = []
    for line in case.splitlines():
        if line.startswith("#! "):
            expected.append(f"{max(len(lines), 1)}: {line.removeprefix('#! ')}")
        else:
            lines.append(line)
    found = problems(tmp_path, "".join(f"{line}\n" for line in lines))
    assert found == expected
    assert "hunter2" not in "".join(found)


def test_a_transform_that_is_wrong_tells_its_own_place(tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text("\n[[step]]\nkeep = 'a ='\n")
    (tmp_path / "m.toml").write_text("[[step]]\nmask = 'user'\n")
    text = (
        f"{WEB}[sources.s]\nurl = 's/'\nindex = 'web'\ntransform = ['ecs', 't.toml']\n"
        "[sources.m]\nurl = 'm/'\nindex = 'web'\ntransform = 'm.toml'\n"
    )
    expression = (
        "6: sources.s.transform: 'FOLDER/t.toml', line 2, step 1, \"keep\": expected a column, a number, a text in "
        "quotes or a function, found the end of the expression\n    line 1, column 4\n    a =\n       ^"
    )
    mask = (
        "10: sources.m.transform: 'FOLDER/m.toml', line 1, step 1: \"mask\" wants a key of at least 16 characters in "
        "the environment variable 'LAKEBED_MASK_KEY', found none; `openssl rand -hex 32` makes one"
    )
    assert problems(tmp_path, text) == [*expression.splitlines(), mask]
    assert problems(tmp_path, text, LAKEBED_MASK_KEY="0123456789abcdef0123456789abcdef") == expression.splitlines()


def test_plain_secrets_are_told_before_all_else(tmp_path: Path) -> None:
    key, token = "AKIA" + "ABCDEFGHIJKLMNOP", "ghp_" + "a" * 36
    lines = [
        "lake = 5",
        "[indexes.web]",
        f"description = 'x {key}'",
        "[sources.s]",
        f"format = '{token}'",
        "labels = { a = ['xoxb-1234567890ab'] }",
        "key = '''",
        "-----BEGIN PRIVATE KEY-----'''",
    ]
    assert problems(tmp_path, "\n".join(lines)) == [
        f"3: indexes.web.description: an access key of AWS must not stand here: {HOW}",
        f"5: sources.s.format: a token of GitHub must not stand here: {HOW}",
        f"6: sources.s.labels.a[1]: a token of Slack must not stand here: {HOW}",
        f"7: sources.s.key: a private key must not stand here: {HOW}",
    ]


def test_what_comes_from_the_file_is_harmless(tmp_path: Path) -> None:
    text = 'lake = "a"\n"x\\u001b[2J\\n9: y" = 1\n[run]\nhttp = "a\\nb\\u001b"\n'
    assert problems(tmp_path, text) == [
        '2: x\\x1b[2J\\n9: y: unknown key: known are "indexes", "lake", "receive", "run", "sources", "state", "usage"',
        '4: run.http: wanted "HOST:PORT", such as "127.0.0.1:8080", found "a',
        '  b\\x1b"',
    ]


def test_a_long_list_is_cut(tmp_path: Path) -> None:
    text = 'lake = "a"\n' + "".join(f"x{number} = 1\n" for number in range(60))
    found = problems(tmp_path, text)
    assert [re.sub(": .*", "", line) for line in found] == [*map(str, range(2, 52)), "… and 10 more"]


def test_too_many_sources(tmp_path: Path) -> None:
    text = WEB + "".join(f"[sources.s{number}]\n" for number in range(1_001))
    assert problems(tmp_path, text) == ["3: sources: wanted at most 1,000 sources, found 1,001"]
