"""What reaches the engine and what stays at the root: whole plans compared."""

from __future__ import annotations

from typing import Any

import pytest

from lakebed.errors import QueryError
from lakebed.query.compile import compile_query

A_EXISTS, C_EXISTS, D_EXISTS, E_EXISTS = ({"op": "exists", "column": {"parts": [name]}} for name in "acde")
ERROR = {"op": "has", "column": None, "pattern": {"parts": ["error"], "exact_case": False}}
ALL: dict[str, Any] = {"op": "all", "of": []}


def plan(**changed: Any) -> dict[str, Any]:
    """The plan of a search for everything, with some keys changed."""
    return {
        "version": 2,
        "filter": ALL,
        "since_ns": None,
        "until_ns": None,
        "newest_first": True,
        "limit": None,
        "columns": None,
        "aggregate": None,
        "use_index": True,
        **changed,
    }


def column(*parts: Any) -> dict[str, Any]:
    return {"parts": list(parts)}


def pattern(*parts: str, exact_case: bool = False) -> dict[str, Any]:
    return {"parts": list(parts), "exact_case": exact_case}


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("*", ALL),
        ("error", ERROR),
        ("* error *", ERROR),
        ("error or *", ALL),
        ("not *", {"op": "any", "of": []}),
        ("error not *", {"op": "any", "of": []}),
        ("error or not *", ERROR),
        ("not not error", ERROR),
        ('"A*"', {"op": "has", "column": None, "pattern": pattern("A", "", exact_case=True)}),
        ("a: *x*", {"op": "has", "column": column("a"), "pattern": pattern("", "x", "")}),
        ("a: ''", {"op": "is", "column": column("a"), "pattern": pattern("")}),
        ("a = 5", {"op": "is", "column": column("a"), "pattern": pattern("5"), "number": "5"}),
        ("a = '5'", {"op": "is", "column": column("a"), "pattern": pattern("5")}),
        ("a: 5", {"op": "has", "column": column("a"), "pattern": pattern("5")}),
        ("a[*]: *", {"op": "exists", "column": column("a[", {"star": 1}, "]")}),
        ("x.**: *", {"op": "exists", "column": column("x.", {"star": 2})}),
        ("**: *", {"op": "exists", "column": None}),
        ("a > 1e400", {"op": "compare", "column": column("a"), "relation": ">", "number": "1e400"}),
        (
            "a <= 1970-01-01",
            {"op": "compare_time", "column": column("a"), "relation": "<=", "time_ns": 0},
        ),
        (
            "a ~ /x\\/y/i",
            {"op": "regex", "column": column("a"), "regex": "x/y", "ignore_case": True},
        ),
        ("a in 10.1.2.3/8", {"op": "cidr", "column": column("a"), "network": "10.0.0.0/8"}),
        (
            "error (b: * (error or c: *) (d: * or b: * or error))",
            {"op": "all", "of": [{"op": "exists", "column": column("b")}, ERROR]},
        ),
        (
            "error (d: * (e: * or c: *))",
            {"op": "all", "of": [D_EXISTS, {"op": "any", "of": [E_EXISTS, C_EXISTS]}, ERROR]},
        ),
        ("not (error a: *)", {"op": "not", "of": {"op": "all", "of": [A_EXISTS, ERROR]}}),
        ("a: * not a: *", {"op": "any", "of": []}),
    ],
)
def test_filter(text: str, node: dict[str, Any]) -> None:
    assert compile_query(text).plan == plan(filter=node)


