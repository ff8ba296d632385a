from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from lakebed.catalog.catalog import Catalog
from lakebed.errors import LimitError, UsageError
from lakebed.ingest.discovery import limits as discovery_limits
from lakebed.ingest.discovery.range import Amount, Range, objects_of, survey
from lakebed.runner import limits as runner_limits
from lakebed.runner.backfill import Offerer, Order
from lakebed.runner.rate_limit import RateLimit
from tests.lakes import numbers_in
from tests.logs import event, write_log
from tests.runners import World, folder_source, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lakebed.runner.source import Source

COMMAND = [sys.executable, "-c", "from lakebed.cli import main; main()"]


def moment(day: int, hour: int = 0) -> datetime.datetime:
    return datetime.datetime(2026, 1, day, hour, tzinfo=datetime.UTC)


JANUARY_3_TO_5 = Range(moment(3), moment(6))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    Catalog(made.lake).open_for_writing()
    yield made
    made.close()


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """Two regions with three objects on each of ten days, and objects without dates in their keys, one each day."""
    number = 0
    for day in range(1, 11):
        for region in ("eu", "us"):
            for _ in range(3):
                write_log(tmp_path / f"logs/{region}/2026/01/{day:02}/{number:03}.json", [event(day, n=number)])
                number += 1
        undated = write_log(tmp_path / f"logs/other/{day}.json", [event(day, n=1000 + day)])
        os.utime(undated, (moment(day, 12).timestamp(),) * 2)
    return folder_source(tmp_path / "logs")


def numbers(*days: int) -> list[int]:
    return [number for day in days for number in range(6 * (day - 1), 6 * day)] + [1000 + day for day in days]


def offerer(world: World, source: Source, order: Order, stop: threading.Event | None = None) -> Offerer:
    stopping = stop or threading.Event()
    return Offerer(world.state, Catalog(world.lake), source, order, owner="me", is_stopping=stopping)


def offered(world: World) -> list[str]:
    """What waits in the table of work, in its order; handed back."""
    claimed = world.state.work.claim("test", count=1000, lease_s=60)
    world.state.work.hand_back([one.id for one in claimed], "test")
    return [one.object.url.rpartition("logs/")[2] for one in claimed]


def work_off(world: World, source: Source) -> None:
    with world.running(source):
        wait_until(lambda: not world.state.work.counts(), "the table of work is empty")


def test_a_survey_counts_by_days(world: World, source: Source) -> None:
    known = {"eu/2026/01/03/012.json"}
    found = survey(source.place, source.takes, JANUARY_3_TO_5, lambda info: info.key in known)
    assert (found.total.objects, found.known.objects, found.looked_at) == (3 * 7, 1, 70)
    by_label = {piece.label: amount.objects for piece, amount in found.pieces.items()}
    assert by_label == {
        "2026-01-03|eu/2026/01/03": 3,
        "2026-01-03|us/2026/01/03": 3,
        "2026-01-04|eu/2026/01/04": 3,
        "2026-01-04|us/2026/01/04": 3,
        "2026-01-05|eu/2026/01/05": 3,
        "2026-01-05|us/2026/01/05": 3,
        "~": 3,
    }
    sizes = {piece: amount.size_bytes for piece, amount in found.pieces.items()}
    assert found.total == Amount(21, sum(sizes.values()))


def test_pieces_have_all_objects_once(source: Source) -> None:
    found = survey(source.place, source.takes, JANUARY_3_TO_5, lambda _info: False)
    for newest_first in (False, True):
        keys = [
            info.key
            for piece in found.ordered(newest_first=newest_first)
            for info in objects_of(source.place, source.takes, JANUARY_3_TO_5, piece, newest_first=newest_first)
        ]
        assert len(keys) == len(set(keys)) == 21
    assert keys[:3] == ["other/5.json", "other/4.json", "other/3.json"]


def test_what_is_asked_for_is_indexed_and_nothing_else(world: World, source: Source) -> None:
    one = offerer(world, source, Order(JANUARY_3_TO_5))
    ended, progress = one.run(one.survey())
    assert (ended.outcome, progress.offered, progress.done_objects) == ("done", 21, 21)
    quiet = folder_source(source.place.store.root, every_s=1e9)  # type: ignore[attr-defined] # a folder has it
    object.__setattr__(quiet, "list_every_s", None)
    work_off(world, quiet)
    assert numbers_in(world.lake) == sorted(numbers(3, 4, 5))
    again = offerer(world, source, Order(JANUARY_3_TO_5))
    found = again.survey()
    assert found.known == found.total
    assert again.run(found)[1].offered == 0


def test_the_newest_days_come_first(world: World, source: Source) -> None:
    one = offerer(world, source, Order(Range(moment(1), moment(11)), newest_first=True))
    one.run(one.survey())
    days = [key.split("/")[3] for key in offered(world) if not key.startswith("other")]
    assert days == sorted(days, reverse=True)
    assert len(days) == 60


