"""Our sketches beside Apache's own in Python: the same bytes, the same answers, errors within what is stated."""

from __future__ import annotations

import random
from typing import Any

import datasketches
import pytest

from lakebed import _core

SEEDS = range(25)


def numbers(dice: random.Random, count: int) -> list[float]:
    return [float(number) for number in dice.sample(range(count), count)]


@pytest.mark.parametrize("count", [0, 1, 7, 300, 5000, 100_000])
def test_distinct_is_read_by_the_sibling_and_reads_it(count: int) -> None:
    items = [f"item {number}" for number in range(count)]
    ours, theirs = _core.DistinctSketch(), datasketches.hll_sketch(14, datasketches.tgt_hll_type.HLL_8)
    ours.update(items)
    for item in items:
        theirs.update(item)
    read = datasketches.hll_sketch.deserialize(ours.dump())
    assert read.get_estimate() == pytest.approx(theirs.get_estimate(), rel=1e-9)
    for data in (theirs.serialize_compact(), theirs.serialize_updatable()):
        assert _core.DistinctSketch.load(data).estimate() == pytest.approx(ours.estimate(), rel=1e-9)


def test_distinct_merges_as_the_sibling_does() -> None:
    ours, theirs = _core.DistinctSketch(), datasketches.hll_union(14)
    for part in range(5):
        items = [f"item {number}" for number in range(part * 7000, part * 7000 + 10_000)]
        piece = _core.DistinctSketch()
        piece.update(items)
        ours.merge(piece)
        theirs.update(datasketches.hll_sketch.deserialize(piece.dump()))
    assert ours.estimate() == pytest.approx(theirs.get_result().get_estimate(), rel=1e-6)
    assert ours.estimate() == pytest.approx(38_000, rel=4 * 0.0082)


def test_distinct_errs_as_stated() -> None:
    errors = []
    for seed in SEEDS:
        count = 3000 * (seed + 1)
        sketch = _core.DistinctSketch()
        sketch.update([f"{seed} {number}" for number in range(count)])
        errors.append(abs(sketch.estimate() / count - 1))
    assert sum(error <= _core.DistinctSketch.error for error in errors) >= 0.8 * len(errors), errors
    assert max(errors) < 5 * 0.0082


@pytest.mark.parametrize("count", [0, 1, 2, 300, 100_000])
def test_quantiles_are_read_by_the_sibling_and_read_it(count: int) -> None:
    values = numbers(random.Random(count), count)
    ours, theirs = _core.QuantilesSketch(), datasketches.kll_doubles_sketch(400)
    ours.update(values)
    for value in values:
        theirs.update(value)
    read = datasketches.kll_doubles_sketch.deserialize(ours.dump())
    assert read.n == count
    back = _core.QuantilesSketch.load(theirs.serialize())
    if count == 0:
        assert back.quantile(0.5) is None
        return
    assert ours.quantile(1.0) == back.quantile(1.0) == max(values)  # the sibling gives the largest that it kept
    for rank in (0.001, 0.01, 0.5, 0.95):
        assert ours.quantile(rank) == read.get_quantile(rank, True)
        assert back.quantile(rank) == theirs.get_quantile(rank, True)
    assert _core.QuantilesSketch.error >= theirs.normalized_rank_error(False)


def test_quantiles_err_as_stated() -> None:
    errors = []
    for seed in SEEDS:
        dice = random.Random(seed)
        merged = _core.QuantilesSketch()
        count = 50_000
        values = numbers(dice, count)
        for start in range(0, count, 8000):
            part = _core.QuantilesSketch()
            part.update(values[start : start + 8000])
            merged.merge(part)
        for rank in (0.05, 0.5, 0.95):
            found = merged.quantile(rank)
            assert found is not None
            errors.append(abs((found + 1) / count - rank))
    assert sum(error <= _core.QuantilesSketch.error for error in errors) >= 0.96 * len(errors), errors
    assert max(errors) < 2 * _core.QuantilesSketch.error


def words(dice: random.Random, count: int) -> list[str]:
    return [f"word {int(20_000 * dice.random() ** 3)}" for _ in range(count)]


def test_frequent_items_are_read_by_the_sibling_and_read_it() -> None:
    items = words(random.Random(1), 40_000)
    ours, theirs = _core.FrequentSketch(), datasketches.frequent_strings_sketch(12)
    ours.update(items)
    for item in items:
        theirs.update(item)
    read = datasketches.frequent_strings_sketch.deserialize(ours.dump())
    assert read.total_weight == 40_000
    for item, least, most in ours.items()[:50]:
        assert (read.get_lower_bound(item), read.get_upper_bound(item)) == (least, most)
    back = _core.FrequentSketch.load(theirs.serialize())
    for item, least, most in back.items()[:50]:
        assert (theirs.get_lower_bound(item), theirs.get_upper_bound(item)) == (least, most)


