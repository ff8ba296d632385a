from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakebed.ingest.discovery.key_dates import Stem, date_of_key

DAY = datetime.date(2026, 1, 2)


@pytest.mark.parametrize(
    ("key", "stem"),
    [
        ("AWSLogs/123/CloudTrail/us-east-1/2026/01/02/1_x.gz", Stem("AWSLogs/123/CloudTrail/us-east-1/", "/", "/")),
        ("web/2026-01-02/a", Stem("web/", "-", "-")),
        ("2026-01-02", Stem("", "-", "-")),
        ("web/app-20260102.log", Stem("web/app-", "", "")),
        ("web/app-20260102T0304.log", Stem("web/app-", "", "")),
        ("web/20260102030405.log", Stem("web/", "", "")),
        ("web/202601020304-x", Stem("web/", "", "")),
        ("a/year=2026/month=01/day=02/x", Stem("a/year=", "/month=", "/day=")),
        ("a/dt=2026_01_02/x", Stem("a/dt=", "_", "_")),
        ("a/2026/13/02/b/2026/01/02/x", Stem("a/2026/13/02/b/", "/", "/")),
        ("a/2026/02/30/2026/01/02", None),
    ],
)
def test_dates_in_keys(key: str, stem: Stem | None) -> None:
    assert date_of_key(key) == (None if stem is None else (stem, DAY))


@pytest.mark.parametrize(
    "key", ["", "web/a.log", "a/12026/01/02", "a/2026/01/023", "a/2026-0102", "x/20260102991", "a/2026/02/30/x"]
)
def test_keys_without(key: str) -> None:
    assert date_of_key(key) is None


stems = st.builds(Stem, st.sampled_from(["", "web/", "a-b/x="]), st.sampled_from(["", "-", "/"]), st.just("")).map(
    lambda stem: stem._replace(second=stem.first)
)
days = st.dates(datetime.date(1970, 1, 1), datetime.date(2099, 12, 31))


@given(stems, days, days, st.text(max_size=5), st.text(max_size=5))
def test_keys_are_in_the_order_of_their_dates(
    stem: Stem, first: datetime.date, second: datetime.date, one: str, other: str
) -> None:
    low, high = min(first, second), max(first, second)
    assert stem.key(low) <= stem.key(low) + "/" + one
    if low < high:
        assert stem.key(low) + "/" + one < stem.key(high) + "/" + other


@given(stems, days)
def test_the_date_comes_back(stem: Stem, day: datetime.date) -> None:
    assert date_of_key(stem.key(day) + "/x") == (stem, day)
