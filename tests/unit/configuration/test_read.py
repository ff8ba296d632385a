"""A whole file becomes a whole configuration."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path

import pytest

from lakebed.configuration import (
    ConfigError,
    Configuration,
    IndexConfig,
    ReceiveConfig,
    RunConfig,
    UsageConfig,
    read,
)
from lakebed.configuration.upkeep import policy_of
from lakebed.errors import UsageError
from lakebed.ingest.settings import TimeRule
from lakebed.secret import Secret
from lakebed.storage.local import LocalStore

FULL = r"""
lake = "s3://our-lake/lake"
state = "env:STATE_URL"

[indexes.web]
retention = "90d"
description = "web servers"
access = ["security", "ops"]
[indexes.all]
retention = "forever"
[indexes._usage]
retention = "4w"

[sources.nginx]
url = "logs/nginx"
match = '\.log$'
index = "web"
format = "access"
compression = "auto"
source_type = "nginx"
time = ["when%d.%m.%Y %H:%M", { field = "at", zone = "+02:00" }]
time_fields = "stamp"
zone = "Europe/Berlin"
list_every = "5m"
since = 2026-01-31
labels = { env = "prod" }

[sources.trail]
url = "s3://our-logs/AWSLogs/"
index = "all"
columns = ["a", "b"]
notifications = "https://sqs.eu-central-1.amazonaws.com/123456789012/our-logs"
transform = ["ecs", "steps.toml"]

[sources.app]
kind = "receive"
index = "web"
tokens = ["env:APP_TOKEN", "file:secrets/app"]
syslog = "tls://0.0.0.0:6514"
allow = ["10.0.0.0/8", "::1"]
raw_retention = "2w"

[sources.okta]
kind = "okta"
index = "all"
domain = "acme.okta.com"
raw_retention = "12h"
token = "env:OKTA_TOKEN"
since = 2026-01-01

[sources.github]
kind = "github"
index = "all"
organization = "acme"
raw_retention = "forever"
token = "env:GITHUB_TOKEN"
poll_every = "2m"
requests_per_minute = 10

[sources.tickets]
kind = "rest"
index = "all"
description = "tickets.yaml"
values = { tenant = "acme" }

[run]
workers = 3
commit_seconds = 0.5
batch_bytes = 2097152
tries = 2
http = "off"
stop_seconds = 5
list_every = "30s"
memory_bytes = "1 GiB"

[receive]
http = "[::1]:0"
tls_certificate = "cert.pem"
tls_key = "key.pem"
query_tokens = true
wait_seconds = 0.05

[usage]
objects = false
queries = true
"""

COMMON = {
    "reread": "10m",
    "requests_per_minute": None,
    "private_addresses": False,
    "plain_http": False,
    "ca_file": None,
}


@pytest.fixture(autouse=True)
def _base_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in an installation without the extra `server`: connectors do not add their own judgement."""
    monkeypatch.setitem(sys.modules, "lakebed.pull.kinds", None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "steps.toml").write_text("[[step]]\ndrop = 'debug'\n")
    (tmp_path / "tickets.yaml").write_text("url: https://tickets.example.com/\n")
    (tmp_path / "cert.pem").write_text("")
    (tmp_path / "key.pem").write_text("")
    return tmp_path


def written(folder: Path, text: str) -> Path:
    (folder / "lakebed.toml").write_text(text)
    return folder / "lakebed.toml"


def test_all_of_a_file(folder: Path) -> None:
    found = read(written(folder, FULL), environment={"STATE_URL": "postgresql+psycopg://u:pw@db/lakebed"})
    assert found.path == folder / "lakebed.toml"
    assert (found.lake, found.state) == ("s3://our-lake/lake", Secret("env:STATE_URL"))
    assert (
        found.state_url({"STATE_URL": "postgresql+psycopg://u:pw@db/lakebed"}) == "postgresql+psycopg://u:pw@db/lakebed"
    )
    assert found.indexes == {
        "web": IndexConfig("web", 90 * 86_400, "web servers", ("security", "ops")),
        "all": IndexConfig("all"),
        "_usage": IndexConfig("_usage", 28 * 86_400),
    }
    assert found.run == RunConfig(3, 0.5, 2 * 1024 * 1024, 2, None, 5.0, 30.0, 1024**3)
    assert found.receive == ReceiveConfig(
        http="[::1]:0",
        tls_certificate=folder / "cert.pem",
        tls_key=folder / "key.pem",
        query_tokens=True,
        wait_seconds=0.05,
    )
    assert found.usage == UsageConfig(objects=False, queries=True)
    assert list(found.sources) == ["nginx", "trail", "app", "okta", "github", "tickets"]
    assert {name: (one.kind, one.index) for name, one in found.sources.items()} == {
        "nginx": ("bucket", "web"),
        "trail": ("bucket", "all"),
        "app": ("receive", "web"),
        "okta": ("okta", "all"),
        "github": ("github", "all"),
        "tickets": ("rest", "all"),
    }


