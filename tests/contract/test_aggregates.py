"""What every aggregate function of the engine must do: however rows are cut and parts merged, the answer is one pass's.

A function that is not in `KERNELS` fails the suite.
"""

from __future__ import annotations

import itertools
import json
import random
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakebed import _core
from tests.events import Json, Num, load_json
from tests.oracle_functions import canonical, function, order_key


@dataclass(frozen=True)
class Data:
    """What a function is tried with: numbers of operands, and parameters."""

    columns: tuple[int, ...] = (1,)
    parameters: tuple[tuple[str, ...], ...] = ((),)


KERNELS = {
    "count": Data((0, 1)),
    "min": Data(),
    "max": Data(),
    "sum": Data(),
    "avg": Data(),
    "countdistinct": Data((1, 2, 3)),
    "percentile": Data(parameters=(("0",), ("12.5",), ("50",), ("95",), ("99.9",), ("100",))),
    "median": Data(),
    "var": Data(),
    "stdev": Data(),
    "mode": Data(),
    "values": Data(),
    "list": Data((2,)),
    "earliest": Data((2,)),
    "latest": Data((2,)),
    "rate": Data(parameters=((), ("60",), ("0.5",))),
}

CELL_BYTES = 64 << 10
"""After so much text `values` and `list` end."""

ANY_ORDER = {"mode"}
"""Their states hold items in a table of the sketch crate, whose order depends on which came first."""

NUMBERS = [
    "0",
    "-0",
    "1",
    "1.0",
    "1e0",
    "2",
    "2",
    "3",
    "-7",
    "10",
    "0.1",
    "0.25",
    "1.5",
    "1.50",
    "-3.75",
    "1e2",
    "123456.789",
    "9007199254740993",
    "1767225600000000000",
    "170141183460469231731687303715884105727",
    "1e30",
    "1e-30",
    "1e400",
    "-1e400",
    "5e-324",
    "1e-140",
    "1e140",
    "0.1000000000000000055",
]
TEXTS = ["", "a", "b", "ab", "é", "€", "z\n", '"\\', "\u0001", "1", "true", "😀", "\ud800"]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(NUMBERS).map(Num),
    st.integers(-20, 20).map(lambda number: Num(str(number))),
    st.sampled_from(TEXTS),
)
GROUP = "key"
COLUMNS = ["a", "b", "c"]
ROWS = st.lists(
    st.tuples(st.sampled_from([None, True, "x", Num("1"), Num("1.0")]), SCALARS, SCALARS, SCALARS), max_size=60
)


DOUBLE_DIGITS_MAX = 17
"""Of the shortest decimal that means a double."""


def plan_of(by: list[str], functions: list[dict[str, Any]]) -> bytes:
    plan = {"version": 2, "filter": {"op": "all", "of": []}, "since_ns": None, "until_ns": None, "newest_first": True}
    aggregate = {"by": by, "functions": functions}
    return json.dumps({**plan, "limit": None, "columns": None, "aggregate": aggregate, "use_index": True}).encode()


def functions_of(name: str) -> list[dict[str, Any]]:
    data = KERNELS[name]
    return [
        {"name": name, "columns": COLUMNS[:count], "parameters": list(parameters)}
        for count in data.columns
        for parameters in data.parameters
    ]


def json_of(value: Json) -> str:
    return value.text if isinstance(value, Num) else json.dumps(value)


def partial_of(plan: bytes, rows: list[Any]) -> bytes:
    """The partial of rows, pushed a few at a time."""
    collected = _core.RowAggregate(plan)
    names = collected.columns()
    places = [[GROUP, *COLUMNS].index(name) for name in names]
    for start in range(0, len(rows), 7):
        lines = (f"[{','.join(json_of(row[place]) for place in places)}]" for row in rows[start : start + 7])
        collected.push(f"[{','.join(lines)}]".encode())
    return collected.partial()


def merged(plan: bytes, parts: list[bytes], dice: random.Random) -> bytes:
    """Some at a time, in any order, and parts of parts."""
    waiting = list(parts)
    while len(waiting) != 1 or dice.random() < 0.3:
        dice.shuffle(waiting)
        count = dice.randrange(4)
        waiting[:count] = [_core.merge_partials(plan, waiting[:count])]
    return waiting[0]


