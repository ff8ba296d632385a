"""What a search asks of a distant store, where every round of requests costs tens of milliseconds."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

import lakebed
from lakebed.errors import NotFoundError
from lakebed.model import Row
from lakebed.storage.counting import CountingStore
from tests.logs import event, write_log, write_logs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from typing_extensions import Buffer

    from lakebed.storage.store import Store


class Distant(CountingStore):
    """A folder that is treated as a distant store."""

    is_local = False


def test_a_needle_costs_one_request_or_two_rounds(tmp_path: Path) -> None:
    lakebed.open(tmp_path / "lake").index(write_logs(tmp_path / "logs", 6, 1000), into="web", workers=1)
    for query, segment_rounds, requests_max in [("zzzzz", 1, 1), ("n: 4321", 2, 5)]:
        lake = lakebed.open(tmp_path / "lake")
        lake._store = counting = Distant(lake._store)
        assert lake.indexes() == ["web"]
        before = counting.counts.requests
        result = lake.search(query)
        list(result)
        assert result.cost.rounds == segment_rounds
        assert result.cost.requests <= requests_max
        assert (
            counting.counts.requests - before == result.cost.requests + 1
        )  # the look for new commits, at the same time


class TogetherStore(Distant):
    """The first read of the catalog and the first of a segment each wait until the other has begun."""

    def __init__(self, inner: Store) -> None:
        super().__init__(inner)
        self.both = threading.Barrier(2, timeout=30)
        self.is_waiting = False

    def get(self, key: str) -> bytes:
        if self.is_waiting:
            self.both.wait()
        return super().get(key)

    def get_ranges(self, key: str, ranges: Sequence[tuple[int, int]]) -> Sequence[Buffer]:
        if self.is_waiting:
            self.both.wait()
            self.is_waiting = False
        return super().get_ranges(key, ranges)


@pytest.mark.parametrize(("query", "rounds", "requests_max"), [("zzzzz", 1, 1), ("n: 4321", 2, 5)])
def test_the_look_for_new_commits_is_no_round_of_its_own(
    tmp_path: Path, query: str, rounds: int, requests_max: int
) -> None:
    lakebed.open(tmp_path / "lake").index(write_logs(tmp_path / "logs", 6, 1000), into="web", workers=1)
    lake = lakebed.open(tmp_path / "lake")
    lake._store = store = TogetherStore(lake._store)
    lake.indexes()
    before = dict(store.counts.by_operation)
    store.is_waiting = True
    result = lake.search(query)
    assert len(list(result)) == (query != "zzzzz")
    assert store.counts.by_operation["get"] - before["get"] == 1
    assert store.counts.by_operation["get_range"] == result.cost.requests <= requests_max
    assert result.cost.rounds == rounds


def test_a_distant_search_sees_what_others_index_meanwhile(tmp_path: Path) -> None:
    writer, reader = lakebed.open(tmp_path / "lake"), lakebed.open(tmp_path / "lake")
    reader._store = Distant(reader._store)
    with pytest.raises(NotFoundError):
        reader.search("*")
    for turn in range(3):
        writer.index(write_log(tmp_path / f"{turn}.json", [event(turn, n=turn)]), into=f"web{turn}")
        result = reader.search("*")
        assert [row.event["n"] for row in result if isinstance(row, Row)] == list(range(turn, -1, -1))
        assert result.cost.segments_in_lake == turn + 1
        assert list(reader.search("* | count()")) == [{"@q.count": turn + 1}]
    writer.index(write_log(tmp_path / "1.json", [event(9, n=9), event(8, n=8)]), into="web1")
    assert [row.event["n"] for row in reader.search("*") if isinstance(row, Row)] == [9, 8, 2, 0]
