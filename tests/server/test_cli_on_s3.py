"""The command line on a real S3 server: index, search, globs, kills, and errors that people can act on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import uuid
from typing import TYPE_CHECKING

import pytest

import lakebed
from lakebed.storage.open import open_store
from tests.faults.test_crash import EVENTS_EACH, Kill, check_whole_objects, index, run_to_the_end
from tests.logs import write_logs
from tests.servers import SECRET_KEY

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from tests.servers import S3Server

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("s3")]

COMMAND = [sys.executable, "-c", "from lakebed.cli import main; main()"]
KILLS = 6


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, **environment}
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, env=variables, timeout=120)


@pytest.fixture(scope="module")
def logs(s3: S3Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A prefix with objects in two folders, and one beside them that has the prefix's name in its own."""
    folder = write_logs(tmp_path_factory.mktemp("logs"), 10, 50)
    url = s3.url(f"cli-logs/{uuid.uuid4().hex}")
    store = open_store(url)
    for number, path in enumerate(sorted(folder.iterdir())):
        store.put(f"2026/{1 + number % 2:02}/{path.name}", path.read_bytes())
    store.put("2026-old/0001.json", b'{"time": "2025-01-01T00:00:00Z", "n": 9999}\n')
    return url


@pytest.fixture(scope="module")
def lake(s3: S3Server, logs: str) -> str:
    url = s3.url(f"cli-lakes/{uuid.uuid4().hex}")
    done = run("index", f"{logs}/2026/", "--into", "web", "--lake", url, LAKEBED_THREADS="1")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert done.stdout.startswith("indexed 10 objects, 500 events, ")
    return url


def test_search_in_a_bucket(lake: str, logs: str) -> None:
    done = run("search", "n: 137", "--lake", lake, "--stats")
    assert done.returncode == 0
    row = json.loads(done.stdout)
    assert (row["n"], row["@index"], row["@lb.object"]) == (137, "web", f"{logs}/2026/01/0002.json")
    cost = json.loads(done.stderr)["cost"]
    assert (cost["rounds"], cost["requests"] <= 5) == (2, True)
    absent = run("search", "zzzzz", "--lake", lake, "--stats")
    assert (absent.returncode, absent.stdout) == (1, "")
    assert json.loads(absent.stderr)["cost"]["requests"] == 1
    counted = run("search", "* | groupbycount(file)", "--output", "csv", LAKEBED_LAKE=lake)
    assert sorted(counted.stdout.splitlines()[1:]) == [f"{file},50" for file in range(10)]


@pytest.mark.parametrize(
    ("glob", "objects"),
    [
        ("/2026/*/*.json", 5),
        ("/2026/**", 10),
        ("/2026/0[12]/000?.json.gz", 5),
        ("/2026", 11),
        ("/2026*/0001.json", 1),
        ("/**.gz", 5),
    ],
)
def test_globs_in_a_bucket(s3: S3Server, logs: str, glob: str, objects: int) -> None:
    done = run("index", logs + glob, "--into", "web", "--lake", s3.url(f"globs/{uuid.uuid4().hex}"), "--output", "json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["objects_indexed"] == objects


def test_nothing_to_index(s3: S3Server, logs: str) -> None:
    lake = s3.url(f"globs/{uuid.uuid4().hex}")
    done = run("index", f"{logs}/nothing-here/", "--into", "web", "--lake", lake)
    assert (done.returncode, done.stderr) == (1, f"nothing to index: no file or object at '{logs}/nothing-here/'\n")
    check_error(run("index", f"{logs}/2026/*.zip", "--into", "web", "--lake", lake), "nothing matches '")


ENDPOINTS = {
    "wrong secret": ({"AWS_SECRET_ACCESS_KEY": "wrong-secret"}, "permission denied; check the credentials"),
    "unknown key": ({"AWS_ACCESS_KEY_ID": "AKIAUNKNOWN"}, "permission denied; check the credentials"),
    "nobody listens": ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "cannot connect to 'http://127.0.0.1:1'"),
    "no url": ({"AWS_ENDPOINT_URL": "not a url"}, "AWS_ENDPOINT_URL is not the URL of a server; wanted such as "),
}


@pytest.mark.parametrize(("environment", "reason"), ENDPOINTS.values(), ids=ENDPOINTS)
@pytest.mark.parametrize("what", ["search", "index into", "index from"])
def test_errors_of_the_server(
    lake: str, logs: str, tmp_path: Path, what: str, environment: dict[str, str], reason: str
) -> None:
    (tmp_path / "a.json").write_text('{"n": 1}\n')
    arguments = {
        "search": ["search", "n: 1", "--lake", lake],
        "index into": ["index", str(tmp_path / "a.json"), "--into", "web", "--lake", lake],
        "index from": ["index", f"{logs}/2026/", "--into", "web", "--lake", str(tmp_path / "lake")],
    }
    check_error(run(*arguments[what], **environment), reason)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("s3://no-such-bucket-anywhere/lake", "there is no such bucket"),
        ("s3://Bad Bucket!/lake", ": wanted s3://bucket/prefix"),
    ],
)
def test_errors_of_the_url(s3: S3Server, tmp_path: Path, url: str, reason: str) -> None:
    (tmp_path / "a.json").write_text('{"n": 1}\n')
    check_error(run("search", "n: 1", "--lake", url), reason)
    check_error(run("index", str(tmp_path / "a.json"), "--into", "web", "--lake", url), reason)
    check_error(run("index", url, "--into", "web", "--lake", str(tmp_path / "lake")), reason)


def test_a_bucket_without_a_lake(s3: S3Server) -> None:
    url = s3.url(f"nowhere/{uuid.uuid4().hex}")
    done = run("search", "n: 1", "--lake", url)
    assert (done.returncode, done.stderr) == (2, f"lakebed: no lake at '{url}'; `lakebed index` makes one\n")


def check_error(done: subprocess.CompletedProcess[str], reason: str) -> None:
    """One line that says why; no traceback, and nothing that opens a door."""
    assert (done.returncode, done.stdout) == (2, "")
    assert reason in done.stderr
    assert done.stderr.startswith("lakebed: ")
    assert done.stderr.count("\n") == 1
    for secret in (SECRET_KEY, "wrong-secret", "AKIAUNKNOWN", "Traceback", "Signature"):
        assert secret not in done.stderr


@pytest.mark.slow
def test_kill_9_while_indexing_into_a_bucket(s3: S3Server, tmp_path: Path, rng: random.Random, seed: int) -> None:
    files = 60
    logs = write_logs(tmp_path / "logs", files, EVENTS_EACH)
    whole = run_to_the_end(logs, s3.url(f"crash/{uuid.uuid4().hex}"), 60_000)
    url = s3.url(f"crash/{uuid.uuid4().hex}")
    killed_between = 0
    for number in range(KILLS):
        kill = Kill.draw(rng, whole)
        done = index(logs, url, 60_000, kill)
        assert done.returncode in {0, -signal.SIGKILL}, done.stderr
        found = check_whole_objects(url, logs)
        print(f"seed {seed}, {number}: {kill}: {found} objects")  # noqa: T201 - shown when it fails
        killed_between += 0 < found < files
        if found == files:
            url = s3.url(f"crash/{uuid.uuid4().hex}")
    run_to_the_end(logs, url, 60_000)
    assert check_whole_objects(url, logs) == files
    assert list(lakebed.open(url).search("* | count()")) == [{"@q.count": files * EVENTS_EACH}]
    assert killed_between > 0, "no kill fell between the first commit and the last: the test proves nothing"
