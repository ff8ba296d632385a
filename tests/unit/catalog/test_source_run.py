"""Runs come back as they were stored; lookups and merges against a dict."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lakebed.catalog.redirects import Redirect, Redirects
from lakebed.catalog.source_run import (
    NO_PART,
    KnownSource,
    encode_run,
    find_in_run,
    fold_run,
    load_run,
    merge_runs,
    store_run,
)

INT64 = st.integers(-(2**63), 2**63 - 1)
DIGESTS = [bytes([number]) * 16 for number in range(8)]
parts = st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(0, NO_PART - 1)), max_size=3, unique=True)
known = st.builds(KnownSource, st.binary(min_size=8, max_size=8), INT64, parts.map(tuple))
tables = st.dictionaries(st.sampled_from(DIGESTS), known, max_size=8)


@given(tables)
def test_a_run_comes_back_and_is_searched(sources: dict[bytes, KnownSource]) -> None:
    run = encode_run(sources)
    assert load_run(store_run(run), "key") == run
    assert {digest: find_in_run(run, digest) for digest in DIGESTS} == {one: sources.get(one) for one in DIGESTS}


@given(tables, tables)
def test_merged_runs_have_the_newer_of_each(older: dict[bytes, KnownSource], newer: dict[bytes, KnownSource]) -> None:
    assert merge_runs(encode_run(older), encode_run(newer)) == encode_run(older | newer)


few_parts = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 3)), max_size=4, unique=True)
few = st.dictionaries(
    st.sampled_from(DIGESTS), st.builds(KnownSource, st.just(b"12345678"), INT64, few_parts.map(tuple)), max_size=8
)
moved = st.dictionaries(
    st.integers(1, 4),
    st.builds(Redirect, st.integers(5, 6), st.integers(0, 9), st.sets(st.integers(0, 3)).map(sorted).map(tuple)),
)


@given(few, moved)
def test_a_folded_run_is_that_of_objects_at_their_new_places(
    sources: dict[bytes, KnownSource], by_segment: dict[int, Redirect]
) -> None:
    redirects = Redirects(by_segment)
    followed = {
        digest: known._replace(
            parts=tuple(place for part in known.parts if (place := redirects.follow(*part)) is not None)
        )
        for digest, known in sources.items()
    }
    expected = encode_run(followed)
    folded = fold_run(encode_run(sources), redirects)
    assert {digest: find_in_run(folded, digest) for digest in DIGESTS} == {one: followed.get(one) for one in DIGESTS}
    assert len(folded) == len(expected)
