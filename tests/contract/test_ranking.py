"""The engine's ranking of groups: that of all groups, however rows are cut; damaged partials are refused."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakebed import _core
from lakebed.model import Table
from lakebed.query.aggregate import Ranking
from lakebed.query.groups import table_of
from tests.contract.test_aggregates import COLUMNS, GROUP, ROWS, merged, partial_of, plan_of
from tests.plan_oracle import ranked

PLAN = plan_of([GROUP, *COLUMNS[:2]], [{"name": "countdistinct", "columns": ["c"]}])
RANKINGS = st.builds(Ranking, st.integers(0, 3), st.integers(0, 5), st.booleans())


@settings(max_examples=200, deadline=None)
@given(parts=st.lists(ROWS, max_size=4), ranking=RANKINGS, seed=st.integers(0, 2**32))
def test_ranking_is_that_of_all_groups(parts: list[list[Any]], ranking: Ranking, seed: int) -> None:
    whole = merged(PLAN, [partial_of(PLAN, rows) for rows in parts], random.Random(seed))
    every = Table.from_json(_core.finish_partial(PLAN, whole)).rows
    found = table_of(PLAN, whole, ranking).rows
    wanted = ranked([list(row) for row in every], 3, ranking)
    assert repr(found) == repr(wanted)  # 1 is not true


@settings(max_examples=200, deadline=None)
@given(rows=ROWS, seed=st.integers(0, 2**32))
def test_damaged_partials_are_refused_or_ranked(rows: list[Any], seed: int) -> None:
    dice = random.Random(seed)
    damaged = bytearray(partial_of(PLAN, rows))
    for _ in range(dice.randrange(1, 4)):
        damaged[dice.randrange(len(damaged))] = dice.randrange(256)
    assert kind_of_failure(bytes(damaged)) in (None, "corrupt", "limit")


def kind_of_failure(partial: bytes) -> str | None:
    """None: it was read, though it may say something else now."""
    try:
        _core.rank_partial(PLAN, partial, 1, 3, least_first=True)
    except _core.CoreError as error:
        return f"{error}" if "internal error" in str(error) else error.kind
    return None


def test_a_part_of_more_values_than_groups_have_is_refused() -> None:
    with pytest.raises(_core.CoreError, match="a ranking by 4 values, but groups have 3") as refused:
        _core.rank_partial(PLAN, partial_of(PLAN, []), 4, 1, least_first=False)
    assert refused.value.kind == "plan"
