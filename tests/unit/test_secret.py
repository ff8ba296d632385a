"""Secrets are read from where they stand, and never told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lakebed.errors import UsageError
from lakebed.secret import SECRET_BYTES_MAX, Secret

if TYPE_CHECKING:
    from pathlib import Path


def test_from_the_environment() -> None:
    secret = Secret.parse("env:TOKEN")
    assert secret.read({"TOKEN": "s3cret"}) == "s3cret"
    assert "s3cret" not in repr(secret)
    for environment in ({}, {"TOKEN": ""}):
        with pytest.raises(UsageError) as raised:
            secret.read(environment)
        assert str(raised.value) == "the environment variable 'TOKEN' is not set"


def test_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(" s3cret\n")
    assert Secret.parse("file:token", tmp_path).read({}) == "s3cret"
    assert Secret.parse(f"file:{tmp_path}/token", tmp_path / "elsewhere").read({}) == "s3cret"


def test_files_that_hold_none(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text(" \n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "large").write_bytes(b"x" * (SECRET_BYTES_MAX + 1))
    told = {}
    for name in ("none", "empty", "binary", "large"):
        with pytest.raises(UsageError) as raised:
            Secret.parse(f"file:{name}", tmp_path).read({})
        told[name] = str(raised.value).replace(str(tmp_path), "")
    assert told == {
        "none": "cannot read the secret in '/none': no such file or directory",
        "empty": "'/empty' is empty: wanted a file with a secret",
        "binary": "'/binary' is no text: wanted a file with a secret",
        "large": "'/large' is larger than 65,536 bytes: wanted a file with a secret",
    }


@pytest.mark.parametrize("text", ["hunter2", "env:", "env:hunter 2", "file:", "file:\0hunter2", "ENV:HUNTER2"])
def test_what_is_no_reference_is_not_repeated(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        Secret.parse(text)
    assert str(raised.value) == (
        'a secret must not stand here: write "env:NAME" for an environment variable or "file:PATH" for a file that '
        "holds it"
    )
