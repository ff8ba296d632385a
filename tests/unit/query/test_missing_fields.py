"""A field that no event in the time range has is told, cheaply, and never wrongly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import lakebed
from lakebed.query import missing_fields
from lakebed.query.near import nearest
from tests.logs import event, write_log

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from typing_extensions import Buffer

    from lakebed.api import Lake

DAY = 86_400
SEGMENTS = 12


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One segment a day; the first day's events have another field."""
    folder = tmp_path_factory.mktemp("fields")
    lake = lakebed.open(folder / "lake")
    for day in range(SEGMENTS):
        fields: dict[str, Any] = {"old": 1} if not day else {}
        events = [event(day * DAY, userName="eve", user={"name": "eve", "id": 7}, tags=["x"], status=200, **fields)]
        lake.index(write_log(folder / f"{day}.json", events), into="web")
    return folder / "lake"


def warnings(lake: Lake, query: str, **options: Any) -> list[str]:
    with lake.search(query, **options) as found:
        list(found)
        return found.warnings


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("userName: eve status: 200 tags[*]: x tags[0]: x `user.name`: eve old: 1", []),
        ("error", []),
        ("usr*: x @lb.time_ns > 5 @lb.source_type: x", []),
        ("usrName: eve", ["no event has the column 'usrName'; did you mean 'userName'?"]),
        ("not usrName: eve | head 9", ["no event has the column 'usrName'; did you mean 'userName'?"]),
        ("username: eve", ["no event has the column 'username'; did you mean 'userName'?"]),
        ("* | groupbycount(zzz)", ["no event has the column 'zzz'"]),
        ("* | stats count() as n, max(n) by status | where n > 0 and q > 1", ["no event has the column 'n'"]),
        ("* | table(userName, stat)", ["no event has the column 'stat'; did you mean 'status'?"]),
        ("tags: x", ["the column 'tags' holds others; did you mean one of them, such as 'tags[*]'?"]),
        ("user: eve", ["the column 'user' holds others; did you mean one of them, such as 'user.name', 'user.id'?"]),
        ("* | eval double = status * 2 | where double > 5 | table(double)", []),
        ("* | rename status as code | where code: 200 | table(code)", []),
    ],
)
def test_warnings(url: Path, query: str, told: list[str]) -> None:
    assert warnings(lakebed.open(url), query) == told


def test_only_the_segments_of_the_time_range_count(url: Path) -> None:
    assert warnings(lakebed.open(url), "old: 1", since="2026-01-05") == ["no event has the column 'old'"]
    assert warnings(lakebed.open(url), "old: 1", until="2026-01-02") == []
    assert warnings(lakebed.open(url), "old: 1", since="2030-01-01") == []


def test_a_field_that_holds_others_only_here_and_there(tmp_path: Path) -> None:
    lake = lakebed.open(tmp_path / "lake")
    for day, value in enumerate([{"b": 1}, 5, {"b": 2}]):
        lake.index(write_log(tmp_path / f"{day}.json", [event(day * DAY, a=value)]), into="web")
    for until in (None, "2026-01-03", "2026-01-02"):
        told = (
            ["the column 'a' holds others; did you mean one of them, such as 'a.b'?"] if until == "2026-01-02" else []
        )
        assert warnings(lake, "a: x zzz: 1", until=until) == [*told, "no event has the column 'zzz'"]


class Counted:
    """Counts what warnings read."""

    def __init__(self, lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
        self.requests = 0
        self.bytes = 0
        self._read = lake._store.get_ranges
        monkeypatch.setattr(lake._store, "get_ranges", self.read)

    def read(self, key: str, ranges: Sequence[tuple[int, int]]) -> Sequence[Buffer]:
        self.requests += len(ranges)
        self.bytes += sum(length for _, length in ranges)
        return self._read(key, ranges)


def test_what_the_search_learned_costs_nothing(url: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = lakebed.open(url)
    with lake.search("usrName: * | count") as found:
        list(found)
        counted = Counted(lake, monkeypatch)
        assert found.warnings == ["no event has the column 'usrName'; did you mean 'userName'?"]
        assert counted.requests == 0


def test_few_schemas_are_read_for_it(url: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index answers for every segment that the word is nowhere, so that the search reads no schema."""
    lake = lakebed.open(url)
    with lake.search("usrName: neverthere") as found:
        assert list(found) == []
        counted = Counted(lake, monkeypatch)
        place = f"in {missing_fields.SCHEMAS_READ_MAX} of the 12 segments"
        assert found.warnings == [f"no event {place} has the column 'usrName'; did you mean 'userName'?"]
        assert counted.requests == missing_fields.SCHEMAS_READ_MAX
        assert counted.bytes < 200 * counted.requests


def test_the_nearest_name() -> None:
    assert nearest("usrName", ["userName", "user.name"]) == "userName"
    assert nearest("x", ["xy", "abc"]) == ""
    assert nearest("eventname", ["a.eventName", "eventName"]) == "eventName"
    assert nearest("eventname", ["longer.a.eventName", "a.eventName", "myeventname"]) == "a.eventName"


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("@index=web status: 200", []),
        ("status: 200", []),
        ("@index=wbe", ["the lake has no events in an index 'wbe'; did you mean 'web'?"]),
        ("@index=(web _audit) | count", ["the lake has no events in an index '_audit'"]),
        (
            "@index=WEB usrName: eve | count",
            ["the lake has no events in an index 'WEB'; did you mean 'web'?"],
        ),
        ("* | head 1 | union (@index=auth)", ["the lake has no events in an index 'auth'"]),
    ],
)
def test_an_index_without_events_is_told(url: Path, query: str, told: list[str]) -> None:
    assert warnings(lakebed.open(url), query) == told


def test_the_column_of_older_rules_for_the_time_is_told(url: Path) -> None:
    assert warnings(lakebed.open(url), "timestamp: 2026*") == [
        "no event has the column 'timestamp'; the time of events is '@lb.time'"
    ]
