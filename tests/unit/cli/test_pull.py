"""`lakebed pull`: a source is tried, read once, or read until it is interrupted."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from lakebed.state import open_state
from lakebed.storage.local import LocalStore
from tests.unit.cli.processes import COMMAND, lakebed
from tests.unit.pull.feeds import numbers
from tests.unit.pull.services import START_MS, OktaService, Reply, json_reply, make_certificate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def okta(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OktaService]:
    with OktaService() as found:
        found.use_tls(*make_certificate(tmp_path_factory.mktemp("tls")))
        for number in range(5):
            found.add(number, START_MS + number * 1000)
        yield found


@pytest.fixture
def folder(tmp_path: Path, okta: OktaService) -> Path:
    (tmp_path / "lakebed.toml").write_text(f"""
lake = "lake"
[indexes.idp]
[sources.okta]
kind = "okta"
index = "idp"
domain = "{okta.host}"
token = "env:OKTA_TOKEN"
since = "2025-12-01"
private_addresses = true
ca_file = "{okta.certificate}"
poll_every = "1s"
""")
    return tmp_path


def pull(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return lakebed("pull", *arguments, folder=folder, OKTA_TOKEN="s3cret", LAKEBED_LAKE="")


def test_once_keeps_the_events_and_the_place(folder: Path, okta: OktaService) -> None:
    done = pull(folder, "okta", "--once")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("5 events, ")
    store = LocalStore(folder / "lake")
    (info,) = store.list("raw/")
    assert info.key in done.stdout
    lines = gzip.decompress(store.get(info.key)).splitlines()
    assert [json.loads(line) for line in lines] == okta.events
    done = pull(folder, "okta", "--once")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
    done = pull(folder, "okta", "--once", "--restart")
    assert (done.returncode, done.stdout[:9]) == (0, "5 events,")
    with open_state(str(folder / "lakebed-state.db")) as state:
        assert state.leases.acquire("pull/okta", "other", 60), "the lease is given back"
        done = pull(folder, "okta", "--once")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "lakebed: another process pulls 'okta'; it does so until it ends\n"


def test_a_dry_run_prints_and_writes_nothing(folder: Path, okta: OktaService) -> None:
    done = pull(folder, "okta", "--dry-run")
    assert (done.returncode, done.stderr) == (0, "5 events; that is all\n")
    assert [json.loads(line) for line in done.stdout.splitlines()] == okta.events
    assert [path.name for path in folder.iterdir()] == ["lakebed.toml"]


def test_failures_are_told_without_secrets(folder: Path, okta: OktaService) -> None:
    okta.faults = [json_reply({"errorSummary": "Invalid token s3cret\x1b[2J"}, 401)]
    done = pull(folder, "okta", "--once")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"lakebed: '{okta.url}/api/v1/logs' answers 401: the credentials are wrong or no longer valid "
        "('Invalid token …\\x1b[2J')\n"
    )


def test_after_a_failure_the_source_is_free_at_once(folder: Path, okta: OktaService) -> None:
    okta.faults = [json_reply({"errorSummary": "Invalid token"}, 401)]
    assert pull(folder, "okta", "--once").returncode == 2
    done = pull(folder, "okta", "--once")
    assert (done.returncode, done.stderr, done.stdout[:9]) == (0, "", "5 events,")


def test_a_short_wait_that_the_service_asks_for_is_waited(folder: Path, okta: OktaService) -> None:
    okta.faults = [Reply(429, headers={"Retry-After": "0"})]
    done = pull(folder, "okta", "--once")
    assert (done.returncode, done.stderr) == (0, "")


def test_without_once_it_goes_on_until_it_is_interrupted(folder: Path, okta: OktaService) -> None:
    environment = {**os.environ, "OKTA_TOKEN": "s3cret"}
    with subprocess.Popen([*COMMAND, "pull", "okta"], cwd=folder, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"5 events")
        okta.add(5, START_MS + 9000)
        assert process.stdout.readline().startswith(b"1 event,")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    assert numbers(LocalStore(folder / "lake"), "okta") == [0, 1, 2, 3, 4, 5]
    with open_state(str(folder / "lakebed-state.db")) as state:
        assert state.leases.acquire("pull/okta", "other", 60)


def test_sources_that_are_not_there_or_not_pulled(folder: Path) -> None:
    done = pull(folder, "okat")
    assert done.returncode == 2
    assert done.stderr.startswith("lakebed: no source 'okat' in 'lakebed.toml'")
    text = (folder / "lakebed.toml").read_text()
    (folder / "lakebed.toml").write_text(text + '[sources.web]\nurl = "logs"\nindex = "idp"\n')
    done = pull(folder, "web", "--once")
    assert done.returncode == 2
    assert done.stderr == (
        "lakebed: source 'web': a source of kind 'bucket' is not pulled; these are: okta, github, rest\n"
    )