@pytest.mark.parametrize(
    ("text", "expected", "at_root", "columns"),
    [
        ("error", plan(filter=ERROR), [], None),
        ("* | where error", plan(filter=ERROR), [], None),
        ("* | head 5", plan(limit=5), ["head 5"], None),
        ("* | head 5 | head 3", plan(limit=3), ["head 5", "head 3"], None),
        ("* | table(b, a)", plan(columns=["b", "a"]), ["table(b, a)"], ("b", "a")),
        ("* | table(a) | head 5", plan(columns=["a"], limit=5), ["table(a)", "head 5"], ("a",)),
        (
            "* | head 5 | where z: 1 | table(a)",
            plan(limit=5, columns=["z", "a"]),
            ["head 5", "where z: 1", "table(a)"],
            ("a",),
        ),
        (
            "* | head 5 | where error | table(a)",
            plan(limit=5),
            ["head 5", "where error", "table(a)"],
            ("a",),
        ),
        ("* | table(@index, a)", plan(columns=["a"]), ["table(@index, a)"], ("@index", "a")),
        (
            "* | table(a) | where a: 1",
            plan(
                filter={**ERROR, "column": {"parts": ["a"]}, "pattern": {"parts": ["1"], "exact_case": False}},
                columns=["a"],
            ),
            ["table(a)"],
            ("a",),
        ),
        (
            "error | count",
            plan(filter=ERROR, aggregate={"by": [], "functions": []}),
            [],
            ("@q.count",),
        ),
        (
            "* | groupbycount(a, b) | where `@q.count` > 1 | head 2",
            plan(aggregate={"by": ["a", "b"], "functions": []}),
            ["where @q.count > 1", "head 2"],
            ("a", "b", "@q.count"),
        ),
        (
            "* | stats count(), sum(x) as total, y by a",
            plan(
                aggregate={
                    "by": ["a"],
                    "functions": [
                        {"name": "count"},
                        {"name": "sum", "columns": ["x"]},
                        {"name": "min", "columns": ["y"]},
                    ],
                }
            ),
            [],
            ("a", "@q.count", "count()", "total", "y"),
        ),
        (
            "* | max(x)",
            plan(aggregate={"by": [], "functions": [{"name": "max", "columns": ["x"]}]}),
            [],
            ("@q.value",),
        ),
        (
            "* | head 9 | groupbycount(a)",
            plan(limit=9, columns=["a"]),
            ["head 9", "groupbycount(a)"],
            ("a", "@q.count"),
        ),
        (
            "* | table(a) | table(a, b) | head 3",
            plan(columns=["a"], limit=3),
            ["table(a)", "table(a, b)", "head 3"],
            ("a", "b"),
        ),
        ("* | count | head 2", plan(aggregate={"by": [], "functions": []}), ["head 2"], ("@q.count",)),
        ("* | count | table(a)", plan(aggregate={"by": [], "functions": []}), ["table(a)"], ("a",)),
        ("* | head 9 | count", plan(limit=9, columns=[]), ["head 9", "count()"], ("@q.count",)),
        (
            "* | count | count | table(x)",
            plan(aggregate={"by": [], "functions": []}),
            ["count()", "table(x)"],
            ("x",),
        ),
    ],
)
def test_split(text: str, expected: dict[str, Any], at_root: list[str], columns: tuple[str, ...] | None) -> None:
    query = compile_query(text)
    assert query.plan == expected
    assert [str(stage) for stage in query.root_stages] == at_root
    assert query.columns == columns
    assert query.is_aggregate == (expected["aggregate"] is not None)


@pytest.mark.parametrize(
    ("text", "since_ns", "until_ns", "node"),
    [
        ("@lb.time >= 1970-01-01T00:00:01Z", 10**9, None, ALL),
        ("@lb.time > 1970-01-01T00:00:01Z", 10**9 + 1, None, ALL),
        ("@lb.time < 1970-01-01T00:00:01Z error", None, 10**9, ERROR),
        ("@lb.time_ns < 5 error @lb.time_ns >= 5", 5, 5, {"op": "any", "of": []}),
        ("@lb.time <= 1970-01-01T00:00:01Z", None, 10**9 + 1, ALL),
        ("(@lb.time_ns >= 5) and (error (@lb.time_ns < 7))", 5, 7, ERROR),
        ("@lb.time_ns > 5 @lb.time_ns > 4 @lb.time_ns < 9 | where @lb.time_ns < 8", 6, 8, ALL),
        ("@lb.time in 1970-01-01..1970-01-02", 0, 86_400 * 10**9 + 1, ALL),
    ],
)
def test_event_time_narrows_the_search(
    text: str, since_ns: int | None, until_ns: int | None, node: dict[str, Any]
) -> None:
    assert compile_query(text).plan == plan(filter=node, since_ns=since_ns, until_ns=until_ns)


