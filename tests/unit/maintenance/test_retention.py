"""What expires, and what does not."""

from __future__ import annotations

from lakebed.catalog.entries import SegmentEntry
from lakebed.maintenance.keys import SECOND_NS, created_ns, generation_of, is_segment_key, merged_key
from lakebed.maintenance.retention import expired

DAY = 86_400
NOW = created_ns("segments/web/20260401T000000-0000000000000001.seg") or 0


def entry(created: str, low_days: float, high_days: float, index: str = "web") -> SegmentEntry:
    """A segment with events from `low_days` to `high_days` ago."""
    key = f"segments/{index}/{created}-0000000000000001.seg"
    times = [int(NOW - days * DAY * SECOND_NS) for days in (low_days, high_days)]
    return SegmentEntry(key, 10, 1000, 100, 1, times[0], times[1], 1)


def test_a_segment_goes_when_its_newest_event_is_too_old() -> None:
    old = entry("20260101T000000", 100, 31)
    at_the_limit = entry("20260101T000000", 100, 30)
    straddling = entry("20260101T000000", 100, 29)
    assert expired([old, at_the_limit, straddling], {"web": 30 * DAY}, NOW) == [old]


def test_each_index_has_its_own_retention_and_without_one_nothing_goes() -> None:
    entries = [entry("20250101T000000", 500, 400, index) for index in ("short", "for_ever", "unnamed")]
    assert expired(entries, {"short": DAY, "for_ever": None}, NOW) == entries[:1]


def test_events_of_the_future_are_as_old_as_their_arrival() -> None:
    came_long_ago = entry("20260101T000000", 400, -3650)
    came_lately = entry("20260331T000000", 400, -3650)
    assert expired([came_long_ago, came_lately], {"web": 30 * DAY}, NOW) == [came_long_ago]


def test_old_events_that_came_lately_go_all_the_same() -> None:
    assert expired([entry("20260331T000000", 400, 300)], {"web": 30 * DAY}, NOW) != []


def test_a_key_without_a_time_bounds_nothing() -> None:
    assert expired([entry("someday", 400, -1)], {"web": DAY}, NOW) == []


def test_a_segment_merged_ten_years_later_expires_by_its_events() -> None:
    key = merged_key("web", "20360101T000000", 3, 5)
    assert generation_of(key) == 3
    assert is_segment_key(key)
    assert not is_segment_key("segments/web/notes.txt")
    merged = SegmentEntry(key, 10, 1000, 100, 1, NOW - 400 * DAY * SECOND_NS, NOW - 300 * DAY * SECOND_NS, 1)
    assert expired([merged], {"web": 30 * DAY}, NOW) == [merged]