def finished(plan: bytes, partial: bytes) -> list[list[Json]]:
    answer: Any = load_json(_core.finish_partial(plan, partial).decode())
    assert answer["notes"] == []
    rows: list[list[Json]] = answer["rows"]
    return rows


def spelled(value: Json) -> Json:
    """Numbers in their one spelling, doubles as such."""
    if not isinstance(value, Num):
        return value
    text = canonical(value.text)
    # A double between two decimals of 17 digits may be spelled as either.
    is_double = "." in text and sum(map(str.isdigit, text)) == DOUBLE_DIGITS_MAX
    return Num(repr(float(text)) if is_double else text)


def wanted(rows: list[Any], functions: list[dict[str, Any]]) -> list[list[Json]]:
    groups: dict[Any, list[Any]] = {}
    for row in rows:
        groups.setdefault(order_key(row[0]), []).append(row)
    answer = []
    for _, members in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
        cells = [
            function(asked["name"], [row[1 : 1 + len(asked["columns"])] for row in members], asked["parameters"])
            for asked in functions
        ]
        answer.append([members[0][0], *cells, Num(str(len(members)))])
    return answer


def test_every_function_is_tried() -> None:
    assert set(KERNELS) == set(_core.aggregate_names())


@pytest.mark.parametrize("name", sorted(KERNELS))
@settings(max_examples=60)
@given(rows=ROWS, cuts=st.lists(st.integers(0, 60), max_size=5), seed=st.integers(0, 2**32))
def test_parts_merged_give_what_one_pass_gives(name: str, rows: list[Any], cuts: list[int], seed: int) -> None:
    dice = random.Random(seed)
    functions = functions_of(name)
    plan = plan_of([GROUP], functions)
    edges = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    pieces = [rows[start:end] for start, end in itertools.pairwise(edges)]
    parts = [partial_of(plan, piece) for piece in pieces]
    empty = partial_of(plan, [])
    parts += [empty] * dice.randrange(3)
    whole = finished(plan, partial_of(plan, rows))
    assert finished(plan, merged(plan, parts or [empty], dice)) == whole
    expected = wanted(rows, functions)
    assert [list(map(spelled, row)) for row in whole] == [list(map(spelled, row)) for row in expected]


@pytest.mark.parametrize("name", sorted(KERNELS))
@given(rows=ROWS)
def test_a_trip_through_bytes_changes_nothing(name: str, rows: list[Any]) -> None:
    plan = plan_of([GROUP], functions_of(name))
    partial = partial_of(plan, rows)
    again = _core.merge_partials(plan, [partial])
    assert finished(plan, again) == finished(plan, partial)
    twice = _core.merge_partials(plan, [again])
    assert finished(plan, twice) == finished(plan, partial)
    if name not in ANY_ORDER:
        assert twice == again


@pytest.mark.parametrize("name", sorted(KERNELS))
@settings(max_examples=30)
@given(rows=ROWS, seed=st.integers(0, 2**32))
def test_damaged_partials_are_refused_or_finish(name: str, rows: list[Any], seed: int) -> None:
    dice = random.Random(seed)
    plan = plan_of([GROUP], functions_of(name))
    damaged = bytearray(partial_of(plan, rows))
    for _ in range(dice.randrange(1, 4)):
        damaged[dice.randrange(len(damaged))] = dice.randrange(256)
    cut = bytes(damaged[: dice.randrange(len(damaged) + 1)] if seed % 3 == 0 else damaged)
    assert kind_of_failure(plan, cut) in (None, "corrupt", "limit")


def kind_of_failure(plan: bytes, partial: bytes) -> str | None:
    """None: it was read, though it may say something else now."""
    try:
        _core.finish_partial(plan, partial)
    except _core.CoreError as error:
        return f"{error}" if "internal error" in str(error) else error.kind
    return None


def large(plan: bytes, rows: list[str], dice: random.Random) -> tuple[list[Any], list[str]]:
    """The one row of an aggregate over many rows in parts, and its notes."""
    parts = []
    edges = sorted({0, len(rows), *(dice.randrange(len(rows)) for _ in range(4))})
    for start, end in itertools.pairwise(edges):
        collected = _core.RowAggregate(plan)
        for at in range(start, end, 5000):
            collected.push(f"[{','.join(rows[at : min(at + 5000, end)])}]".encode())
        parts.append(collected.partial())
    answer = json.loads(_core.finish_partial(plan, merged(plan, parts, dice)))
    return answer["rows"][0], answer["notes"]


