"""Tokens: which header means which, and which source a token is for."""

from __future__ import annotations

import base64

import pytest

from lakebed.errors import UsageError
from lakebed.serve.receive.tokens import Tokens, tokens_in

GOOD = "0123456789abcdef"


def basic(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f"Bearer {GOOD}", [GOOD]),
        (f"splunk   {GOOD} ", [GOOD]),
        (f"Basic {basic('user:' + GOOD)}", [GOOD]),
        (f"Basic {basic(GOOD + ':')}", [GOOD]),
        (f"Basic {basic(GOOD)}", [GOOD]),
        (f"ApiKey {basic('id:' + GOOD)}", [basic("id:" + GOOD), GOOD]),
        (f"ApiKey {GOOD}", [GOOD]),
        ("Basic !!!", []),
        ("Basic " + base64.b64encode(b"\xff\xff").decode(), []),
        (GOOD, []),
        ("Bearer", []),
        ("Digest x", []),
        ("", []),
    ],
)
def test_authorization(header: str, expected: list[str]) -> None:
    assert tokens_in(header) == expected


def test_each_token_is_for_its_source() -> None:
    tokens = Tokens({"app": [GOOD, GOOD + "2"], "web": [GOOD + "3"]})
    found = [tokens.source_of(text) for text in (GOOD, GOOD + "2", GOOD + "3", GOOD + "4", "", GOOD[:-1], "é" * 16)]
    assert found == ["app", "app", "web", None, None, None, None]
    assert tokens.source_of(GOOD + "x" * 5000) is None


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ({"app": ["short"]}, "a token of source 'app' has 5 characters; wanted 16 to 4096"),
        ({"app": [GOOD], "web": [GOOD]}, "sources 'app' and 'web' have the same token"),
    ],
)
def test_tokens_that_cannot_be(sources: dict[str, list[str]], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Tokens(sources)
    assert str(caught.value) == message
    assert GOOD not in str(caught.value)