def test_one_that_was_stopped_goes_on_at_its_piece(
    world: World, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_limits, "BACKFILL_TOGETHER", 1)
    stop = threading.Event()
    first = offerer(world, source, Order(JANUARY_3_TO_5, ("3d", "now")), stop)
    found = first.survey()

    def stop_at_the_fifth(progress: object) -> None:
        if len(offered(world)) == 5:
            stop.set()

    first._told = stop_at_the_fifth
    backfill, progress = first.run(found)
    assert (backfill.outcome, backfill.after_key, progress.offered) == (None, "2026-01-03|eu/2026/01/03", 5)
    later = Order(Range(moment(9), moment(10)), ("3d", "now")).resumed(world.state, "web")
    assert later.wanted == JANUARY_3_TO_5, "the same words mean what they meant when it began"
    second = offerer(world, source, later)
    backfill, _ = second.run(found)
    assert (backfill.outcome, len(offered(world))) == ("done", 21)
    assert world.state.backfills.list("web", has_outcome=False) == []


def test_it_waits_for_the_work(world: World, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner_limits, "BACKFILL_TOGETHER", 2)
    monkeypatch.setattr(runner_limits, "BACKFILL_AHEAD_MAX", 6)
    monkeypatch.setattr(runner_limits, "CLAIM_EVERY_S", 0.05)
    one = offerer(world, source, Order(JANUARY_3_TO_5))
    most = 0

    def look(_progress: object) -> None:
        nonlocal most
        waiting = world.state.work.counts().get("web")
        most = max(most, waiting.waiting if waiting else 0)

    one._told = look
    found = one.survey()
    thread = threading.Thread(target=one.run, args=(found,))
    thread.start()
    while thread.is_alive():
        claimed = world.state.work.claim("other", count=1, lease_s=60)
        world.state.work.done([one.id for one in claimed], "other")
        thread.join(0.01)
    assert 2 <= most <= 7


def test_two_at_once_are_refused(world: World, source: Source) -> None:
    one = offerer(world, source, Order(JANUARY_3_TO_5))
    backfill = world.state.backfills.create("web", Order(JANUARY_3_TO_5).options)
    world.state.leases.acquire(f"backfill {backfill.id}", "another", 60)
    with pytest.raises(UsageError, match=f"backfill {backfill.id} of 'web' is under way in another process"):
        one.run(one.survey())


def test_too_many_to_be_put_in_order(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery_limits, "BACKFILL_SORTED_MAX", 2)
    found = survey(source.place, source.takes, JANUARY_3_TO_5, lambda _info: False)
    (undated,) = [piece for piece in found.pieces if piece.day is None]
    with pytest.raises(LimitError, match="limit BACKFILL_SORTED_MAX"):
        list(objects_of(source.place, source.takes, JANUARY_3_TO_5, undated, newest_first=True))


def test_rates() -> None:
    now = 0.0
    limit = RateLimit(10, 1000, monotonic=lambda: now)
    assert limit.take(10, 500) == 0.0, "a second's worth is in stock"
    assert limit.take(10, 0) == pytest.approx(1.0)
    now = 1.0
    assert limit.take(0, 3000) == pytest.approx(2.0), "the slower of both decides"
    now = 100.0
    assert limit.take(10, 1000) == 0.0
    assert RateLimit(None, None, monotonic=lambda: now).take(10**9, 10**12) == 0.0


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, cwd=folder, timeout=120)


def test_what_would_not_stay_is_told(source: Source, tmp_path: Path) -> None:
    text = '[indexes.web]\nretention = "{}"\n[sources.web]\nurl = "logs"\nindex = "web"\n'
    for retention, told in (
        ("90d", "lakebed: [indexes.web] keeps 90d: older events leave it again with the next round\n"),
        ("36500d", ""),
    ):
        (tmp_path / "lakebed.toml").write_text('lake = "lake"\n' + text.format(retention))
        done = command(tmp_path, "backfill", "web", "--from", "2020-01-01", "--dry-run")
        assert (done.returncode, done.stderr) == (0, told)


def test_the_command(source: Source, tmp_path: Path) -> None:
    text = 'lake = "lake"\n[indexes.web]\n[sources.web]\nurl = "logs"\nindex = "web"\n'
    (tmp_path / "lakebed.toml").write_text(text)
    times = ["--from", "2026-01-03", "--to", "2026-01-06"]
    dry = command(tmp_path, "backfill", "web", *times, "--dry-run", "-o", "json")
    assert (dry.returncode, dry.stderr) == (0, "")
    told = json.loads(dry.stdout)
    days = {"2026-01-03": 6, "2026-01-04": 6, "2026-01-05": 6, "undated": 3}
    assert (told["objects"], told["known_objects"], told["objects_by_day"]) == (21, 0, days)
    assert not (tmp_path / "lake").exists()
    done = command(tmp_path, "backfill", "web", *times, "--objects-per-second", "1000")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1] == "done: 21 taken up, 0 wait, 0 set aside"
    counted = command(tmp_path, "search", "@index=web | count", "--lake", "lake")
    assert counted.stdout == '{"@q.count":21}\n'
    nothing = command(tmp_path, "backfill", "web", "--from", "2020-01-01", "--to", "2020-01-02")
    assert (nothing.returncode, nothing.stdout) == (1, "0 objects, 0 B; 0 of them in the lake already\n")
    wrong = command(tmp_path, "backfill", "wed", *times)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("lakebed: no source 'wed' in 'lakebed.toml'")
