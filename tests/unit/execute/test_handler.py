"""The Lambda entry point gives what a search in the process gives."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import msgspec
import pytest

from lakebed.api import open as open_lake
from lakebed.catalog.catalog import Catalog
from lakebed.errors import CorruptSegmentError
from lakebed.handlers.search import handler
from lakebed.model import Row
from lakebed.query.compile import compile_query
from lakebed.storage.local import LocalStore
from tests.logs import write_logs

if TYPE_CHECKING:
    from pathlib import Path


def request(folder: Path, query: str, **changes: object) -> dict[str, object]:
    state = Catalog(LocalStore(folder)).state
    entries = state.snapshot.entries()
    addresses = state.addresses.find(state.snapshot, entries)
    tasks = [
        {"key": entry.key, "address": base64.b64encode(addresses[entry.key]).decode(), "dead": list(entry.dead)}
        for entry in entries
    ]
    compiled = compile_query(query)
    plan = base64.b64encode(compiled.plan_bytes()).decode()
    found: dict[str, object] = {
        "store": str(folder),
        "plan": plan,
        "is_aggregate": compiled.is_aggregate,
        "tasks": tasks,
    }
    return json.loads(json.dumps(found | changes))  # type: ignore[no-any-return] # what Lambda hands over is plain JSON


def test_rows(tmp_path: Path) -> None:
    lake = open_lake(tmp_path / "lake")
    lake.index(write_logs(tmp_path / "logs", 4, 50), into="web")
    answer = handler(request(tmp_path / "lake", "user: alice"))
    json.dumps(answer)
    parts = answer["parts"]
    assert isinstance(parts, list)
    rows = sorted(tuple(row[:3]) for task in parts for part in task for row in part["rows"])
    expected = sorted(
        (row.time_ns, row.object, row.record) for row in lake.search("user: alice") if isinstance(row, Row)
    )
    assert rows == expected
    assert len(rows) > 20


def test_an_aggregate_comes_as_a_partial(tmp_path: Path) -> None:
    open_lake(tmp_path / "lake").index(write_logs(tmp_path / "logs", 2, 10), into="web")
    answer = handler(request(tmp_path / "lake", "* | count()"))
    parts = answer["parts"]
    assert isinstance(parts, list)
    assert [(len(task), task[-1]["is_last"], bool(task[-1]["partial"])) for task in parts] == [(1, True, True)] * len(
        parts
    )


def test_a_request_that_is_not_understood_is_refused(tmp_path: Path) -> None:
    open_lake(tmp_path / "lake").index(write_logs(tmp_path / "logs", 1, 1), into="web")
    with pytest.raises(msgspec.ValidationError, match="unknown field `newer`"):
        handler(request(tmp_path / "lake", "*", newer=1))


def test_a_damaged_address_is_an_error(tmp_path: Path) -> None:
    open_lake(tmp_path / "lake").index(write_logs(tmp_path / "logs", 1, 1), into="web")
    task = {"key": "segments/web/damaged.seg", "address": base64.b64encode(b"nothing").decode()}
    with pytest.raises(CorruptSegmentError, match=r"segments/web/damaged\.seg"):
        handler(request(tmp_path / "lake", "*", tasks=[task]))