def test_distinct_beyond_exact_is_within_its_bound(rng: random.Random) -> None:
    plan = plan_of([], [{"name": "countdistinct", "columns": ["a"]}])
    errors = []
    for _ in range(20):
        count = rng.randrange(10_001, 40_000)
        salt = rng.random()
        found, notes = large(plan, [f'["{salt} {number}"]' for number in range(count)], rng)
        assert notes == ["countdistinct(a) is approximate: within 1.6 % (95 %)"]
        errors.append(abs(found[0] / count - 1))
    assert sum(error <= 0.016 for error in errors) >= 16, errors
    assert max(errors) <= 0.04


def test_distinct_does_not_depend_on_the_cuts(rng: random.Random) -> None:
    plan = plan_of([], [{"name": "countdistinct", "columns": ["a", "b"]}])
    rows = [f"[{number},{number % 7}]" for number in range(12_000)]
    assert len({large(plan, rng.sample(rows, len(rows)), rng)[0][0] for _ in range(4)}) == 1


def test_percentiles_beyond_exact_are_within_their_bound(rng: random.Random) -> None:
    percents = [1, 50, 95, 99.9]
    plan = plan_of([], [{"name": "percentile", "columns": ["a"], "parameters": [str(p)]} for p in percents])
    errors = []
    for _ in range(8):
        count = rng.randrange(20_000, 40_000)
        found, notes = large(plan, [f"[{number}]" for number in rng.sample(range(count), count)], rng)
        assert len(notes) == len(percents)
        assert notes[1] == "percentile(50, a) is approximate: its rank is within 0.7 % of the numbers (99 %)"
        errors += [abs((value + 1) / count - p / 100) for value, p in zip(found, percents, strict=False)]
    assert sum(error <= 0.0068 for error in errors) >= len(errors) - 2, errors
    assert max(errors) <= 0.012


@pytest.mark.parametrize(
    ("percent", "count", "rank"),
    [("4.4", 750, 33), ("10.8", 750, 81), ("16.1", 1000, 161), ("99.9", 1000, 999), ("99.9", 1001, 1000), ("0", 5, 1)],
)
def test_a_percentage_that_comes_out_even_is_not_rounded_up(percent: str, count: int, rank: int) -> None:
    """As doubles, 4.4 % of 750 is a little more than 33."""
    plan = plan_of([], [{"name": "percentile", "columns": ["a"], "parameters": [percent]}])
    assert in_one(plan, [f"[{number}]" for number in range(1, count + 1)]) == ([rank, count], [])


def test_a_mode_of_many_values_says_how_far_off_it_may_be(rng: random.Random) -> None:
    plan = plan_of([], [{"name": "mode", "columns": ["a"]}])
    rows = [f"[{number}]" for number in range(10_000)] + ['["often"]'] * 400
    rng.shuffle(rows)
    found, notes = large(plan, rows, rng)
    assert found[0] == "often"
    assert notes[0].startswith("mode(a) is approximate: another value may have up to ")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_mode_of_two_parts_may_be_that_of_neither(order: tuple[int, int]) -> None:
    plan = plan_of([], [{"name": "mode", "columns": ["a"]}])
    parts = []
    for values in ("aaabb", "cccbb"):
        collected = _core.RowAggregate(plan)
        collected.push(json.dumps([[value] for value in values]).encode())
        parts.append(collected.partial())
    whole = _core.merge_partials(plan, [parts[nth] for nth in order])
    assert json.loads(_core.finish_partial(plan, whole))["rows"] == [["b", 10]]


def test_long_lists_are_cut_and_say_so(rng: random.Random) -> None:
    functions = [{"name": "values", "columns": ["a"]}, {"name": "list", "columns": ["a", "a"]}]
    rows = [f"[{number}]" for number in rng.sample(range(1001), 1001)]
    found, notes = large(plan_of([], functions), rows, rng)
    assert json.loads(found[0]) == list(range(1000))
    assert json.loads(found[1]) == list(range(100))
    assert notes == [
        "values(a) is cut: the smallest 1000 values are shown",
        "list(a, a) is cut: the first 100 values are shown",
    ]


