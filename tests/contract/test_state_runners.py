"""Runners that share a state, in SQLite and in PostgreSQL: every object is indexed once, whoever takes it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from tests.lakes import numbers_in
from tests.logs import event, write_log, write_logs
from tests.runners import Heard, World, folder_source, wait_until

if TYPE_CHECKING:
    from pathlib import Path

FILES = 60
ROUNDS_MAX = 20
"""Rounds of 60 files in which each of the two takes one sooner or later."""


def test_two_runners_share_the_work(state_url: str, tmp_path: Path) -> None:
    source = folder_source(tmp_path / "logs")
    world = World(tmp_path, state_url)
    heard = [Heard(), Heard()]
    files = 0
    with world.running(source, heard=heard[0]), world.running(source, heard=heard[1]):
        while not all(one.visible for one in heard) or files < FILES:  # some at a time: one could take them all
            assert files < FILES * ROUNDS_MAX, "one of the two never took anything"
            for number in range(files, files + 15):
                write_log(tmp_path / f"logs/{number:04}.json", [event(number, n=number)])
            files += 15
            wait_until(functools.partial(is_visible, world, files), f"{files} objects are visible")
        wait_until(lambda: not world.state.work.counts(), "nothing waits")
    assert numbers_in(world.lake) == list(range(files))
    urls = {url for one in heard for url, _ in one.visible}
    assert urls == {path.as_uri() for path in (tmp_path / "logs").iterdir()}
    assert [one.failures + one.troubles for one in heard] == [[], []]
    world.close()


def is_visible(world: World, files: int) -> bool:
    return world.visible() == files


def test_what_a_runner_left_is_taken_by_the_next(state_url: str, tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", FILES, 10)
    source = folder_source(tmp_path / "logs")
    world = World(tmp_path, state_url)
    heard = Heard()
    runner = world.runner(source, heard=heard)
    runner.start()
    wait_until(lambda: bool(heard.visible), "the first commit")
    runner.stop(0.0)  # hands back what it has in hand
    with world.running(source):
        wait_until(lambda: world.visible() == FILES, f"{FILES} objects are visible")
    assert numbers_in(world.lake) == list(range(FILES * 10))
    assert world.state.work.counts() == {}
    world.close()
