"""Parts of an aggregate that hold other values than one another: what one of them is missing shows in the answer.

Rows that are cut at random look the same in every part, so that a percentile does not notice a part that was lost.
"""

from __future__ import annotations

import itertools
import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from lakebed import _core
from tests.contract.test_aggregates import plan_of

if TYPE_CHECKING:
    import random

SKETCHED = 20_000
"""More numbers than are kept."""
KEPT = 9_000

RANK_ERROR_MAX = 0.012


def part(plan: bytes, numbers: list[Any]) -> bytes:
    collected = _core.RowAggregate(plan)
    for at in range(0, len(numbers), 5_000):
        collected.push(json.dumps([[number] for number in numbers[at : at + 5_000]]).encode())
    return collected.partial()


def answers(plan: bytes, parts: list[bytes]) -> list[list[Any]]:
    """The row, in whatever order parts are merged, two at a time and all at once."""
    found = []
    for order in itertools.permutations(parts):
        pairs = _core.merge_partials(plan, [_core.merge_partials(plan, order[:2]), *order[2:]])
        found.append(json.loads(_core.finish_partial(plan, pairs))["rows"][0])
        found.append(json.loads(_core.finish_partial(plan, _core.merge_partials(plan, order)))["rows"][0])
    return found


@pytest.mark.parametrize("sizes", [(SKETCHED, KEPT), (SKETCHED, SKETCHED), (KEPT, KEPT), (SKETCHED, KEPT, 100)])
def test_percentiles_count_every_part(sizes: tuple[int, ...], rng: random.Random) -> None:
    percents = [10, 50, 70, 99]
    plan = plan_of([], [{"name": "percentile", "columns": ["a"], "parameters": [str(p)]} for p in percents])
    parts, numbers = [], []
    for place, size in enumerate(sizes):
        own = [place * 1_000_000 + number for number in range(size)]
        numbers += own
        parts.append(part(plan, rng.sample(own, size)))
    for *values, count in answers(plan, parts):
        assert count == len(numbers)
        ranks = [numbers.index(value) + 1 for value in values]
        errors = [abs(rank / count - p / 100) for rank, p in zip(ranks, percents, strict=True)]
        assert max(errors) <= RANK_ERROR_MAX, (values, errors)


@pytest.mark.parametrize("sizes", [(SKETCHED, KEPT), (SKETCHED, SKETCHED), (KEPT, KEPT), (SKETCHED, KEPT, 100)])
def test_different_values_are_those_of_every_part(sizes: tuple[int, ...]) -> None:
    plan = plan_of([], [{"name": "countdistinct", "columns": ["a"]}])
    parts = [part(plan, [f"{place} {number}" for number in range(size)]) for place, size in enumerate(sizes)]
    found = {row[0] for row in answers(plan, parts)}
    assert len(found) == 1  # the order of parts does not matter
    assert abs(found.pop() / sum(sizes) - 1) <= 0.04


def test_numbers_that_doubles_would_change_are_kept_by_a_merge() -> None:
    plan = plan_of([], [{"name": "percentile", "columns": ["a"], "parameters": ["100"]}])
    parts = [part(plan, [1, 2]), part(plan, [9007199254740993]), part(plan, [9007199254740995])]
    assert answers(plan, parts) == [[9007199254740995, 4]] * 12


def test_a_number_too_large_for_a_variance_is_one_in_any_part() -> None:
    plan = plan_of([], [{"name": "var", "columns": ["a"]}, {"name": "count", "columns": ["a"]}])
    parts = [part(plan, [1, 2, 3]), part(plan, [10**140]), part(plan, [4])]
    assert answers(plan, parts) == [[None, 5, 5]] * 12


@pytest.mark.parametrize("name", ["values", "list"])
def test_what_was_cut_in_one_part_is_told_of_the_whole(name: str) -> None:
    columns = ["a"] if name == "values" else ["a", "a"]
    plan = plan_of([], [{"name": name, "columns": columns}])
    parts = [part(plan, list(range(1_001))), part(plan, [-1]), part(plan, [-2])]
    shown = 1_000 if name == "values" else 100
    for order in itertools.permutations(parts):
        answer = json.loads(_core.finish_partial(plan, _core.merge_partials(plan, order)))
        assert json.loads(answer["rows"][0][0]) == list(range(-2, shown - 2))
        assert len(answer["notes"]) == 1


def test_sums_of_large_numbers_are_those_of_every_part() -> None:
    plan = plan_of([], [{"name": "sum", "columns": ["a"]}])
    parts = [part(plan, [1.5e308, 1]), part(plan, [1.5e308]), part(plan, [-1.5e308, -0.5e308])]
    assert answers(plan, parts) == [[1e308, 5]] * 12
    most = 2**100 - 1  # a sum is kept in two integers, the lower one of 100 bits
    parts = [part(plan, [most, most]), part(plan, [most, 5]), part(plan, [-(2**101), -1])]
    assert answers(plan, parts) == [[3 * most + 5 - 2**101 - 1, 6]] * 12


def test_variances_of_large_numbers_near_each_other_are_exact(rng: random.Random) -> None:
    plan = plan_of([], [{"name": "var", "columns": ["a"]}])
    for _ in range(20):
        numbers = [1e9 + rng.random() for _ in range(9)]
        parts = [part(plan, numbers[start : start + 3]) for start in (0, 3, 6)]
        mean = sum(map(Fraction, numbers)) / len(numbers)
        exact = sum((Fraction(number) - mean) ** 2 for number in numbers) / (len(numbers) - 1)
        assert answers(plan, parts) == [[float(exact), 9]] * 12