@pytest.mark.parametrize("seed", SEEDS)
def test_frequent_items_err_as_stated(seed: int) -> None:
    dice = random.Random(seed)
    truth: dict[str, int] = {}
    merged = _core.FrequentSketch()
    for _ in range(3):
        items = words(dice, 10_000)
        for item in items:
            truth[item] = truth.get(item, 0) + 1
        part = _core.FrequentSketch()
        part.update(items)
        merged.merge(part)
    found = {item: (least, most) for item, least, most in merged.items()}
    for item, count in truth.items():
        least, most = found.get(item, (0, merged.error()))
        assert least <= count <= most
    assert merged.error() <= 3.5 / 4096 * 30_000 * 2


@pytest.mark.parametrize("kind", [_core.DistinctSketch, _core.QuantilesSketch, _core.FrequentSketch])
def test_damaged_bytes_are_refused_or_read(kind: Any) -> None:  # Any: three classes with the same methods
    sketch = kind()
    sketch.update([float(n) for n in range(5000)] if kind is _core.QuantilesSketch else [str(n) for n in range(5000)])
    data = sketch.dump()
    dice = random.Random(0)
    for _ in range(300):
        damaged = bytearray(data)
        damaged[dice.randrange(min(len(damaged), 64))] = dice.randrange(256)
        try:
            kind.load(bytes(damaged[: dice.choice([len(data), dice.randrange(len(data))])]))
        except _core.CoreError as error:
            assert error.kind == "corrupt"  # noqa: PT017 - either is right


def test_sketches_of_another_size_are_refused() -> None:
    other = datasketches.hll_sketch(12, datasketches.tgt_hll_type.HLL_8)
    with pytest.raises(_core.CoreError, match="distinct sketch of another precision"):
        _core.DistinctSketch.load(other.serialize_compact())
    four = datasketches.hll_sketch(14, datasketches.tgt_hll_type.HLL_4)
    with pytest.raises(_core.CoreError, match="distinct sketch with other registers"):
        _core.DistinctSketch.load(four.serialize_compact())
    with pytest.raises(_core.CoreError, match="quantile sketch of another size"):
        _core.QuantilesSketch.load(datasketches.kll_doubles_sketch(200).serialize())
    with pytest.raises(_core.CoreError, match="frequent items of another size"):
        _core.FrequentSketch.load(datasketches.frequent_strings_sketch(10).serialize())


@pytest.mark.parametrize("place", [16, 24, 32], ids=["small registers", "large registers", "zeros"])
def test_a_distinct_sketch_that_tells_something_else_of_its_registers_is_refused(place: int) -> None:
    sketch = _core.DistinctSketch()
    sketch.update([str(number) for number in range(50_000)])
    data = bytearray(sketch.dump())
    data[place] ^= 1
    with pytest.raises(_core.CoreError, match="distinct sketch whose registers are not what it says of them"):
        _core.DistinctSketch.load(bytes(data))


def test_a_quantile_sketch_that_was_merged_with_a_smaller_one_is_refused() -> None:
    ours, smaller = datasketches.kll_doubles_sketch(400), datasketches.kll_doubles_sketch(200)
    for number in range(5000):
        ours.update(float(number))
        smaller.update(float(number))
    ours.merge(smaller)
    with pytest.raises(_core.CoreError, match="quantile sketch of another size"):
        _core.QuantilesSketch.load(ours.serialize())


def test_frequent_items_of_more_than_any_log_has_are_refused() -> None:
    for most, is_read in ((2**60, True), (2**60 + 1, False)):
        theirs = datasketches.frequent_strings_sketch(12)
        theirs.update("often", most)
        if is_read:
            assert _core.FrequentSketch.load(theirs.serialize()).items() == [("often", most, most)]
            continue
        with pytest.raises(_core.CoreError, match="frequent items with an impossible count"):
            _core.FrequentSketch.load(theirs.serialize())


def test_equally_frequent_items_come_in_the_order_of_their_texts() -> None:
    sketch = _core.FrequentSketch()
    sketch.update(["c", "a", "d", "b", "d", "e", "f", "g"])
    assert sketch.items() == [("d", 2, 2), *((text, 1, 1) for text in "abcefg")]
