"""Deletes by query: what is hit is in no answer from then on, what comes later is not hit, and it is audited."""

from __future__ import annotations

import getpass
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

import lakebed
from lakebed import config
from lakebed.catalog.changes import Changes
from lakebed.deletion import Deleted
from lakebed.errors import LimitError, NotFoundError, QueryError, UsageError
from lakebed.model import Row

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from lakebed.api import Lake

KINDS = ["alpha", "beta", "gamma"]


def event(n: int, **more: object) -> dict[str, object]:
    """Events lie a second apart."""
    time = f"2026-01-01T{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}Z"
    return {"time": time, "n": n, "kind": KINDS[n % 3], **more}


def index(lake: Lake, folder: Path, name: str, events: list[dict[str, object]], into: str = "app") -> None:
    path = folder / "logs" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(one) + "\n" for one in events))
    lake.index(path, into=into, workers=1)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Forty events in two segments of index "app", ten in "web"."""
    found = lakebed.open(tmp_path / "lake")
    index(found, tmp_path, "one.json", [event(n) for n in range(20)])
    index(found, tmp_path, "two.json", [event(n) for n in range(20, 40)])
    index(found, tmp_path, "web.json", [event(n, rare=f"word{n}") for n in range(10)], "web")
    return found


def answer(lake: Lake, query: str, **options: Any) -> list[dict[str, Any]]:  # whatever a search takes
    """Rows, oldest first, without the time."""
    found = [
        dict(row.event if isinstance(row, Row) else row) for row in lake.search(query, newest_first=False, **options)
    ]
    return [{name: value for name, value in row.items() if name != "time"} for row in found]


def numbers(lake: Lake, query: str = "*", **options: Any) -> list[int]:  # as above
    return [row["n"] for row in answer(lake, query, **options)]


def test_it_is_invisible_in_every_answer(lake: Lake) -> None:
    deleted = lake.delete("kind: alpha", index="app", reason="test", by="alice")
    assert (deleted.index, deleted.events) == ("app", 14)
    left = [n for n in range(40) if n % 3]
    assert numbers(lake, index="app") == left
    assert numbers(lake, "kind: alpha", index="app") == []
    assert answer(lake, "@index=app | stats count(), min(n), max(n), countdistinct(kind)") == [
        {"count()": 26, "min(n)": 1, "max(n)": 38, "countdistinct(kind)": 2, "@q.count": 26}
    ]
    assert answer(lake, "@index=app | count()") == [{"@q.count": 26}]
    assert {row["kind"] for row in answer(lake, "@index=app | groupbycount(kind)")} == {"beta", "gamma"}
    assert [row["@index"] for row in answer(lake, "kind: alpha | groupbycount(@index)")] == ["web"]
    summary = {row["field"]: row for row in answer(lake, "@index=app | fieldsummary")}
    assert (summary["kind"]["@q.count"], summary["kind"]["distinct"], summary["n"]["min"]) == (26, 2, 1)


def test_it_is_invisible_to_nested_queries(lake: Lake) -> None:
    lake.delete("n < 5", index="app", reason="test")
    rows = answer(lake, "@index=web | union (@index=app n < 8) | count()")
    assert rows[0]["@q.count"] == 10 + 3
    joined = answer(lake, "@index=web | join n = n (@index=app | table n, kind) | table n")
    assert [row["n"] for row in joined] == [5, 6, 7, 8, 9]


def test_completion_does_not_tell_its_values(lake: Lake) -> None:
    lake.delete("kind: (alpha gamma)", index="app", reason="test")
    found = lake.complete("@index=app kind: ", index="app")
    assert {one.text.strip() for one in found.suggestions} & set(KINDS) == {"beta"}


def test_explain_reads_nothing_of_it(lake: Lake) -> None:
    lake.delete("n >= 20", index="app", reason="test")
    told = lake.explain("@index=app kind: alpha")
    assert told.segments_sampled == 2
    assert numbers(lake, "kind: alpha", index="app") == [0, 3, 6, 9, 12, 15, 18]


def test_times_bound_it(lake: Lake) -> None:
    found = lake.delete(
        "*", index="app", since="2026-01-01T00:00:05Z", until="2026-01-01T00:00:30Z", reason="test", everything=True
    )
    assert found.events == 25
    assert numbers(lake, index="app") == [*range(5), *range(30, 40)]
    lake.delete("@lb.time >= 2026-01-01T00:00:35Z n > 0", index="app", reason="test")
    assert numbers(lake, index="app") == [*range(5), *range(30, 35)]


def test_what_comes_later_is_not_hit(lake: Lake, tmp_path: Path) -> None:
    lake.delete("n < 10", index="app", reason="test")
    index(lake, tmp_path, "again.json", [event(n) for n in range(5)])
    assert numbers(lake, index="app") == [*range(5), *range(10, 40)]
    lake.delete("n < 3", index="app", reason="test")
    assert numbers(lake, index="app") == [3, 4, *range(10, 40)]


def test_another_handle_sees_it_at_once(lake: Lake, tmp_path: Path) -> None:
    other = lakebed.open(tmp_path / "lake")
    assert len(numbers(other, index="app")) == 40
    lake.delete("n < 10", index="app", reason="test")
    assert numbers(other, index="app") == list(range(10, 40))


def test_own_indexes_are_searched_only_by_name(lake: Lake) -> None:
    lake.delete("n < 10", index="app", reason="test")
    assert len(answer(lake, "*")) == 40
    assert answer(lake, "@index=(_audit web) * | groupbycount(@index) | sort @index") == [
        {"@index": "_audit", "@q.count": 1},
        {"@index": "web", "@q.count": 10},
    ]
    assert lake.indexes() == ["_audit", "app", "web"]


def test_it_is_audited(lake: Lake) -> None:
    done = lake.delete("n < 10", index="app", reason=" ticket 4711 ", until="2026-01-02")
    (told,) = answer(lake, "*", index="_audit")
    assert told == {
        "action": "delete",
        "id": done.id,
        "by": getpass.getuser(),
        "reason": "ticket 4711",
        "index": "app",
        "query": "n < 10",
        "since": None,
        "until": "2026-01-02T00:00:00Z",
        "events": 10,
        "counted_at_commit": done.commit - 1 if done.commit else None,
    }
    with pytest.raises(UsageError, match=r"^events of '_audit' cannot be deleted"):
        lake.delete("action: delete", index="_audit", reason="hide")


@pytest.mark.parametrize(
    ("query", "options", "error", "message"),
    [
        ("n < 5 | head 3", {}, QueryError, "a deletion takes a filter only, without stages"),
        ("*", {}, UsageError, "every event passes this filter; say --all"),
        ("not *", {}, UsageError, "no event can pass this filter"),
        ("@index=web n < 5", {}, UsageError, "the query names other indexes than 'app'"),
        ("n < 5", {"index": "nothing"}, UsageError, "no index 'nothing' in this lake"),
        ("n < 5", {"reason": "  "}, UsageError, "a deletion wants a reason"),
        ("kind ~ /(/", {}, QueryError, "regular expression is never closed"),
        ("n <", {}, QueryError, "expected a number or a time"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    lake: Lake, query: str, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        lake.delete(query, **{"index": "app", "reason": "test", **options})
    assert message in str(caught.value)
    assert len(numbers(lake)) == 50


def test_nothing_is_done_when_nothing_passes_or_nobody_confirms(lake: Lake) -> None:
    before = lake.status().commit
    asked: list[int] = []

    def refuse(events: int) -> bool:
        asked.append(events)
        return False

    assert lake.delete("n > 100", index="app", reason="test") == Deleted("app", 0)
    assert lake.delete("n < 3 # all of them", index="app", reason="test", confirm=refuse) == Deleted("app", 3)
    assert asked == [3]
    assert lake.status().commit == before


def test_a_lake_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"^no lake at "):
        lakebed.open(tmp_path / "nowhere").delete("n < 3", index="app", reason="test")


def test_too_many_that_wait_are_refused(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "DELETIONS_PENDING_MAX", 2)
    for n in range(2):
        lake.delete(f"n = {n}", index="app", reason="test")
    with pytest.raises(LimitError, match=r"^2 deletions wait to be carried out \(limit DELETIONS_PENDING_MAX\)"):
        lake.delete("n = 5", index="app", reason="test")
    catalog = lake._opened()
    keys = {entry.key: catalog.snapshot.number for entry in catalog.snapshot.entries("app")}
    catalog.commit(Changes("sweep", swept=keys))
    assert lake.delete("n = 5", index="app", reason="test").events == 1
    monkeypatch.setattr(config, "DELETION_FILTER_BYTES_MAX", 100)
    with pytest.raises(LimitError, match=r"limit DELETION_FILTER_BYTES_MAX"):
        lake.delete("n = 5 or n = 6 or n = 7", index="app", reason="test")


def test_deletions_and_indexing_side_by_side(lake: Lake, tmp_path: Path) -> None:
    """A batch is hit as a whole when it was there at the deletion's commit, and not at all else."""
    start = threading.Barrier(2)

    def bring() -> None:
        other = lakebed.open(tmp_path / "lake")
        start.wait()
        for batch in range(6):
            index(other, tmp_path, f"batch{batch}.json", [event(1000 + 10 * batch + n) for n in range(10)])

    thread = threading.Thread(target=bring)
    thread.start()
    start.wait()
    done = [lake.delete("n >= 1000", index="app", reason=f"{turn}") for turn in range(4)]
    thread.join()
    later = lakebed.open(tmp_path / "lake")
    found = numbers(later, "n >= 1000", index="app")
    batches = {n // 10 for n in found}
    assert found == sorted(10 * batch + n for batch in batches for n in range(10))
    last = max((one.commit or 0 for one in done), default=0)
    snapshot = later._opened().snapshot
    there = [entry for entry in snapshot.entries("app") if entry.min_time_ns >= 1_767_225_600_000_000_000 + 10**12]
    assert len(batches) == sum(entry.swept > last for entry in there)


def test_any_mix_agrees_with_a_plain_list(tmp_path: Path, rng: random.Random) -> None:
    """Batches, deletions by kind, number and time, and sweeps in any order; answers of several shapes after each."""
    lake = lakebed.open(tmp_path / "lake")
    index(lake, tmp_path, "first.json", [event(n) for n in range(5)])
    known = list(range(5))
    for step in range(25):
        low, high = sorted(rng.sample(range(300), 2))
        kind = rng.choice(KINDS)
        if rng.random() < 0.5:
            batch = [rng.randrange(300) for _ in range(rng.randint(1, 40))]
            index(lake, tmp_path, f"{step}.json", [event(n) for n in batch])
            known += batch
        else:
            query, since, until = rng.choice(
                [
                    (f"kind: {kind}", event(low)["time"], event(high)["time"]),
                    (f"kind: {kind} n >= {low} n < {high}", None, None),
                    (f"n in {low}..{high - 1} kind: *{kind[1:]}", None, None),
                ]
            )
            gone = [n for n in known if low <= n < high and KINDS[n % 3] == kind]
            found = lake.delete(
                query,
                index="app",
                since=str(since) if since else None,
                until=str(until) if until else None,
                reason="test",
            )
            assert found.events == len(gone)
            known = [n for n in known if not (low <= n < high and KINDS[n % 3] == kind)]
        assert sorted(numbers(lake, index="app")) == sorted(known)
        assert len(numbers(lake, f"kind: {kind}", index="app", limit=7)) == min(
            7, sum(KINDS[n % 3] == kind for n in known)
        )
        if known:
            (row,) = answer(lake, "* | stats count(), min(n), max(n), sum(n)", index="app")
            assert [row[name] for name in ("count()", "min(n)", "max(n)", "sum(n)")] == [
                len(known),
                min(known),
                max(known),
                sum(known),
            ]
