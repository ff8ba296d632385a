"""`lakebed status` of a lake that runs by itself."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from lakebed.cli.running_status import RunningStatus
from lakebed.state import WorkCounts, WorkObject, open_state
from lakebed.state.costs import cost_usd
from lakebed.state.requests import Requests
from tests.logs import write_logs
from tests.unit.cli.processes import lakebed

if TYPE_CHECKING:
    from pathlib import Path

REQUESTS = {
    "get": Requests(2_000_000, 5_000_000_000, 0),
    "get_range": Requests(500_000, 1, 0),
    "put": Requests(1_000_000, 0, 7_000),
    "list": Requests(10_000),
    "delete": Requests(10**9),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_logs(tmp_path / "logs", 2, 10)
    (tmp_path / "lakebed.toml").write_text('lake = "lake"\n[indexes.web]\n')
    assert lakebed("index", "logs", "--into", "web", folder=tmp_path).returncode == 0
    return tmp_path


def told(folder: Path, *arguments: str) -> object:
    done = lakebed("status", "--json", *arguments, folder=folder)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout).get("running")


def test_costs_are_those_of_requests_that_write_and_that_read() -> None:
    assert cost_usd(REQUESTS) == pytest.approx(2_500_000 * 0.0000004 + 1_010_000 * 0.000005)
    assert cost_usd({}) == 0


def test_lines_for_people() -> None:
    sources = {
        "web": WorkCounts(1_200, 30, 2, 7_300.0),
        "app": WorkCounts(1, 0, 0, 59.6),
        "done": WorkCounts(0, 0, 1, 0),
    }
    costs = (
        "runners in the last day: 1,010,000 requests that write or list, 2,500,000 that read, 5.00 GB read, "
        "7.00 kB written; about $6.05 at the prices of S3"
    )
    assert list(RunningStatus(sources, REQUESTS, cost_usd(REQUESTS)).lines()) == [
        "web: 1,200 waiting, 30 in work, the oldest for 2 h",
        "app: 1 waiting, 0 in work, the oldest for 60 s",
        "3 objects set aside; `lakebed ingest status` tells why",
        costs,
    ]
    assert list(RunningStatus({}, {}, 0.0).lines()) == ["nothing waits to be indexed"]
    assert list(RunningStatus({}, {}, 0.0, "no").lines()) == ["what waits is not known: no"]


def test_a_lake_that_nobody_runs_has_no_such_part(folder: Path) -> None:
    assert told(folder) is None
    assert sorted(path.name for path in folder.iterdir()) == ["lake", "lakebed.toml", "logs"]  # no state is made
    (folder / "lakebed.toml").unlink()
    assert told(folder, "--lake", "lake") is None


def test_what_waits_and_what_it_cost(folder: Path) -> None:
    with open_state(str(folder / "lakebed-state.db")) as state:
        state.work.offer([WorkObject("web", f"s3://b/{n}", 1, 1, None, "listing", time.time() - 500) for n in range(3)])
        [one] = state.work.claim("a", count=1, lease_s=60)
        state.work.failed(one.id, "a", "broken", tries=1, retry_in_s=0)
        state.requests.add({"put": Requests(1_000_000, 0, 5), "get": Requests(1, 9, 0)})
    found = told(folder)
    assert isinstance(found, dict)
    assert 500 <= found["sources"]["web"].pop("oldest_s") < 2_000
    assert found == {
        "sources": {"web": {"waiting": 2, "claimed": 0, "set_aside": 1}},
        "requests_last_day": {
            "get": {"requests": 1, "bytes_read": 9, "bytes_written": 0},
            "put": {"requests": 1_000_000, "bytes_read": 0, "bytes_written": 5},
        },
        "cost_last_day_usd": 5.0,
        "problem": "",
    }
    text = lakebed("status", folder=folder).stdout
    assert (
        "\n1 object set aside; `lakebed ingest status` tells why\nrunners in the last day: 1,000,000 requests" in text
    )


def test_another_lake_has_not_the_state_of_this_one(folder: Path) -> None:
    open_state(str(folder / "lakebed-state.db")).close()
    assert told(folder) is not None
    (folder / "lakebed.toml").write_text('lake = "another"\n[indexes.web]\n')
    assert told(folder, "--lake", "lake") is None


def test_a_state_that_cannot_be_read_does_not_keep_the_rest_back(folder: Path) -> None:
    (folder / "lakebed-state.db").write_text("no database" * 1_000)
    found = told(folder)
    assert isinstance(found, dict)
    assert found["problem"].startswith("cannot read the state at '")
    assert found["problem"].endswith("lakebed-state.db': file is not a database")
