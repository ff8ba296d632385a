"""`lakebed receive` from a configuration: what it says, what it stores, how it ends."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from lakebed.cli import program
from lakebed.configuration import read
from lakebed.ingest.raw import RAW_FOLDER
from lakebed.serve.receive.batches import Stored
from lakebed.serve.receive.configured import offer_to, receive_settings
from lakebed.serve.receive.settings import Address, ReceiveSettings, SyslogListener
from lakebed.state import open_state
from lakebed.storage.open import open_store
from tests.receivers import TOKEN, receiver_process
from tests.unit.receive.serving import raw_lines

if TYPE_CHECKING:
    from pathlib import Path

FILE = """\
lake = "lake"
[indexes.app]
[sources.app]
kind = "receive"
index = "app"
tokens = ["env:APP_TOKEN", "env:NEXT_TOKEN"]
[sources.net]
kind = "receive"
index = "app"
syslog = ["udp://0.0.0.0:5514", "tcp://[::1]:601"]
allow = ["10.0.0.0/8"]
[sources.logs]
kind = "bucket"
index = "app"
url = "logs"
[receive]
http = "0.0.0.0:8088"
query_tokens = true
wait_seconds = 1
line_bytes = "64 KiB"
"""


def test_settings_are_those_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "lakebed.toml").write_text(FILE)
    environment = {"APP_TOKEN": "0123456789abcdef", "NEXT_TOKEN": "0123456789abcdefg"}
    assert receive_settings(read(tmp_path / "lakebed.toml"), environment) == ReceiveSettings(
        tokens={"app": ("0123456789abcdef", "0123456789abcdefg")},
        http=Address("0.0.0.0", 8088),
        syslog=(
            SyslogListener.parse("net", "udp://0.0.0.0:5514", ("10.0.0.0/8",)),
            SyslogListener.parse("net", "tcp://[::1]:601", ("10.0.0.0/8",)),
        ),
        query_tokens=True,
        wait_seconds=1.0,
        line_bytes=64 * 1024,
    )


def test_a_receiver_takes_stores_tells_the_state_and_ends(tmp_path: Path) -> None:
    with receiver_process(tmp_path / "here", syslog=("udp://127.0.0.1:0",)) as running:
        url = f"http://127.0.0.1:{running.ports[0]}/v1/logs/app"
        request = urllib.request.Request(url, b'{"time":"2026"}', {"Authorization": f"Bearer {TOKEN}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert answer.read() == b'{"accepted":1,"not_json":0}\n'
        code, said = running.end()
    assert code == 0
    events = [json.loads(line) for line in said.splitlines()]
    assert [event["event"] for event in events] == ["stopping", "stopped"]
    assert {name: events[1][name] for name in ("requests", "stored", "dropped", "is_clean")} == {
        "requests": 1,
        "stored": 1,
        "dropped": 0,
        "is_clean": True,
    }
    assert raw_lines(open_store(running.lake), "app") == [b'{"time":"2026"}']
    with open_state(str(tmp_path / "here" / "lakebed-state.db")) as state:
        assert state.work.counts()["app"].waiting == 1


def test_the_state_is_told_of_an_object_as_a_listing_finds_it(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "lake"))
    store.put(f"{RAW_FOLDER}app/x.ndjson.gz", b"x")
    with open_state(str(tmp_path / "state.db")) as state:
        offer_to(state, store, lambda: 5.0)(Stored("app", f"{RAW_FOLDER}app/x.ndjson.gz", 1, 1))
        (claimed,) = state.work.claim("me", count=5, lease_s=60)
    info = store.head(f"{RAW_FOLDER}app/x.ndjson.gz")
    assert (claimed.object.url, claimed.object.road) == ((tmp_path / "lake/raw/app/x.ndjson.gz").as_uri(), "raw")
    assert (claimed.object.size_bytes, claimed.object.modified_ns) == (1, info.modified_ns)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('lake = "lake"\n', "has no table [receive]"),
        (FILE, "the environment variable 'APP_TOKEN' is not set"),
    ],
)
def test_what_keeps_it_from_starting_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    (tmp_path / "lakebed.toml").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert program.run(["receive"]) == 2
    assert message in capsys.readouterr().err


def test_what_could_not_be_stored_is_logged_and_makes_it_unready(tmp_path: Path) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    with receiver_process(tmp_path / "here", metrics=f"127.0.0.1:{port}") as running:
        (tmp_path / "here" / "lake").mkdir(exist_ok=True)
        (tmp_path / "here" / "lake" / "raw").write_text("a file where the folder should be")
        url = f"http://127.0.0.1:{running.ports[0]}/services/collector"
        request = urllib.request.Request(url, b'{"event":1}', {"Authorization": f"Splunk {TOKEN}"})
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=60)
        with caught.value as answer:
            assert (answer.code, answer.read()) == (503, b'{"text":"Server is busy","code":9}')
        with pytest.raises(urllib.error.HTTPError) as unready:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=60)
        with unready.value as answer:
            assert answer.code == 503
            assert b"cannot store" in answer.read()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as found:
            text = found.read().decode()
        assert 'lakebed_receive_requests_total{code="503",endpoint="hec event"} 1.0' in text
        code, said = running.end()
    assert code == 0
    assert json.loads(said.splitlines()[0])["event"] == "not_stored"
    assert TOKEN not in said
