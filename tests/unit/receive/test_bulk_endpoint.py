"""Elasticsearch's `_bulk`, and what its shippers ask first."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import pytest

from lakebed.storage.open import open_store
from tests.unit.receive.serving import TOKEN, A, FullStore, Running, basic, receiving

if TYPE_CHECKING:
    from pathlib import Path


def test_bulk(running: Running) -> None:
    body = b'{"create":{"_index":"logs","_id":"1"}}\n{"@timestamp":"2026"}\n{"delete":{"_id":"2"}}\n'
    answer = running.send("/web/_bulk?filter_path=x", body, method="PUT", Content_Type="application/x-ndjson")
    told = json.loads(answer.body)
    assert (answer.status, answer.headers["x-elastic-product"]) == (200, "Elasticsearch")
    assert (told["errors"], [list(item) for item in told["items"]]) == (True, [["create"], ["delete"]])
    assert [value["status"] for item in told["items"] for value in item.values()] == [201, 400]
    assert [value["_index"] for item in told["items"] for value in item.values()] == ["logs", "web"]
    assert running.raw() == [b'{"@timestamp":"2026","_index":"logs","_id":"1"}']


def test_bulk_stores_an_id_once(running: Running) -> None:
    def send(verb: str, number: str, document: str) -> tuple[int, str | None]:
        body = f'{{"{verb}":{{"_index":"a","_id":"{number}"}}}}\n{document}\n'
        item = json.loads(running.send("/_bulk", body).body)["items"][0][verb]
        return item["status"], item.get("error", {}).get("type")

    conflict = (409, "version_conflict_engine_exception")
    assert send("create", "1", '{"a":1}') == (201, None)
    assert send("create", "1", '{"a":1}') == conflict
    assert send("create", "1", '{"a":2}') == conflict
    assert send("index", "1", '{"a":1}') == (201, None)
    assert send("index", "1", '{"a":3}') == (201, None)
    twice = '{"create":{"_index":"a","_id":"2"}}\n{"b":1}\n' * 2
    answer = json.loads(running.send("/_bulk", twice).body)
    assert [item["create"]["status"] for item in answer["items"]] == [201, 409]
    around = ',"eventTime":' + A.decode() + ',"_index":"a","_id":'
    expected = ['{"a":1' + around + '"1"}', '{"a":3' + around + '"1"}', '{"b":1' + around + '"2"}']
    assert sorted(line.decode() for line in running.raw()) == expected


@pytest.mark.parametrize(
    ("body", "headers", "status", "kind"),
    [
        (b"nope\n", {}, 400, "illegal_argument_exception"),
        (b"", {}, 400, "parse_exception"),
        (b"{}", {"token": None}, 401, "security_exception"),
        (b"{}", {"token": "wrong-token-0123456789"}, 403, "security_exception"),
        (b"{}", {"Content_Encoding": "gzip"}, 400, "illegal_argument_exception"),
    ],
)
def test_bulk_that_is_refused(running: Running, body: bytes, headers: dict[str, str], status: int, kind: str) -> None:
    answer = running.send("/_bulk", body, **headers)
    told = json.loads(answer.body)
    assert (answer.status, told["status"], told["error"]["type"]) == (status, status, kind)


def test_what_shippers_of_elastic_ask_first(running: Running) -> None:
    hello = running.send("/", method="GET", Authorization="ApiKey " + basic(f"id:{TOKEN}").split()[1])
    assert (hello.status, hello.headers["x-elastic-product"]) == (200, "Elasticsearch")
    assert json.loads(hello.body)["version"]["number"].startswith("8.")
    assert running.send("/", method="HEAD").status == 200
    assert running.send("/", method="GET", token=None).status == 401
    assert json.loads(running.send("/_license", method="GET").body)["license"]["status"] == "active"
    for path in ("/_ilm/policy/filebeat", "/_index_template/filebeat", "/_template/x", "/_ingest/pipeline/x"):
        assert running.send(path, method="GET").status == 404
        put = running.send(path, b"{}", method="PUT")
        assert (put.status, json.loads(put.body)) == (200, {"acknowledged": True})


@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        ("/_bulk", '{"create":{"_index":"a","_id":"1"}}\n{"a":1}\n', {}),
        ("/v1/logs/app", '{"a":1}', {"Idempotency_Key": "k"}),
    ],
)
def test_a_retry_has_the_outcome_of_the_first_which_is_being_written(
    tmp_path: Path, path: str, body: str, headers: dict[str, str]
) -> None:
    store = FullStore(open_store(str(tmp_path / "lake")))
    answers: list[int] = []
    with receiving(tmp_path / "lake", store=store, wait_seconds=1) as running:
        first = threading.Thread(target=lambda: answers.append(running.send(path, body, **headers).status))
        first.start()
        while not running.receiver.batches.is_waiting:
            first.join(0.01)
        assert running.send(path, body, **headers).status == 503
        first.join()
    assert answers == [503]
