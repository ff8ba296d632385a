"""What an operator sees of a runner at work: metrics, readiness, lines of a log."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families

from lakebed.catalog.catalog import Catalog
from lakebed.runner.operating import operated
from lakebed.runner.runner import Runner
from lakebed.runner.telling import Telling
from lakebed.storage.counting import CountingStore
from lakebed.telemetry.logs import configure
from lakebed.telemetry.metrics import Metrics
from tests.logs import write_logs
from tests.runners import World, folder_source, run_config, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Operated:
    """A runner over a folder, with all that an operator sees of it."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        self.store = CountingStore(self.world.lake)
        self.catalog = Catalog(self.store)
        self.metrics = Metrics()
        self.log = io.StringIO()
        reports = Telling(self.metrics, configure(stream=self.log))
        sources = [folder_source(folder / "logs")]
        self.runner = Runner(self.store, self.catalog, self.world.state, sources, run_config(), reports=reports)

    def lines(self, event: str) -> list[dict[str, object]]:
        return [line for line in map(json.loads, self.log.getvalue().splitlines()) if line["event"] == event]


@pytest.fixture
def operating(tmp_path: Path) -> Iterator[Operated]:
    made = Operated(tmp_path)
    yield made
    made.world.close()
    structlog.reset_defaults()


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def samples(text: str) -> dict[str, float]:
    return {
        sample.name + "".join(f" {name}={value}" for name, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_runner_at_work(operating: Operated, tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", 12, 10)
    (tmp_path / "logs/broken.gz").write_bytes(b"\x1f\x8b\x08" + b"x" * 20)
    runner = operating.runner
    with operated(
        "127.0.0.1:0", operating.metrics, runner, operating.store, operating.catalog, operating.world.state
    ) as at:
        assert at is not None
        runner.start()
        wait_until(
            lambda: samples(get(at.url + "/metrics")[1]).get("lakebed_index_events index=web") == 120, "120 events"
        )
        wait_until(lambda: sum(int(str(line["objects"])) for line in operating.lines("indexed")) >= 12, "they are told")
        runner.stop()
        found = samples(get(at.url + "/metrics")[1])
        assert get(at.url + "/readyz") == (200, '{"status": "ready", "failed": {}}\n')
    assert found["lakebed_events_indexed_total index=web source=web"] == 120
    assert found["lakebed_lag_seconds_count source=web"] >= 12
    assert found["lakebed_store_requests_total operation=put"] >= 1
    assert found["lakebed_catalog_commit"] == operating.catalog.snapshot.number
    assert (found["lakebed_part_up part=lake"], found["lakebed_part_up part=state"]) == (1, 1)
    assert "lakebed_work_oldest_seconds source=web" in found or not operating.world.state.work.counts()
    told = operating.lines("indexed")
    assert sum(int(str(line["events"])) for line in told) == 120
    assert {tuple(line["sources"]) for line in told if isinstance(line["sources"], list)} == {("web",)}


def test_a_part_that_fails_is_told_until_it_works_again(operating: Operated) -> None:
    runner = operating.runner
    with operated(
        "127.0.0.1:0", operating.metrics, runner, operating.store, operating.catalog, operating.world.state
    ) as at:
        assert at is not None
        runner.health.failed("source web", "cannot list")
        assert get(at.url + "/readyz")[0] == 200  # others go on
        runner.health.failed("lake", "cannot write\x1b[2J")
        status, text = get(at.url + "/readyz")
        assert (status, json.loads(text)) == (503, {"status": "not ready", "failed": {"lake": "cannot write\\x1b[2J"}})
        assert get(at.url + "/healthz")[0] == 200
        found = samples(get(at.url + "/metrics")[1])
        assert [found[f"lakebed_part_up part={part}"] for part in ("lake", "state", "source web")] == [0, 1, 0]
        runner.health.works("lake")
        assert get(at.url + "/readyz")[0] == 200
        assert samples(get(at.url + "/metrics")[1])["lakebed_part_up part=lake"] == 1
    assert [
        (line["event"], line["level"], line["part"]) for line in map(json.loads, operating.log.getvalue().splitlines())
    ] == [
        ("trouble", "error", "source web"),
        ("trouble", "error", "lake"),
        ("recovered", "info", "lake"),
    ]


def test_a_second_runner_on_a_machine_works_without_an_endpoint(operating: Operated, tmp_path: Path) -> None:
    runner = operating.runner
    rest = (operating.store, operating.catalog, operating.world.state)
    second = Operated(tmp_path / "second")
    with operated("127.0.0.1:0", operating.metrics, runner, *rest) as at:
        assert at is not None
        address = at.url.removeprefix("http://")
        with operated(address, second.metrics, second.runner, *rest) as other:
            assert other is None
    assert [line["reason"] for line in second.lines("trouble")] == [
        f"cannot listen at '{address}': address already in use"
    ]
    second.world.close()


def test_no_endpoint_where_none_is_wanted(operating: Operated) -> None:
    rest = (operating.store, operating.catalog, operating.world.state)
    with operated(None, operating.metrics, operating.runner, *rest) as at:
        assert at is None
    assert operating.log.getvalue() == ""