def test_lists_of_long_values_end_at_the_bytes_of_a_cell(rng: random.Random) -> None:
    """With the value that reaches them, which is whole; however rows are cut."""
    functions = [{"name": "values", "columns": ["a"]}, {"name": "list", "columns": ["a", "a"]}]
    plan = plan_of([], functions)
    for longest in (5_000, 30_000, 200_000):
        texts = [f"{number:03}" + "x" * rng.randrange(longest) for number in range(150)]
        rng.shuffle(texts)
        found, notes = large(plan, [json.dumps([text]) for text in texts], rng)
        shown = cell(sorted(texts))
        assert 0 < len(shown) < 100
        assert [json.loads(found[0]), json.loads(found[1])] == [shown, shown]
        assert notes == [
            "values(a) is cut: the smallest values are shown, 64 KiB or 1000 of them",
            "list(a, a) is cut: the first values are shown, 64 KiB or 100 of them",
        ]


def test_a_value_that_is_longer_than_a_cell_is_shown_whole(rng: random.Random) -> None:
    functions = [{"name": "values", "columns": ["a"]}, {"name": "list", "columns": ["a", "a"]}]
    text = "x" * 300_000
    found, notes = large(plan_of([], functions), [json.dumps([text])] * 60, rng)
    assert json.loads(found[0]) == [text]
    assert json.loads(found[1]) == [text]
    assert notes == ["list(a, a) is cut: the first values are shown, 64 KiB or 100 of them"]
    exact, none = large(plan_of([], functions), [json.dumps(["y" * 65_535])] * 6, rng)
    assert (len(json.loads(exact[0])), len(json.loads(exact[1]))) == (1, 2)
    assert none == ["list(a, a) is cut: the first values are shown, 64 KiB or 100 of them"]


def cell(texts: list[str]) -> list[str]:
    """The first of the texts, up to the one with which they have the bytes of a cell."""
    ends = list(itertools.accumulate(map(len, texts)))
    return [text for text, end in zip(texts, ends, strict=True) if end - len(text) < CELL_BYTES]


@pytest.mark.parametrize(
    ("asked", "most"),
    [
        ({"name": "countdistinct", "columns": ["a"]}, 10_000),
        ({"name": "percentile", "columns": ["a"], "parameters": ["100"]}, 10_000),
        ({"name": "values", "columns": ["a"]}, 1000),
        ({"name": "list", "columns": ["a", "a"]}, 100),
    ],
    ids=lambda value: value["name"] if isinstance(value, dict) else "",
)
def test_as_much_as_is_kept_is_exact_and_one_more_is_told(asked: dict[str, Any], most: int, rng: random.Random) -> None:
    plan = plan_of([], [asked])
    rows = [f"[{number}]" for number in range(most)]
    again = rows[-most // 2 :] if asked["name"] in ("countdistinct", "values") else []  # these know them already
    exact: dict[str, Json] = {"countdistinct": most, "percentile": most - 1}
    for found, notes in (
        in_one(plan, [*rows, *again]),
        large(plan, rng.sample([*rows, *again], len(rows + again)), rng),
    ):
        expected = exact.get(asked["name"], json.dumps(list(range(most)), separators=(",", ":")))
        assert (found[0], notes) == (expected, [])
    more = [*rows, f"[{most}]"]
    assert [len(notes) for _, notes in (in_one(plan, more), large(plan, more, rng))] == [1, 1]


def test_an_estimate_is_never_more_than_there_are_rows(rng: random.Random) -> None:
    """Without a word in the code for it, half of the estimates would be."""
    plan = plan_of([], [{"name": "countdistinct", "columns": ["a"]}])
    for _ in range(12):
        salt = rng.random()
        found, _ = in_one(plan, [f'["{salt} {number}"]' for number in range(10_001)])
        assert found[0] <= 10_001


def in_one(plan: bytes, rows: list[str]) -> tuple[list[Any], list[str]]:
    """As `large`, all rows in one part."""
    collected = _core.RowAggregate(plan)
    collected.push(f"[{','.join(rows)}]".encode())
    answer = json.loads(_core.finish_partial(plan, collected.partial()))
    return answer["rows"][0], answer["notes"]
