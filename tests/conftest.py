"""What every test may use: the sample logs, a seed that is printed and can be given back, quiet environment."""

from __future__ import annotations

import importlib.util
import os
import random
import secrets
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.ministack import Ministack, ministack_server
from tests.postgres import PostgresServer, postgres_server
from tests.sample_data import sample_data
from tests.servers import S3Server, s3_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HAS_ENGINE = importlib.util.find_spec("lakebed._core") is not None
if not HAS_ENGINE:
    collect_ignore_glob = ["unit/ingest/*", "unit/execute/*", "unit/cli/*", "unit/test_api.py", "faults/*"]

SEEDS = 10**9
"""A seed is typed by hand."""

# No deadline: a busy machine must not fail a property. Every run has a seed of its own, in CI too, and says which.
settings.register_profile(
    "lakebed", deadline=None, derandomize=False, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("lakebed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, default=None, help="seed of random tests; by default each run has its own")


@pytest.hookimpl(tryfirst=True)  # before Hypothesis reads its option
def pytest_configure(config: pytest.Config) -> None:
    for option in ("hypothesis_seed", "seed"):
        given = config.getoption(option)
        if given is not None:
            os.environ["LAKEBED_TEST_SEED"] = str(given)
    # in the environment, so that parallel workers have the same
    os.environ.setdefault("LAKEBED_TEST_SEED", str(secrets.randbelow(SEEDS)))
    config.option.hypothesis_seed = os.environ["LAKEBED_TEST_SEED"]


def pytest_report_header() -> str | None:
    return None if HAS_ENGINE else "THE ENGINE IS NOT BUILT (make dev): tests that need it are left out"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    seed = os.environ["LAKEBED_TEST_SEED"]
    terminalreporter.write_line(
        f"seed {seed}: the same random tests again with --seed {seed} or LAKEBED_TEST_SEED={seed}"
    )


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """The run's seed. Printed, so that the report of a failed test shows it."""
    value = int(os.environ["LAKEBED_TEST_SEED"])
    print(f"seed {value}: repeat with pytest --seed {value} '{request.node.nodeid}'")  # noqa: T201 - shown on failure only
    return value


@pytest.fixture
def rng(seed: int, request: pytest.FixtureRequest) -> random.Random:
    """Random numbers that differ from test to test and repeat with the seed."""
    return random.Random(f"{seed} {request.node.nodeid}")


@pytest.fixture(scope="session")
def sample_logs() -> Path:
    """Real logs to read from, or the test is skipped with a clear message."""
    folder = sample_data()
    if folder is None:
        pytest.skip("no sample logs: set LAKEBED_TEST_DATA to the folder that holds cloudtrail-invictus and the others")
    return folder


@pytest.fixture(autouse=True)
def _no_lake_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test must not write to the lake of the person who runs it."""
    for name in ("LAKEBED_LAKE", "LAKEBED_CONFIG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A real S3 server with its settings in the environment."""
    with s3_server(tmp_path_factory.mktemp("s3")) as server, pytest.MonkeyPatch.context() as patch:
        for name, value in server.environment.items():
            patch.setenv(name, value)
        yield server


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ministack]:
    """A real SQS with S3 that notifies it; started once for each process of the tests."""
    with ministack_server(tmp_path_factory.mktemp("ministack")) as server:
        yield server


@pytest.fixture
def aws(ministack: Ministack, monkeypatch: pytest.MonkeyPatch) -> Ministack:
    """The same, with its settings in the environment."""
    for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_SQS", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ministack.environment.items():
        monkeypatch.setenv(name, value)
    return ministack


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real PostgreSQL server."""
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def state_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a state may be made: a file, and a schema of its own in PostgreSQL."""
    if request.param == "sqlite":
        return str(tmp_path / "state.db")
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_url()
