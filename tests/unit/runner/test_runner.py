"""A whole runner over folders: what is there becomes searchable, once, whatever happens meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lakes import numbers_in
from tests.logs import event, write_log, write_logs
from tests.runners import Heard, World, folder_source, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def test_files_become_searchable_and_so_do_those_that_come_later(world: World, tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", 20, 10)
    heard = Heard()
    with world.running(folder_source(tmp_path / "logs"), heard=heard):
        wait_until(lambda: len(heard.visible) == 20, "20 objects are visible")
        assert numbers_in(world.lake) == list(range(200))
        write_log(tmp_path / "logs/later.json", [event(1, n=1000)])
        wait_until(lambda: len(heard.visible) == 21, "the later one is visible")
    assert numbers_in(world.lake) == [*range(200), 1000]
    assert world.state.work.counts() == {}
    assert (heard.failures, heard.troubles, heard.aside) == ([], [], [])
