"""The Python API as a user has it: index, search, count, and the same as tables of other libraries."""

from __future__ import annotations

import asyncio
import datetime
import threading
from typing import TYPE_CHECKING

import pytest

import lakebed
from lakebed.errors import CorruptSegmentError, NotFoundError, QueryError, StorageError, UsageError
from lakebed.model import Row
from lakebed.query.cost import MissingSegment
from lakebed.storage.wrapper import StoreWrapper
from tests.logs import START, event, write_log, write_logs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from typing_extensions import Buffer

    from lakebed.api import Lake
    from lakebed.results import AsyncSearchResult, SearchResult
    from lakebed.storage.store import Store


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    opened = lakebed.open(tmp_path / "lake")
    opened.index(write_logs(tmp_path / "logs", 6, 100), into="web")
    return opened


def places(result: SearchResult) -> list[tuple[int, str, int]]:
    return [(row.time_ns, row.object, row.record) for row in result if isinstance(row, Row)]


def test_rows_are_newest_first(lake: Lake) -> None:
    found = places(lake.search("*"))
    assert len(found) == 600
    assert found == sorted(found, reverse=True)
    assert places(lake.search("*", newest_first=False)) == found[::-1]
    assert places(lake.search("*", limit=7)) == found[:7]


def test_a_wrong_regular_expression_is_refused_though_no_segment_is_opened(lake: Lake) -> None:
    with pytest.raises(QueryError, match="invalid character class range"):
        list(lake.search("n ~ /[z-a]/", since="2100-01-01"))


def test_a_row_says_where_it_is_from(lake: Lake, tmp_path: Path) -> None:
    (row,) = lake.search("n: 205")
    assert isinstance(row, Row)
    assert (row.index, row.object, row.record) == ("web", (tmp_path / "logs/0002.json").as_uri(), 5)
    assert row.event["n"] == 205


def test_the_time_range(lake: Lake) -> None:
    everything = places(lake.search("*"))
    since, until = START + datetime.timedelta(seconds=100), START + datetime.timedelta(seconds=200)
    expected = [row for row in everything if 100 <= (row[0] - int(START.timestamp()) * 10**9) / 1e9 < 200]
    assert places(lake.search("*", since=since, until=until)) == expected
    assert places(lake.search("*", since="2026-01-01T00:01:40Z", until="2026-01-01 00:03:20")) == expected
    assert places(lake.search("*", since="1h")) == []
    assert 0 < len(expected) < 600


def test_indexes(lake: Lake, tmp_path: Path) -> None:
    lake.index(write_log(tmp_path / "audit.json", [event(1, n=1)]), into="audit")
    assert lake.indexes() == ["audit", "web"]
    assert {row.index for row in lake.search("n: 1") if isinstance(row, Row)} == {"audit", "web"}
    assert [row.index for row in lake.search("n: 1", index="audit") if isinstance(row, Row)] == ["audit"]
    assert [row.index for row in lake.search("@index=audit n: 1") if isinstance(row, Row)] == ["audit"]
    assert list(lake.search("@index=audit n: 1", index=["web"])) == []
    with pytest.raises(UsageError) as caught:
        lake.search("*", index="adit")
    assert str(caught.value) == "no index 'adit' in this lake; there are: 'audit', 'web'"


def test_a_table(lake: Lake) -> None:
    result = lake.search("* | groupbycount(user)")
    rows = list(result)
    assert (result.is_table, result.columns) == (True, ("user", "@q.count"))
    assert sum(int(str(row["@q.count"])) for row in rows if isinstance(row, dict)) == 600
    assert list(lake.search("nothing_has_this | count()")) == [{"@q.count": 0}]


def test_the_cost(lake: Lake) -> None:
    result = lake.search("n: 205")
    assert len(list(result)) == 1
    cost = result.cost
    assert (cost.rows, cost.events_matched) == (1, 1)
    assert 0 < cost.segments_opened <= cost.segments_considered <= cost.segments_in_lake
    assert cost.requests > 0
    assert cost.bytes_read > 0
    assert cost.milliseconds > 0
    absent = lake.search("zzzzz")
    assert list(absent) == []
    assert absent.cost.requests <= absent.cost.segments_in_lake
    pruned = lake.search("*", until="2020-01-01")
    assert list(pruned) == []
    assert (pruned.cost.segments_considered, pruned.cost.requests) == (0, 0)


def test_a_search_sees_what_others_index_meanwhile(lake: Lake, tmp_path: Path) -> None:
    other = lakebed.open(tmp_path / "lake")
    assert list(other.search("later")) == []
    lake.index(write_log(tmp_path / "more.json", [event(1, word="later")]), into="web")
    assert len(list(other.search("later"))) == 1


def test_a_search_that_is_closed_ends(lake: Lake) -> None:
    with lake.search("*") as result:
        first = next(result)
    assert isinstance(first, Row)
    assert list(result) == []
    assert result.cost.rows == 1


def test_async(lake: Lake) -> None:
    async def run() -> tuple[list[int], int]:
        found = await lake.search_async("user: alice")
        numbers = [row.time_ns async for row in found if isinstance(row, Row)]
        async with await lake.search_async("*", limit=3) as few:
            count = len([row async for row in few])
        return numbers, count

    async def warned(query: str) -> list[str]:
        found = await lake.search_async(query)
        [row async for row in found]
        return await found.warnings()

    assert asyncio.run(warned("user: alice")) == []
    assert asyncio.run(warned("usre: alice")) == ["no event has the column 'usre'; did you mean 'user'?"]
    numbers, count = asyncio.run(run())
    assert numbers == [place[0] for place in places(lake.search("user: alice"))]
    assert count == 3


