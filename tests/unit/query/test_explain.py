"""What `explain` tells before a search is what the search then costs; and it reads no event for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import lakebed
from lakebed.errors import NotFoundError, QueryError, UsageError
from lakebed.query import explain as explaining
from lakebed.query.explanation import Bounds, Remaining, StagePlace, TermPages
from tests.logs import event, write_log

if TYPE_CHECKING:
    from pathlib import Path

    from lakebed.query.explanation import Explanation

DAY = 86_400
DAYS = 4
EVENTS = 3_000

BYTES_FACTOR_MAX = 1.05
"""Where what is read does not depend on values, the bytes are told to within so much."""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of one segment a day, and one more index."""
    folder = tmp_path_factory.mktemp("explain")
    lake = lakebed.open(folder / "lake")
    for day in range(DAYS):
        events = [
            event(
                day * DAY + n, user=f"user{n % 500}", status=200 + n % 7 * 50, path=f"/p/{day}/{n:x}", nested={"n": n}
            )
            for n in range(EVENTS)
        ]
        lake.index(write_log(folder / f"{day}.json", events), into="web")
    lake.index(write_log(folder / "audit.json", [event(1, who="eve")]), into="audit")
    return folder / "lake"


EXACT: list[tuple[str, dict[str, Any]]] = [
    ("neverthere", {}),
    ("user17", {}),
    ("user17 path: 'p/2'", {}),
    ("user: user17 status = 200", {}),
    ("*", {}),
    ("* | count", {}),
    ("* | groupbycount(user)", {}),
    ("status >= 500 | stats sum(nested.n) by user", {}),
    ("** ~ /p.2/ | count", {}),
    ("@index=audit *", {}),
    ("* | count", {"since": "2026-01-02T00:10:00Z", "until": "2026-01-03T00:20:00Z"}),
    ("user17 not user17", {}),
    ("*", {"limit": 10}),
    ("*", {"limit": 0}),
]
BOUNDED: list[tuple[str, dict[str, Any]]] = [
    ("status >= 500", {}),
    ("status >= 500", {"limit": 20}),
    ("status > 9999", {"limit": 20}),
    ("user17 or status > 1000", {}),
    ("path ~ /00f/", {}),
    ("* | table(user)", {"since": "2026-01-02", "until": "2026-01-03T00:01:00Z"}),
    ("user17 | head 2", {}),
    ("user17 | head 2 | table(path)", {"newest_first": False}),
    ("*", {"limit": 7_000}),
    ("*", {"limit": 10, "newest_first": False}),
]


def _both(url: Path, query: str, options: dict[str, Any]) -> tuple[Explanation, lakebed.SearchCost]:
    """Each with a handle of its own: a search after another finds what that has learned."""
    told = lakebed.open(url).explain(query, **options)
    with lakebed.open(url).search(query, **options) as found:
        assert sum(1 for _ in found) >= 0
    return told, found.cost


@pytest.mark.parametrize(("query", "options"), EXACT, ids=str)
def test_what_does_not_depend_on_values_is_told_exactly(url: Path, query: str, options: dict[str, Any]) -> None:
    told, cost = _both(url, query, options)
    assert told.requests == Bounds(cost.requests, cost.requests)
    assert cost.bytes_read / BYTES_FACTOR_MAX <= told.bytes.least <= told.bytes.most
    assert told.bytes.most <= cost.bytes_read * BYTES_FACTOR_MAX


@pytest.mark.parametrize(("query", "options"), BOUNDED, ids=str)
def test_what_depends_on_values_lies_between_the_least_and_the_most(
    url: Path, query: str, options: dict[str, Any]
) -> None:
    told, cost = _both(url, query, options)
    assert told.requests.least <= cost.requests <= told.requests.most
    assert told.bytes.least <= cost.bytes_read <= told.bytes.most


def test_more_rows_than_are_written_at_once(tmp_path: Path) -> None:
    """Each round of rows is a round of reads."""
    events = [event(n, user=f"user{n % 500}", path=f"/p/{n * 7919:x}" * 40) for n in range(20_000)]
    lakebed.open(tmp_path / "lake").index(write_log(tmp_path / "a.json", events), into="web")
    told, cost = _both(tmp_path / "lake", "*", {"limit": 15_000})
    assert cost.requests > 5
    assert told.requests == Bounds(cost.requests, cost.requests)
    for query in ("status:* or user:*", "user: user*"):
        told, cost = _both(tmp_path / "lake", query, {"limit": 15_000})
        assert told.requests.least <= cost.requests <= told.requests.most
        assert told.bytes.least <= cost.bytes_read <= told.bytes.most


@pytest.mark.parametrize("limit", [10, 1_000, 2_500])
@pytest.mark.parametrize("newest_first", [True, False])
def test_pages_that_overlap_in_time_are_all_told(tmp_path: Path, limit: int, newest_first: bool) -> None:
    """The newest event may be in any page of a source that is not in order of time."""
    events = [event(n * 7919 % EVENTS, user=f"user{n % 500}", path=f"/p/{n:x}" * 9) for n in range(EVENTS)]
    lakebed.open(tmp_path / "lake").index(write_log(tmp_path / "a.json", events), into="web")
    told, cost = _both(tmp_path / "lake", "*", {"limit": limit, "newest_first": newest_first})
    assert told.requests.least <= cost.requests <= told.requests.most
    assert told.bytes.least <= cost.bytes_read <= told.bytes.most


