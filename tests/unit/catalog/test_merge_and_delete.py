"""Commits of merges, expiry, deletions and sweeps: each race by itself, and what redirects cost. All of them together
are in test_catalog_machine.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lakebed import config
from lakebed.catalog.catalog import Catalog
from lakebed.catalog.changes import Changes, Outcome
from lakebed.catalog.checkpoint import write_checkpoint
from lakebed.catalog.entries import Move, NewSegment, source_version
from lakebed.storage.counting import CountingStore
from lakebed.storage.local import LocalStore
from tests.fake_lake import fake_deletion
from tests.lakes import SECOND, indexing, segment, source

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "lake")


@pytest.fixture
def catalog(store: LocalStore) -> Catalog:
    found = Catalog(store, sleep=lambda _: None)
    found.open_for_writing()
    return found


def live(catalog: Catalog) -> dict[str, tuple[int, ...]]:
    """Segment key → dead objects."""
    return {entry.key: entry.dead for entry in catalog.snapshot.entries()}


def indexed(catalog: Catalog, *urls: str, version: int = 1) -> NewSegment:
    """A new segment with these objects."""
    changes = indexing(*urls, version=version)
    catalog.commit(changes)
    return changes.add[0]


def merging(catalog: Catalog, *inputs: NewSegment) -> Changes:
    """The merge of segments whose objects all survive."""
    new = msgspec.structs.replace(segment(sum(one.objects for one in inputs)), swept=catalog.snapshot.number)
    moves, first = [], 0
    for one in inputs:
        moves.append(Move(one.key, new.key, first))
        first += one.objects
    return Changes("merge", [new], remove=[one.key for one in inputs], moves=moves)


def test_a_merge_swaps_segments_in_one_request(store: LocalStore) -> None:
    counting = CountingStore(store)
    catalog = Catalog(counting)
    catalog.open_for_writing()
    inputs = [indexed(catalog, "a", "b"), indexed(catalog, "c")]
    changes = merging(catalog, *inputs)
    before = counting.counts.requests
    outcome = catalog.commit(changes)
    assert counting.counts.requests == before + 1
    assert outcome.commit is not None
    assert live(catalog) == live(Catalog(store)) == {changes.add[0].key: ()}
    assert catalog.is_indexed("web", "c", source_version(100, SECOND, None))


def test_an_object_replaced_after_the_merge_is_found_in_its_output(catalog: Catalog) -> None:
    inputs = [indexed(catalog, "a", "b"), indexed(catalog, "c", "d")]
    merge = merging(catalog, *inputs)
    catalog.commit(merge)
    further = merging(catalog, indexed(catalog, "e"), merge.add[0])
    catalog.commit(further)
    newer = indexed(catalog, "d", version=2)
    assert live(catalog) == {further.add[0].key: (4,), newer.key: ()}


def test_an_object_replaced_while_the_merge_was_made_is_dead_in_its_output(catalog: Catalog) -> None:
    inputs = [indexed(catalog, "a", "b"), indexed(catalog, "c", "d")]
    merge = merging(catalog, *inputs)
    newer = indexed(catalog, "d", "a", version=2)
    outcome = catalog.commit(merge)
    assert outcome.commit is not None
    assert live(catalog) == {merge.add[0].key: (0, 3), newer.key: ()}


def test_a_merge_all_of_whose_objects_were_replaced_adds_nothing(catalog: Catalog) -> None:
    """Object "b" was dropped, as all of its events were deleted; "a" was replaced afterwards."""
    old = indexed(catalog, "a", "b")
    new = msgspec.structs.replace(segment(1), swept=catalog.snapshot.number)
    newer = indexed(catalog, "a", version=2)
    outcome = catalog.commit(Changes("merge", [new], remove=[old.key], moves=[Move(old.key, new.key, 0, (1,))]))
    assert outcome.commit is not None
    assert (outcome.commit.add, outcome.commit.moves) == ((), ())
    assert live(catalog) == {newer.key: ()}


@pytest.mark.parametrize("how", ["merge", "expire"])
def test_a_merge_of_a_segment_that_is_gone_is_void(catalog: Catalog, how: str) -> None:
    inputs = [indexed(catalog, "a"), indexed(catalog, "b")]
    late = merging(catalog, *inputs)
    catalog.commit(merging(catalog, inputs[1]) if how == "merge" else Changes("expire", remove=[inputs[1].key]))
    before, number = live(catalog), catalog.snapshot.number
    assert catalog.commit(late) == Outcome(None, is_void=True, reason=f"segment '{inputs[1].key}' is gone")
    assert (live(catalog), catalog.snapshot.number) == (before, number)


def test_expiry_leaves_out_what_is_gone(catalog: Catalog) -> None:
    one, two = indexed(catalog, "a"), indexed(catalog, "b")
    outcome = catalog.commit(Changes("expire", remove=[one.key]))
    assert outcome.commit is not None
    assert catalog.commit(Changes("expire", remove=[one.key])).commit is None
    assert live(catalog) == {two.key: ()}
    assert catalog.is_indexed("web", "a", source_version(100, SECOND, None))  # or it would be indexed again


def pending(catalog: Catalog) -> dict[str, list[int]]:
    """Segment key → numbers of the deletions that it may hold events of."""
    snapshot = catalog.snapshot
    return {entry.key: [one.number for one in snapshot.deletions_of(entry)] for entry in snapshot.entries()}


def test_a_deletion_concerns_what_was_there_and_overlaps(store: LocalStore, catalog: Catalog) -> None:
    for times in ((0, 10), (20, 30)):
        catalog.commit(indexing(f"{times}", times=times))
    catalog.commit(indexing("x", index="audit"))
    early, late, other = live(catalog)
    catalog.commit(Changes("delete", deletions=[fake_deletion(1, 10, 20)]))
    number = catalog.snapshot.number
    later = indexed(catalog, "later")
    assert pending(catalog) == pending(Catalog(store)) == {early: [number], late: [], other: [], later.key: []}
    assert [one.number for one in catalog.snapshot.deletions] == [number]


def test_a_swept_segment_is_free_and_the_deletion_forgotten(store: LocalStore, catalog: Catalog) -> None:
    one, two = indexed(catalog, "a"), indexed(catalog, "b")
    catalog.commit(Changes("delete", deletions=[fake_deletion(1)]))
    number = catalog.snapshot.number
    catalog.commit(Changes("sweep", swept={one.key: number, "segments/web/gone-0000000000000abc.seg": number}))
    assert pending(catalog) == {one.key: [], two.key: [number]}
    assert catalog.commit(Changes("sweep", swept={one.key: number})).commit is None
    catalog.commit(Changes("expire", remove=[two.key]))
    assert (pending(catalog), catalog.snapshot.deletions) == ({one.key: []}, ())
    assert Catalog(store).snapshot.deletions == ()


def test_a_merge_carries_deletions_out_and_not_those_that_came_later(catalog: Catalog) -> None:
    inputs = [indexed(catalog, "a"), indexed(catalog, "b")]
    catalog.commit(Changes("delete", deletions=[fake_deletion(1)]))
    merge = merging(catalog, *inputs)
    catalog.commit(Changes("delete", deletions=[fake_deletion(2)]))
    second = catalog.snapshot.number
    catalog.commit(merge)
    assert pending(catalog) == {merge.add[0].key: [second]}
    assert [one.number for one in catalog.snapshot.deletions] == [second]


def test_a_merge_that_knows_less_deletions_than_its_input_is_void(catalog: Catalog) -> None:
    """Else a deletion would hit events that came after it."""
    old = indexed(catalog, "a")
    early = catalog.snapshot.number
    catalog.commit(Changes("delete", deletions=[fake_deletion(1)]))
    young = indexed(catalog, "b")
    wrong = merging(catalog, old, young)
    wrong = Changes(
        "merge", [msgspec.structs.replace(wrong.add[0], swept=early)], remove=wrong.remove, moves=wrong.moves
    )
    outcome = catalog.commit(wrong)
    assert outcome.reason == f"deletions were carried out in segment '{young.key}' meanwhile"
    assert set(live(catalog)) == {old.key, young.key}


def test_redirects_are_folded_into_the_records(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records that are rewritten seldom must not keep redirects for ever; nothing is lost by folding them."""
    monkeypatch.setattr(config, "CHECKPOINT_COMMITS", 10)
    monkeypatch.setattr(config, "REDIRECTS_KEPT", 20)
    monkeypatch.setattr(config, "RECORDS_PER_REDIRECT", 20)
    catalog = Catalog(store)
    catalog.open_for_writing()
    many = [segment(100) for _ in range(10)]
    records = [source(f"{n}/{place}", ((one.key, place),)) for n, one in enumerate(many) for place in range(100)]
    catalog.commit(Changes("index", many, records))
    newest = list(many)
    most = 0
    for turn in range(100):
        place = turn % 10
        merge = merging(catalog, newest[place], indexed(catalog, f"small/{turn}"))
        catalog.commit(merge)
        newest[place] = merge.add[0]
        if catalog.state.checkpoint == catalog.snapshot.number:
            most = max(most, catalog.state.sources.redirect_count)
    assert 0 < most <= 60
    again = Catalog(store)
    for n in range(10):
        known = again.find_source("web", f"{n}/7")
        assert known is not None
        assert [(again.snapshot.keys_by_id[one], number) for one, number in known.parts] == [(newest[n].key, 7)]
        small = again.find_source("web", f"small/{90 + n}")
        assert small is not None
        assert [(again.snapshot.keys_by_id[one], number) for one, number in small.parts] == [(newest[n].key, 109)]


def test_a_pack_of_which_no_segment_is_left_is_forgotten(store: LocalStore, catalog: Catalog) -> None:
    """Its file can be removed then; addresses of the others are found all the same."""
    found: list[NewSegment] = []
    for count in (50, 20, 8):  # each pack stays, as it is more than twice as large as the next
        some = [segment(1) for _ in range(count)]
        catalog.commit(Changes("index", some))
        catalog._state = write_checkpoint(store, catalog.state, "w" * 32)
        found += some
    first, second, third = catalog.state.addresses.packs
    catalog.commit(Changes("expire", remove=[one.key for one in found[50:70]]))
    new = segment(1)
    catalog.commit(Changes("index", [new]))
    catalog._state = write_checkpoint(store, catalog.state, "w" * 32)
    assert catalog.state.addresses.packs[:2] == [first, third]
    assert second not in catalog.state.addresses.packs
    for opened in (catalog, Catalog(store)):
        entries = opened.snapshot.entries()
        expected = {one.key: one.address for one in (*found[:50], *found[70:], new)}
        assert opened.state.addresses.find(opened.snapshot, entries) == expected