class StuckStore(StoreWrapper):
    """Reads of segments do not answer until they are told to."""

    def __init__(self, inner: Store) -> None:
        super().__init__(inner)
        self.begun, self.answer = threading.Event(), threading.Event()

    def get_ranges(self, key: str, ranges: Sequence[tuple[int, int]]) -> Sequence[Buffer]:
        self.begun.set()
        assert self.answer.wait(60)
        return self.inner.get_ranges(key, ranges)


def test_a_search_that_is_closed_by_another_thread_ends_at_once(lake: Lake) -> None:
    lake._store = store = StuckStore(lake._store)
    result = lake.search("*")

    def close() -> None:
        assert store.begun.wait(60)
        result.close()

    closer = threading.Thread(target=close)
    closer.start()
    assert list(result) == []
    assert not store.answer.is_set()
    store.answer.set()
    closer.join()


def test_cancelling_an_async_search_ends_it(lake: Lake) -> None:
    lake._store = store = StuckStore(lake._store)

    async def consume(found: AsyncSearchResult) -> int:
        return len([row async for row in found])

    async def run() -> AsyncSearchResult:
        found = await lake.search_async("*")
        task = asyncio.create_task(consume(found))
        await asyncio.to_thread(store.begun.wait, 60)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert [row async for row in found] == []
        return found

    found = asyncio.run(run())  # ends only when no thread is left that waits for a part
    assert not store.answer.is_set()
    assert found.cost.rows == 0
    store.answer.set()


def test_tables_of_other_libraries(lake: Lake) -> None:
    table = lake.search("*").to_arrow()
    assert table.num_rows == 600
    assert table.column_names[:4] == ["@lb.time", "@index", "@lb.object", "@lb.record"]
    types = {name: str(table.schema.field(name).type) for name in ("@lb.time", "n", "user")}
    assert types == {"@lb.time": "timestamp[ns, tz=UTC]", "n": "int64", "user": "string"}
    frame = lake.search("* | groupbycount(user)").to_pandas()
    assert int(frame["@q.count"].sum()) == 600
    assert lake.search("* | table(user, n)", limit=5).to_polars().shape == (5, 2)
    assert lake.search("zzzzz").to_arrow().num_rows == 0


def test_columns_of_mixed_types(tmp_path: Path) -> None:
    lake = lakebed.open(tmp_path / "lake")
    events = [event(1, v=1, w=1, d=1), event(2, v="x", w=1.5, d={"e": [True, None]}), event(3)]
    lake.index(write_log(tmp_path / "mixed.json", events), into="web")
    table = lake.search("*", newest_first=False).to_arrow().to_pydict()
    assert (table["v"], table["w"], table["d"], table["d.e[0]"]) == (
        ["1", "x", None],
        [1.0, 1.5, None],
        [1, None, None],
        [None, True, None],
    )


def test_errors(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="expected a stage"):
        lake.search("* |")
    with pytest.raises(UsageError, match="not a time: 'soon'; wanted '24h'"):
        lake.search("*", since="soon")
    with pytest.raises(NotFoundError, match=r"no lake at 'file:///.*/nowhere'; `lakebed index` makes one"):
        lakebed.open(tmp_path / "nowhere").search("*")


def damage_one_segment(lake_folder: Path) -> str:
    victim = min((lake_folder / "segments").rglob("*.seg"))
    victim.write_bytes(b"\x55" * victim.stat().st_size)
    return str(victim.relative_to(lake_folder))


def test_a_damaged_segment_fails_the_search_loudly(lake: Lake, tmp_path: Path) -> None:
    key = damage_one_segment(tmp_path / "lake")
    with pytest.raises(CorruptSegmentError, match=key):
        list(lake.search("*"))
    with pytest.raises(CorruptSegmentError, match=key):
        list(lake.search("* | count()"))


def test_a_partial_answer_lists_what_is_missing(lake: Lake, tmp_path: Path) -> None:
    whole = places(lake.search("*"))
    key = damage_one_segment(tmp_path / "lake")
    result = lake.search("*", partial=True)
    found = places(result)
    assert result.cost.is_partial
    assert [missing.segment for missing in result.cost.missing] == [key]
    assert set(found) < set(whole)
    fresh = lakebed.open(tmp_path / "lake")  # the first handle may still know enough to count without a read
    counted = fresh.search("* | count()", partial=True)
    assert list(counted) == [{"@q.count": len(found)}]
    assert counted.cost.is_partial


def test_a_missing_segment(lake: Lake, tmp_path: Path) -> None:
    victim = min((tmp_path / "lake/segments").rglob("*.seg"))
    victim.unlink()
    with pytest.raises(StorageError, match="it is not there"):
        list(lake.search("*"))
    result = lake.search("*", partial=True)
    list(result)
    assert isinstance(result.cost.missing[0], MissingSegment)


def test_a_handle_can_be_used_again_after_close(lake: Lake) -> None:
    with lake:
        assert len(list(lake.search("*"))) == 600
    assert len(list(lake.search("*"))) == 600
