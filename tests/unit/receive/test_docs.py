"""The examples of docs/receive.md do what the page says."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from lakebed.configuration import read
from lakebed.serve.receive.configured import receive_settings
from tests.unit.receive.serving import TOKEN, receiving

PAGE = (Path(__file__).parents[3] / "docs" / "receive.md").read_text()
SHELL = [block for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) if block.startswith("curl")]


def test_the_configuration_of_the_page_is_right(tmp_path: Path) -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "lakebed.toml").write_text(text)
    (tmp_path / "tls").mkdir()
    for name in ("certificate.pem", "key.pem"):
        (tmp_path / "tls" / name).write_text("not read before it listens")
    found = receive_settings(read(tmp_path / "lakebed.toml"), {"APP_TOKEN": "a" * 16, "APP_TOKEN_NEXT": "b" * 16})
    assert (list(found.tokens), [one.transport for one in found.syslog]) == (["app"], ["udp", "tcp", "tls"])


@pytest.mark.parametrize("command", SHELL, ids=range(len(SHELL)))
def test_the_commands_of_the_page_are_answered_with_success(tmp_path: Path, command: str) -> None:
    if shutil.which("curl") is None or shutil.which("bash") is None:
        pytest.skip("curl or bash is missing")
    (tmp_path / "events.ndjson").write_text('{"user":"kim"}\n')
    with receiving(tmp_path / "lake") as running:
        told = command.replace("http://localhost:8088", running.url)
        told = told.replace("curl ", "curl --silent --fail --noproxy '*' ", 1)
        environment = {"APP_TOKEN": TOKEN, "PATH": "/usr/local/bin:/usr/bin:/bin"}
        done = subprocess.run(
            ["bash", "-c", told], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done
        assert len(running.raw()) == 1
        assert len(running.rows()) == 1


def test_all_commands_were_found() -> None:
    assert len(SHELL) == 3