def test_no_event_is_read(url: Path) -> None:
    """All of the lake is four hundred kilobytes."""
    for query, options in [*EXACT, *BOUNDED]:
        told = lakebed.open(url).explain(query, **options)
        assert told.own_bytes < (DAYS + 1) * (4_000 * len(told.terms) + 600)
        assert told.own_requests <= 2 * (DAYS + 1)


def test_the_whole_text(url: Path) -> None:
    told = lakebed.open(url).explain(
        'not not user17 (path: "p" or *x*) status>100 and status > 150 | where nested.n<9e3|HEAD 5 | table user, path',
        since="2026-01-02",
    )
    as_understood = (
        'not not user17 and (path: "p" or *x*) and status > 100 and status > 150'
        " | where nested.n < 9e3 | head 5 | table(user, path)"
    )
    assert str(told).splitlines()[:19] == [
        f"query      {as_understood}",
        "indexes    all",
        "time       2026-01-02T00:00:00Z to the end, newest first",
        "",
        "leaf       beside the data, segment by segment",
        '  filter   status > 150 and nested.n < 9e3 and user17 and (path: "p" or *x*)',
        "           status > 150   [no index: numbers are compared value by value]",
        "           nested.n < 9e3   [no index: numbers are compared value by value]",
        "           user17   [index: user17]",
        '           path: "p"   [no index: the other side of the or, *x*, is not in the index]',
        "           *x*   [no index: it begins with a wildcard, and no whole word stands between its wildcards]",
        "  terms    pages that hold them, all looked up at once: user17 in 3",
        "  gives    columns user, path",
        "  limit    5 rows",
        "root",
        "  head 5",
        "  table(user, path)",
        "",
        "what is left            segments        pages       events",
    ]
    assert told.remaining == (
        Remaining("in the lake", 5, 5, 12_001),
        Remaining("of the indexes", 5, 5, 12_001),
        Remaining("in the time", 3, 3, 9_000),
        Remaining("by times of pages", 3, 3),
        Remaining("by the term index", 3, 3),
    )
    assert told.stages == (
        StagePlace("where nested.n < 9e3", "leaf"),
        StagePlace("head 5", "leaf and root"),
        StagePlace("table(user, path)", "leaf and root"),
    )
    assert told.terms == (TermPages("user17", 3),)
    assert told.stops_early
    assert not told.is_extrapolated
    json.dumps(told.to_dict())


@pytest.mark.parametrize(
    ("query", "why_not"),
    [
        ("a: *", "the index knows words, not columns"),
        ("a > 5", "numbers are compared value by value"),
        ("a > 2026-01-01", "times are compared value by value"),
        ("a in 10.0.0.0/8", "addresses are compared value by value"),
        ("a ~ /x/", "a regular expression is tried on the values"),
        ("a = 1.5", "a decimal number has many spellings"),
        ("a: ''", "an empty text has no words"),
        ("a: '--'", "it holds no letter or digit"),
        ("ab*", "no whole word stands between its wildcards"),
        ("4fa3", "words of this form are left out of the index"),
        ("@lb.object: x", "metadata is not in the index"),
        ("not word", "it is negated, and events without its words are wanted"),
    ],
)
def test_why_the_index_cannot_help(url: Path, query: str, why_not: str) -> None:
    (condition,) = lakebed.open(url).explain(query).conditions
    assert condition.why_not == why_not
    assert condition.terms == ()


def test_an_aggregate_runs_at_the_leaf_and_what_follows_at_the_root(url: Path) -> None:
    told = lakebed.open(url).explain("* | where status > 1 | groupbycount(user) | where `@q.count` > 3 | head 2")
    assert [(stage.text, stage.place) for stage in told.stages] == [
        ("where status > 1", "leaf"),
        ("groupbycount(user)", "leaf"),
        ("where @q.count > 3", "root"),
        ("head 2", "root"),
    ]
    assert (told.aggregate, told.columns, told.limit, told.stops_early) == (
        "groupbycount(user)",
        ("user",),
        None,
        False,
    )


def test_many_segments_are_sampled(url: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = lakebed.open(url).explain("@index=web user17")
    monkeypatch.setattr(explaining, "PROBES_MAX", 2)
    told = lakebed.open(url).explain("@index=web user17")
    assert told.is_extrapolated
    assert told.segments_sampled == 2
    assert told.requests.most == exact.requests.most
    assert exact.bytes.most / 1.2 < told.bytes.most < exact.bytes.most * 1.2
    assert told.remaining[-1] == exact.remaining[-1]
    assert "extrapolated from 2 segments" in str(told)


def test_what_cannot_be_searched_cannot_be_explained(url: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no lake at"):
        lakebed.open(tmp_path / "nowhere").explain("*")
    with pytest.raises(QueryError, match="unknown stage"):
        lakebed.open(url).explain("* | cuont")
    with pytest.raises(UsageError, match="no index 'adit'"):
        lakebed.open(url).explain("*", index="adit")
