"""Newline JSON: what is answered, what is stored, who may not."""

from __future__ import annotations

import gzip
import json
import re

import pytest

from lakebed.storage.open import open_store
from tests.unit.receive.serving import OTHER_TOKEN, A, Running


def test_newline_json(running: Running) -> None:
    answer = running.send("/v1/logs/app", b'{"a":1,"time":"2026"}\n{"b":1.50}\nnope\n')
    assert (answer.status, json.loads(answer.body)) == (200, {"accepted": 3, "not_json": 1})
    answer = running.send("/v1/logs/app", gzip.compress(b'[{"c":1},{"d":\n2}]'), Content_Encoding="gzip")
    assert (answer.status, json.loads(answer.body)) == (200, {"accepted": 2, "not_json": 0})
    lines = [
        b'{"a":1,"time":"2026"}',
        b'{"b":1.50,"eventTime":%b}' % A,
        b'{"message":"nope","eventTime":%b}' % A,
        b'{"c":1,"eventTime":%b}' % A,
        b'{"d": 2,"eventTime":%b}' % A,
    ]
    assert sorted(running.raw()) == sorted(lines)
    (first, second) = open_store(running.lake).list("raw/")
    pattern = r"raw/app/2026/01/02/03/20260102T030405\.250-[0-9a-f]{16}\.ndjson\.gz"
    assert re.fullmatch(pattern, first.key)
    assert re.fullmatch(pattern, second.key)


def test_plain_text_is_kept_line_by_line(running: Running) -> None:
    answer = running.send(
        "/v1/logs/app", b"2026-01-01 00:00:00 one\n\n  at two\n", Content_Type="text/plain; charset=x"
    )
    assert (answer.status, json.loads(answer.body)) == (200, {"accepted": 2, "not_json": 0})
    assert running.raw() == [b"2026-01-01 00:00:00 one", b"  at two"]
    (info,) = open_store(running.lake).list("raw/")
    assert info.key.endswith(".log.gz")


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "error"),
    [
        ("/v1/logs/app", b"{}", {"token": None}, 401, "a token is wanted: 'Authorization: Bearer TOKEN'"),
        ("/v1/logs/app", b"{}", {"Authorization": "Digest x"}, 401, "the authorization is of no known kind"),
        ("/v1/logs/app", b"{}", {"token": "wrong-token-0123456789"}, 403, "the token is not valid here"),
        ("/v1/logs/web", b"{}", {}, 403, "the token is not valid here"),
        ("/v1/logs/nothing", b"{}", {}, 403, "the token is not valid here"),
        (
            "/v1/logs/app",
            b"nope\n",
            {},
            400,
            "nothing in the body is JSON; plain text is taken as 'Content-Type: text/plain'",
        ),
        (
            "/v1/logs/app",
            b"\x1f\x8b\x00",
            {},
            400,
            "nothing in the body is JSON; plain text is taken as 'Content-Type: text/plain'",
        ),
        ("/v1/logs/app", b"{}", {"Content_Encoding": "gzip"}, 400, "the body is no gzip"),
        ("/v1/logs/app", b"{}", {"Content_Encoding": "br"}, 415, "the content encoding is neither gzip nor identity"),
        ("/v1/logs/app", b'{"a":"' + b"x" * (1 << 20) + b'"}', {}, 413, "event 1 is longer than 1048576 bytes"),
        (
            "/v1/logs/app",
            b"x" * ((1 << 20) + 1),
            {"Content_Type": "text/plain"},
            413,
            "a line is longer than 1048576 bytes",
        ),
        (
            "/v1/logs/app",
            b"{}",
            {"Idempotency_Key": "a b"},
            400,
            "the Idempotency-Key is not 1 to 200 visible characters",
        ),
    ],
)
def test_newline_json_that_is_refused(
    running: Running, path: str, body: bytes, headers: dict[str, str], status: int, error: str
) -> None:
    answer = running.send(path, body, **headers)
    assert (answer.status, json.loads(answer.body)) == (status, {"error": error})
    assert list(open_store(running.lake).list("raw/")) == []


def test_a_repeated_request_with_its_id_stores_nothing_twice(running: Running) -> None:
    answers = [running.send("/v1/logs/app", b'{"a":1}', Idempotency_Key="k1") for _ in range(2)]
    assert [json.loads(answer.body) for answer in answers] == [
        {"accepted": 1, "not_json": 0},
        {"accepted": 1, "not_json": 0, "duplicate": True},
    ]
    assert running.send("/v1/logs/app", b'{"a":2}', Idempotency_Key="k1").status == 422
    assert running.send("/v1/logs/web", b'{"a":1}', Idempotency_Key="k1", token=OTHER_TOKEN).status == 200
    assert running.raw() == running.raw("web") == [b'{"a":1,"eventTime":%b}' % A]
