"""A runner in a process of its own, under hardship. Ends by its own hand (kill -9), its caller's, or on SIGTERM.

A server that has imported all of it forks the processes: starting Python for each takes longer than a storm lasts.
Its environment is that of its own start, maybe before that of the test's servers; so each is told the present one.
"""

from __future__ import annotations

import dataclasses
import faulthandler
import multiprocessing
import os
import signal
import threading
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from lakebed.catalog.catalog import Catalog
from lakebed.errors import LakebedError
from lakebed.maintenance.round import Policy
from lakebed.runner.beside import MaintenanceLoop
from lakebed.runner.runner import Runner
from lakebed.state import open_state
from lakebed.storage.faults import FaultRates, FaultStore
from lakebed.storage.open import open_store
from lakebed.storage.retry import RetryStore
from tests.faults.dying_store import DyingStore
from tests.maintained import SMALL
from tests.runners import Heard, run_config
from tests.survival.hardship import Hardship
from tests.survival.places import Places, hurry, source_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from lakebed.storage.store import Store

T = TypeVar("T")

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["tests.survival.runner_process", "boto3", "obstore.store"])

END_S = 60.0
TELL_S = 5.0
TROUBLES = ".troubles"
JUMP_AFTER_S = 1.0
TRIES = 1000
"""A runner of people's sets an object aside after a few failures; here all must get through in the end."""


class Task(msgspec.Struct, frozen=True):
    """What the process is to do."""

    places: Places
    hardship: Hardship


class _Told(Heard):
    """Writes what fails to a file, for the other process."""

    def __init__(self, troubles: Path) -> None:
        super().__init__()
        self._path = troubles

    def trouble(self, what: str, reason: str) -> None:
        with self._path.open("a") as file:
            file.write(f"{what}: {reason}\n")


class RunnerProcess:
    """A runner that was started. In a `with`: killed at the end if it still lives."""

    def __init__(self, task: Task, errors: Path) -> None:
        arguments = (msgspec.json.encode(task), str(errors), str(errors.with_suffix(TROUBLES)), dict(os.environ))
        self._process = _SERVER.Process(target=run, args=arguments, daemon=True)
        self._errors = errors
        self._process.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()

    @property
    def troubles(self) -> str:
        """What failed so far, a line each."""
        path = self._errors.with_suffix(TROUBLES)
        return path.read_text() if path.exists() else ""

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.is_alive()

    def end(self, how: signal.Signals) -> None:
        """Sends the signal and waits. Only a clean end and death by a signal are what should be."""
        if self._process.is_alive() and self._process.pid is not None:
            os.kill(self._process.pid, how)
        self._process.join(END_S)
        if self._process.is_alive() and self._process.pid is not None:
            os.kill(self._process.pid, signal.SIGUSR1)  # it tells where all of its threads are
            self._process.join(TELL_S)
        errors = self._errors.read_text() if self._errors.exists() else ""
        # A process that has only just begun dies of a SIGTERM that it would take for a word later.
        assert self.code in {0, -signal.SIGKILL, -signal.SIGTERM}, f"a runner ended with {self.code}: {errors}"

    @property
    def code(self) -> int | None:
        """How it ended, None while it has not."""
        return self._process.exitcode


def run(told: bytes, errors: str, troubles: str, environment: dict[str, str]) -> None:
    """The process: runs until it is told to stop, or dies. What goes wrong is written to a file."""
    os.environ.clear()
    os.environ.update(environment)
    with Path(errors).open("a") as file:
        faulthandler.register(signal.SIGUSR1, file)
        _run_or_tell(told, errors, troubles)


def _run_or_tell(told: bytes, errors: str, troubles: str) -> None:
    try:
        _run(msgspec.json.decode(told, type=Task), Path(troubles))
    except _ToldToStop:
        return
    except BaseException:
        Path(errors).write_text(traceback.format_exc())
        raise


def _run(task: Task, troubles: Path) -> None:
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    hurry()
    clock = wrong_clock(task.hardship)

    def clock_ns() -> int:
        return int(clock() * 1e9)

    source = source_of(task.places)
    logs = hard(source.place.store, task.hardship, 1)
    source = dataclasses.replace(source, place=dataclasses.replace(source.place, store=logs))
    lake = hard(
        DyingStore(open_store(task.places.lake), task.hardship.fatal_request, task.hardship.fatal_delay_s),
        task.hardship,
        2,
    )
    heard = _Told(troubles)
    with open_state(task.places.state, clock=clock) as state:
        catalog = until_it_works(lambda: Catalog(lake, clock_ns=clock_ns), told)
        runner = Runner(lake, catalog, state, [source], run_config(tries=TRIES), reports=heard, clock=clock)
        loop = MaintenanceLoop(Policy(tiers=SMALL), lake, catalog, state, heard, clock_ns=clock_ns)
        runner.add(loop.run)
        until_it_works(runner.start, told)
        told.wait()
        runner.stop()
    unexpected = [one for one in heard.events if one[0] in ("thread_failed", "commit_failed")]
    if unexpected:
        raise AssertionError(f"unexpected: {unexpected}")


def hard(store: Store, hardship: Hardship, salt: int) -> Store:
    """A store that fails, behind what makes up for most of it."""
    rates = FaultRates(hardship.throttled, hardship.lost_answer, hardship.truncated)
    return RetryStore(FaultStore(store, rates, hardship.seed + salt))


def wrong_clock(hardship: Hardship) -> Callable[[], float]:
    """A wall clock that is off, and jumps."""
    began = time.monotonic()

    def now() -> float:
        jumped = hardship.clock_jump_s if time.monotonic() - began > JUMP_AFTER_S else 0.0
        return time.time() + hardship.clock_off_s + jumped

    return now


class _ToldToStop(Exception):  # noqa: N818 - not an error
    """It was told to stop before it had begun."""


def until_it_works(call: Callable[[], T], told: threading.Event) -> T:
    """A supervisor would start the process again and again; this saves the time that starting takes."""
    while not told.is_set():
        try:
            return call()
        except LakebedError:
            continue
    raise _ToldToStop