def test_buckets(folder: Path) -> None:
    found = read(written(folder, FULL))
    nginx, trail = found.source("nginx"), found.source("trail")
    assert (nginx.url, nginx.match, nginx.list_every_s, nginx.since) == (
        str(folder / "logs/nginx"),
        r"\.log$",
        300.0,
        datetime.date(2026, 1, 31),
    )
    assert (nginx.takes("a/b.log"), nginx.takes("a/b.log.gz"), trail.takes("anything")) == (True, False, True)
    settings = nginx.settings
    assert (settings.format, settings.source_type, settings.zone) == ("access", "nginx", "Europe/Berlin")
    assert settings.time == (TimeRule("when", format="%d.%m.%Y %H:%M"), TimeRule("at", zone="+02:00"))
    assert (settings.time_fields, settings.columns) == (("stamp",), ())
    assert (nginx.labels, nginx.settings.transform is None) == ({"env": "prod"}, False)
    assert (trail.url, trail.notifications) == (
        "s3://our-logs/AWSLogs/",
        "https://sqs.eu-central-1.amazonaws.com/123456789012/our-logs",
    )
    assert (trail.settings.columns, trail.settings.transform is None, trail.labels) == (("a", "b"), False, {})
    assert (trail.list_every_s, trail.since, trail.options) == (None, None, {})
    assert found.objects_url(trail) == "s3://our-logs/AWSLogs/"
    assert found.objects_url(found.source("app")) == "s3://our-lake/lake/raw/app/"


def test_other_kinds_have_options(folder: Path) -> None:
    found = read(written(folder, FULL))
    assert {name: one.options for name, one in found.sources.items() if one.options} == {
        "app": {
            "tokens": (Secret("env:APP_TOKEN"), Secret(f"file:{folder}/secrets/app")),
            "syslog": ("tls://0.0.0.0:6514",),
            "allow": ("10.0.0.0/8", "::1/128"),
        },
        "okta": {
            **COMMON,
            "poll_every": "30s",
            "since": "2026-01-01",
            "domain": "acme.okta.com",
            "token": Secret("env:OKTA_TOKEN"),
            "scheme": "SSWS",
            "filter": None,
        },
        "github": {
            **COMMON,
            "poll_every": "2m",
            "since": None,
            "requests_per_minute": 10,
            "organization": "acme",
            "enterprise": None,
            "token": Secret("env:GITHUB_TOKEN"),
            "include": "all",
            "phrase": None,
            "url": "https://api.github.com",
        },
        "tickets": {
            **COMMON,
            "poll_every": "30s",
            "since": None,
            "description": folder / "tickets.yaml",
            "values": {"tenant": "acme"},
        },
    }


def test_how_long_what_came_is_kept_as_it_came(folder: Path) -> None:
    found = read(written(folder, FULL))
    assert {name: one.raw_retention_s for name, one in found.sources.items()} == {
        "nginx": None,
        "trail": None,
        "app": 14 * 86_400,
        "okta": 43_200,
        "github": None,
        "tickets": None,
    }
    policy = policy_of(found, LocalStore(folder / "lake"))
    assert [(one.folder, one.index, one.keep_s) for one in policy.raw] == [
        ("raw/app/", "web", 14 * 86_400),
        ("raw/okta/", "all", 43_200),
    ]
    assert policy.raw[0].url_of("raw/app/a b.gz") == f"file://{folder}/lake/raw/app/a%20b.gz"
    assert policy.retention_s == {"web": 90 * 86_400, "all": None, "_usage": 28 * 86_400}


def test_the_least(folder: Path) -> None:
    found = read(written(folder, 'lake = "lake"\n'))
    assert found == Configuration(
        path=folder / "lakebed.toml", lake=str(folder / "lake"), state=str(folder / "lakebed-state.db")
    )
    assert found.state_url({}) == str(folder / "lakebed-state.db")
    with pytest.raises(UsageError) as caught:
        found.source("web")
    assert str(caught.value) == f"no source 'web' in '{folder}/lakebed.toml', which has none"


def test_paths_start_at_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    written(
        folder, 'lake = "lake"\nstate = "sub/state.db"\n[indexes.a]\n[sources.s]\nurl = "/var/log/*.log"\nindex = "a"\n'
    )
    found = read("lakebed.toml")
    assert (found.lake, found.state, found.source("s").url) == ("lake", "sub/state.db", "/var/log/*.log")
    assert read("./lakebed.toml").lake == "lake"


def test_the_example_is_right(folder: Path) -> None:
    text = (Path(read.__code__.co_filename).parent / "example.toml").read_text()
    found = read(written(folder, text))
    assert (list(found.indexes), list(found.sources)) == (["web", "cloudtrail"], ["nginx"])
    everything = "\n".join(
        line.removeprefix("# ") if line.startswith(("# [", "# ")) and ("=" in line or line.startswith("# [")) else line
        for line in text.splitlines()
    )
    found = read(written(folder, everything))
    assert list(found.sources) == ["nginx", "cloudtrail", "app", "okta"]
    assert found.receive == ReceiveConfig()


def test_a_byte_order_mark_and_windows_lines(folder: Path) -> None:
    path = folder / "lakebed.toml"
    path.write_bytes(b'\xef\xbb\xbflake = "lake"\r\n[indexes.a]\r\n')
    assert list(read(path).indexes) == ["a"]


def test_files_that_cannot_be_read(folder: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read(folder / "none.toml")
    assert str(caught.value) == f"cannot read '{folder}/none.toml': no such file or directory"
    (folder / "lakebed.toml").write_bytes(b"#\n#\xff\n")
    with pytest.raises(ConfigError) as wrong:
        read(folder / "lakebed.toml")
    assert str(wrong.value) == f"{folder}/lakebed.toml:2: not UTF-8"
    (folder / "lakebed.toml").write_bytes(b"#" * (1024 * 1024 + 1))
    with pytest.raises(ConfigError) as wrong:
        read(folder / "lakebed.toml")
    assert str(wrong.value) == f"{folder}/lakebed.toml:1: the file is larger than 1,048,576 bytes"