@pytest.mark.parametrize(
    "text",
    [
        "@lb.time_ns > 5.5",
        "@lb.time_ns > 9223372036854775807",
        "not @lb.time_ns > 5",
        "@lb.time_ns > 5 or error",
        "@scnr.datetime > 1970-01-02",  # an event's own column of that name comes first
        "* | head 1 | where @lb.time_ns > 5",
    ],
)
def test_other_conditions_on_time_stay_in_the_filter(text: str) -> None:
    compiled = compile_query(text).plan
    assert (compiled["since_ns"], compiled["until_ns"]) == (None, None)


def test_the_callers_range_and_the_querys_are_intersected() -> None:
    query = compile_query("@lb.time_ns >= 5 @lb.time_ns < 100", since_ns=7, until_ns=200)
    assert query.plan == plan(since_ns=7, until_ns=100)


def test_the_callers_limit_is_one_more_head() -> None:
    assert compile_query("* | head 5", limit=3).plan == plan(limit=3)
    assert compile_query("* | head 2", limit=3).plan == plan(limit=2)
    query = compile_query("* | count", limit=3)
    assert [str(stage) for stage in query.root_stages] == ["head 3"]


def test_options_reach_the_plan() -> None:
    query = compile_query("error", newest_first=False, use_index=False)
    assert query.plan == plan(filter=ERROR, newest_first=False, use_index=False)


@pytest.mark.parametrize(
    ("text", "indexes"),
    [
        ("error", None),
        ("@index=web error", ("web",)),
        ("error (@index=web *)", ("web",)),
        ("@index=(web auth web) error", ("web", "auth")),
        ('@index={ 9f0e | "web" } error', ("web",)),
        ("@index=* error", None),
    ],
)
def test_indexes_are_lifted_out_of_the_filter(text: str, indexes: tuple[str, ...] | None) -> None:
    query = compile_query(text)
    assert query.indexes == indexes
    assert query.plan["filter"] in (ERROR, ALL)


@pytest.mark.parametrize("text", ["error or @index=a", "not @index=a", "* | where @index=a", "(error or (x @index=a))"])
def test_an_index_elsewhere_is_an_error(text: str) -> None:
    with pytest.raises(QueryError) as caught:
        compile_query(text)
    assert caught.value.message == (
        '"@index" has to stand beside the other terms: not after "or", "not" or "where"; '
        'several indexes are written "@index=(a b)"'
    )
    assert text[caught.value.start : caught.value.end] == "@index=a"


def test_metadata_that_rows_do_not_carry_is_refused_at_the_root() -> None:
    with pytest.raises(QueryError) as caught:
        compile_query("* | head 5 | where @lb.source_type: json error")
    assert str(caught.value) == (
        '"@lb.source_type" works only before head, unless table chooses the columns\n'
        "  line 1, column 20\n"
        "  * | head 5 | where @lb.source_type: json error\n"
        "                     ^^^^^^^^^^^^^^^^^^^^^"
    )


def test_plan_bytes_are_the_plan() -> None:
    assert compile_query("error | head 1").plan_bytes() == (
        b'{"version":2,"filter":{"op":"has","column":null,"pattern":{"parts":["error"],'
        b'"exact_case":false}},"since_ns":null,"until_ns":null,"newest_first":true,"limit":1,'
        b'"columns":null,"aggregate":null,"use_index":true}'
    )
