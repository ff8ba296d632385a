"""A runner as `lakebed run` has it: made from a file, with all that runs beside it."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

import lakebed
from lakebed import config
from lakebed.catalog.catalog import Catalog
from lakebed.configuration import read
from lakebed.errors import UsageError
from lakebed.ingest.raw import pack_lines, put_raw, write_raw
from lakebed.runner import limits
from lakebed.runner.service import open_runner
from lakebed.state import open_state
from lakebed.storage.open import open_store
from tests.logs import event, write_log, write_logs
from tests.runners import Heard, wait_until
from tests.unit.pull.services import START_MS, GithubService

if TYPE_CHECKING:
    from pathlib import Path

    from lakebed.configuration import Configuration

RUN = 'lake = "lake"\n[run]\ncommit_seconds = 0.1\nlist_every = "1s"\nhttp = "off"\n[indexes.web]\n'


def configured(folder: Path, text: str) -> Configuration:
    path = folder / "lakebed.toml"
    path.write_text(RUN + text)
    return read(path)


def counted(configuration: Configuration, query: str) -> int:
    with lakebed.open(configuration.lake) as lake:
        return sum(1 for _ in lake.search(query, limit=None))


def test_a_bucket_and_what_it_cost(tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", 10, 10)
    told = configured(tmp_path, '[sources.web]\nurl = "logs"\nindex = "web"\nmatch = "json$"\n')
    heard = Heard()
    with open_runner(told, heard) as runner:
        runner.start()
        try:
            wait_until(lambda: len(heard.visible) == 5, "5 objects are visible")
        finally:
            runner.stop()
    assert counted(told, "@index=web") == 50
    assert counted(told, "@index=_usage record_type=indexing_record num_log_events_indexed=10") == 5
    with open_state(told.state_url()) as state:
        requests = state.requests.since(3600)
    assert requests["create"].requests >= 2
    assert requests["put"].requests >= 2  # a segment of events, and one of usage
    assert requests["bytes"].bytes_written > 0


def test_what_was_received_is_indexed_at_once_or_by_a_listing(tmp_path: Path) -> None:
    told = configured(tmp_path, '[sources.app]\nkind = "receive"\nindex = "web"\ntokens = ["env:TOKEN"]\n')
    store = open_store(told.lake)
    heard = Heard()
    with open_runner(told, heard) as runner, open_state(told.state_url()) as state:
        runner.start()
        try:
            offered = write_raw(store, "app", [b'{"n": 1}', b'{"n": 2}'], now=time.time(), token=1)
            state.work.offer([offered])
            wait_until(lambda: len(heard.visible) == 1, "what was offered is visible")
            put_raw(store, "app", pack_lines([b'{"n": 3}']), now=time.time(), token=2)
            put_raw(store, "app", pack_lines([]), now=time.time(), token=3)
            wait_until(lambda: len(heard.visible) == 3, "what nobody has offered is visible")
            wait_until(lambda: not state.work.counts(), "the table of work is empty")
        finally:
            runner.stop()
    assert counted(told, "@index=web") == 3
    assert (heard.failures, heard.aside, heard.troubles) == ([], [], [])
    with lakebed.open(told.lake) as lake:
        assert lake.status().problems == ()


def test_raw_objects_go_when_they_are_indexed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One came hours ago and was never indexed: it goes, after its events are there. One is new, and stays."""
    monkeypatch.setattr(limits, "MAINTENANCE_EVERY_S", 0.2)
    monkeypatch.setattr(config, "GARBAGE_EVERY_S", 0.2)
    text = '[sources.app]\nkind = "receive"\nindex = "web"\ntokens = "env:T"\nraw_retention = "1h"\n'
    told = configured(tmp_path, text)
    store, now = open_store(told.lake), time.time()
    old = put_raw(store, "app", pack_lines([b'{"n": 1}']), now=now - 7200, token=1)
    os.utime(tmp_path / "lake" / old, (now - 7200,) * 2)
    new = put_raw(store, "app", pack_lines([b'{"n": 2}']), now=now, token=2)
    heard = Heard()
    with open_runner(told, heard) as runner:
        runner.start()
        try:
            wait_until(lambda: [info.key for info in store.list("raw/")] == [new], "the old one is gone")
            wait_until(lambda: len(heard.visible) == 2, "both are visible")
        finally:
            runner.stop()
    assert counted(told, "@index=web") == 2
    assert [details["raw_deleted"] for name, details in heard.events if name == "maintained"][:1] == [1]
    assert (heard.failures, heard.aside, heard.troubles, heard.gone_urls) == ([], [], [], [])


def test_a_service_is_polled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "s3cret")
    with GithubService() as service:
        for number in range(20):
            service.add(number, START_MS + number * 1000)
        text = (
            f'[sources.audit]\nkind = "github"\nindex = "web"\norganization = "acme"\ntoken = "env:GITHUB_TOKEN"\n'
            f'url = "{service.url}"\nprivate_addresses = true\nplain_http = true\nsince = "2025-01-01"\n'
        )
        told = configured(tmp_path, text)
        heard = Heard()
        with open_runner(told, heard) as runner:
            runner.start()
            try:
                wait_until(lambda: counted(told, "@index=web") == 20, "20 events are searchable")
            finally:
                runner.stop()
    assert [name for name, _ in heard.events if name == "pulled"] == ["pulled"]
    assert (heard.failures, heard.troubles) == ([], [])


@pytest.mark.slow
def test_many_small_segments_become_few_and_old_events_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the work, and without an event lost; what is older than its index keeps is gone."""
    monkeypatch.setattr(limits, "MAINTENANCE_EVERY_S", 0.2)
    sources = '[sources.web]\nurl = "logs"\nindex = "web"\n[sources.old]\nurl = "old"\nindex = "old"\n'
    text = f'[indexes.old]\nretention = "1d"\n{sources}'
    told = configured(tmp_path, text)
    (tmp_path / "logs").mkdir()  # a listing before the first log is written would find no folder
    write_logs(tmp_path / "old", 2, 10)
    heard = Heard()
    with open_runner(told, heard) as runner:
        runner.start()
        try:
            for number in range(25):
                write_log(tmp_path / f"logs/{number}.json", [event(number, n=number)])
                wait_until(lambda number=number: len(heard.visible) >= number, "those before are visible")  # type: ignore[misc] # bound at once
            wait_until(lambda: len(heard.visible) == 27, "all are visible")
            wait_until(lambda: counted(told, "@index=old") == 0, "what is old is gone")
            wait_until(lambda: segments(told) < 10, "there are few segments")
        finally:
            runner.stop()
    assert counted(told, "@index=web") == 25
    assert {"maintained"} <= {name for name, _ in heard.events}
    assert (heard.failures, heard.troubles) == ([], [])


def segments(configuration: Configuration) -> int:
    return len(Catalog(open_store(configuration.lake)).snapshot.entries("web"))


def test_without_sources(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no sources in"), open_runner(configured(tmp_path, "")):
        pass
