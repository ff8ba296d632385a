"""TOML to the steps of the engine, and what is told of TOML that means nothing."""

from __future__ import annotations

from typing import Any

import pytest

from lakebed.errors import LakebedError, QueryError, UsageError
from lakebed.transform import limits
from lakebed.transform.names import pattern_of
from lakebed.transform.reader import VERBS
from tests.transform.programs import KEY, compiled, steps_of

A, B = {"column": "a"}, {"column": "b"}
ANY = {"parts": [{"star": 2}]}

STEPS: list[tuple[str, list[dict[str, Any]]]] = [
    ("parse_json = 'log'", [{"do": "parse_json", "field": "log", "into": "log_json"}]),
    ("parse_json = 'a.b'\ninto = ''", [{"do": "parse_json", "field": "a.b", "into": ""}]),
    ("parse_key_value = 'message'", [{"do": "parse_key_value", "field": "message", "into": "message_kv"}]),
    ("parse_key_value = 'm'\ninto = 'x.y'", [{"do": "parse_key_value", "field": "m", "into": "x.y"}]),
    ("split = 'Records'", [{"do": "split", "field": "Records", "lift": False}]),
    ("unwrap = 'winlog.event_data'", [{"do": "unwrap", "field": "winlog.event_data"}]),
    ("split = 'Records'\nlift = true", [{"do": "split", "field": "Records", "lift": True}]),
    (
        "rename = { 'a.b' = 'c', src.ip = 'source.ip', 'list[0]' = 'first' }",
        [
            {"do": "rename", "from": "a.b", "to": "c"},
            {"do": "rename", "from": "src.ip", "to": "source.ip"},
            {"do": "rename", "from": "list[0]", "to": "first"},
        ],
    ),
    ("drop = 'pad'", [{"do": "drop", "columns": [{"parts": ["pad"]}]}]),
    (
        r"drop = ['debug.*', 'x**y', 'a\*', '*', 'two words']",
        [
            {
                "do": "drop",
                "columns": [
                    {"parts": ["debug.", {"star": 1}]},
                    {"parts": ["x", {"star": 2}, "y"]},
                    {"parts": ["a*"]},
                    ANY,
                    {"parts": ["two words"]},
                ],
            }
        ],
    ),
    ("mask = 'user'", [{"do": "mask", "columns": [{"parts": ["user"]}], "key": KEY.encode().hex(), "regex": None}]),
    (
        "mask = ['user']\nregex = '[0-9]+'\nkey_env = 'OTHER'",
        [{"do": "mask", "columns": [{"parts": ["user"]}], "key": b"0123456789abcdef".hex(), "regex": "[0-9]+"}],
    ),
    (
        "set = { x = 'a', 'y z' = '1', user.name = 'null' }",
        [
            {
                "do": "set",
                "fields": [
                    {"name": "x", "value": A},
                    {"name": "y z", "value": {"number": "1"}},
                    {"name": "user.name", "value": {"null": True}},
                ],
            }
        ],
    ),
    ("keep = '@lb.source_type'", [{"do": "keep", "where": {"column": "@lb.source_type"}}]),
    ("keep = 'a < b'", [{"do": "keep", "where": {"call": "less", "of": [A, B]}}]),
    ("discard = 'tags[*]'", [{"do": "discard", "where": {"pattern": {"parts": ["tags[", {"star": 1}, "]"]}}}]),
    (
        "drop = 'a'\nwhen = 'b'\nsource_types = ['json', 'text']",
        [{"when": B, "source_types": ["json", "text"], "do": "drop", "columns": [{"parts": ["a"]}]}],
    ),
    ("drop = 'a'\nsource_types = 'json'", [{"source_types": ["json"], "do": "drop", "columns": [{"parts": ["a"]}]}]),
]


@pytest.mark.parametrize(("text", "steps"), STEPS)
def test_a_step_becomes_what_the_engine_takes(text: str, steps: list[dict[str, Any]]) -> None:
    environment = {"LAKEBED_MASK_KEY": KEY, "OTHER": "0123456789abcdef"}
    found = compiled(f"[[step]]\n{text}\n", environment=environment)
    assert (steps_of(found), found.tables, found.notes) == (steps, [], [])
    assert {step["name"] for step in found.steps} == {f"step 1 ({text.split(maxsplit=1)[0]})"}


def test_steps_stay_in_their_order() -> None:
    text = "\ufeff# first\n[[step]]\ndrop = 'a'\n\n[[ step ]]\nkeep = 'b'\n[[step]]\nrename = { x = 'y' }\n"
    assert [step["do"] for step in compiled(text).steps] == ["drop", "keep", "rename"]


def test_steps_are_called_as_the_file_has_them() -> None:
    text = "[[step]]\nrename = { a = 'b', c = 'd' }\n[[step]]\nnormalize = 'ecs'\n[[step]]\ndrop = 'a'\n"
    names = [step["name"] for step in compiled(text).steps]
    assert names[:2] == ["step 1 (rename)"] * 2
    assert set(names[2:-1]) == {"step 2 (normalize)"}
    assert names[-1] == "step 3 (drop)"


def step(text: str) -> str:
    return f"[[step]]\n{text}\n"


VERBS_TOLD = ", ".join(f'"{verb}"' for verb in VERBS)
ERRORS = [
    ("", "'t.toml': wanted at least one [[step]], found none"),
    ("\na = x", "'t.toml': line 2, column 5: not TOML: invalid value"),
    ("[[step]]\ndrop = 'a", "'t.toml': line 2: not TOML: expected \"'\""),
    ("[step]\ndrop = 'a'", "'t.toml': wanted [[step]], found [step]: steps are an array of tables"),
    ("step = 1", "'t.toml': wanted [[step]], found step = 1"),
    ("step = [1]", "'t.toml', line 1, step 1: wanted a table, found 1"),
    ("[[steps]]\ndrop = 'a'", '\'t.toml\', "steps": unknown key: did you mean "step"?'),
    (
        "drop = 'a'\n[[step]]\ndrop = 'b'",
        '\'t.toml\', "drop": unknown key; steps begin with [[step]], "drop" stands before the first of them',
    ),
    (
        step("drop = 'a'") + step("drp = 'b'"),
        '\'t.toml\', line 3, step 2, "drp": unknown verb: did you mean "drop"?',
    ),
    (
        "[[step]]\n",
        f"'t.toml', line 1, step 1: wanted a verb, one of {VERBS_TOLD}; found an empty step",
    ),
    (
        step("when = 'a'"),
        f"'t.toml', line 1, step 1: wanted a verb, one of {VERBS_TOLD}; found only \"when\"",
    ),
    (
        step("keep = 'a'\ndrop = 'b'"),
        '\'t.toml\', line 1, step 1: wanted one verb, found "keep" and "drop": write a step for each',
    ),
    (
        step("split = 'a'\nlifts = true"),
        '\'t.toml\', line 1, step 1, "lifts": "split" has no such option: did you mean "lift"?',
    ),
    (step("split = 'a'\nlift = 'yes'"), '\'t.toml\', line 1, step 1, "lift": wanted true or false, found "yes"'),
    (step("split = 5"), "'t.toml', line 1, step 1, \"split\": wanted a text, found 5"),
    (
        step("split = 'a.*'"),
        '\'t.toml\', line 1, step 1, "split": wanted the name of one field, found the pattern "a.*"',
    ),
    (step("drop = []"), "'t.toml', line 1, step 1, \"drop\": wanted at least one text, found an empty array"),
    (
        step("drop = ['a', 5]"),
        "'t.toml', line 1, step 1, \"drop\": wanted a text or an array of texts, found 5 in an array",
    ),
    (
        step("drop = true"),
        "'t.toml', line 1, step 1, \"drop\": wanted a text or an array of texts, found true",
    ),
    (
        step("drop = ''"),
        "'t.toml', line 1, step 1, \"drop\": wanted the name of a field, found an empty text",
    ),
    (
        step("drop = '@lb.time'"),
        '\'t.toml\', line 1, step 1, "drop": "@lb.time" is no field of the event: it tells where the event is from',
    ),
    (
        step("rename = 'a'"),
        "'t.toml', line 1, step 1, \"rename\": wanted a table such as { name = '…' }, found \"a\"",
    ),
    (step("rename = {}"), "'t.toml', line 1, step 1, \"rename\": wanted at least one name, found an empty table"),
    (
        step("rename = { a = 'a' }"),
        '\'t.toml\', line 1, step 1, "rename", "a": the new name is the old one',
    ),
    (
        step("rename = { a = ['b'] }"),
        '\'t.toml\', line 1, step 1, "rename", "a": wanted a text, found an array',
    ),
    (
        step("rename = { a = 'b..c' }"),
        '\'t.toml\', line 1, step 1, "rename", "a": "b..c" has an empty part between its dots',
    ),
    (
        step("rename = { a = 'b[0]' }"),
        '\'t.toml\', line 1, step 1, "rename", "a": "b[0]" is an element of an array; arrays are made as a whole',
    ),
    (
        step(f"parse_json = 'a'\ninto = '{'x.' * 32}x'"),
        "'t.toml', line 1, step 1, \"into\": the name has 33 parts, the most is 32",
    ),
    (
        step("set = { a.b = 'x', 'a.b' = 'y' }"),
        '\'t.toml\', line 1, step 1, "set", "a.b": the name comes twice',
    ),
    (step("set = { n = 5 }"), '\'t.toml\', line 1, step 1, "set", "n": wanted a text, found 5'),
    (
        step("mask = 'a'\nregex = '(b'"),
        '\'t.toml\', line 1, step 1, "regex": a "(" of this regular expression is never closed',
    ),
    (
        step("normalize = 'esc'"),
        '\'t.toml\', line 1, step 1, "normalize": unknown form "esc": did you mean "ecs"?',
    ),
    (
        step("normalize = 'ecs'\nsource_types = ['nobody:knows']"),
        "'t.toml', line 1, step 1, \"normalize\": no mapping to ecs for the source types nobody:knows",
    ),
]


@pytest.mark.parametrize(("text", "message"), ERRORS)
def test_what_means_nothing_is_an_error_with_its_place(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        compiled(text)
    assert str(caught.value) == message


EXPRESSION_ERRORS = [
    (
        step("keep = 'a ='"),
        (
            "'t.toml', line 1, step 1, \"keep\": expected a column, a number, a text in quotes or a function, "
            "found the end of the expression\n  line 1, column 4\n  a =\n     ^"
        ),
    ),
    (
        step("set = { user.name = 'string.lowr(a)' }"),
        (
            '\'t.toml\', line 1, step 1, "set", "user.name": unknown function "string.lowr": '
            'did you mean "string.lower"?\n  line 1, column 1\n  string.lowr(a)\n  ^^^^^^^^^^^'
        ),
    ),
    (
        step("drop = 'a'\nwhen = 'a b'"),
        '\'t.toml\', line 1, step 1, "when": unexpected "b" after the expression\n  line 1, column 3\n  a b\n    ^',
    ),
    (
        step("keep = 'a < @lb.time'"),
        (
            '\'t.toml\', line 1, step 1, "keep": "@lb.time" is not known before the event is indexed\n'
            "  line 1, column 5\n  a < @lb.time\n      ^^^^^^^^"
        ),
    ),
    (
        step("discard = \"string.matches(a, '(')\""),
        (
            '\'t.toml\', line 1, step 1, "discard": a "(" of this regular expression is never closed\n'
            "  line 1, column 20\n  string.matches(a, '(')\n                     ^"
        ),
    ),
]


@pytest.mark.parametrize(("text", "message"), EXPRESSION_ERRORS)
def test_an_expression_that_is_none_is_shown_with_its_fault(text: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        compiled(text)
    assert str(caught.value) == message


def test_a_regular_expression_that_depends_on_the_event_is_told() -> None:
    with pytest.raises(LakebedError) as caught:
        compiled(step("keep = 'string.matches(a, b)'"))
    assert str(caught.value).startswith("'t.toml', line 1, step 1, \"keep\": ")


@pytest.mark.parametrize("environment", [{}, {"LAKEBED_MASK_KEY": ""}])
def test_a_mask_without_a_key_is_an_error(environment: dict[str, str]) -> None:
    with pytest.raises(UsageError) as caught:
        compiled(step("mask = 'a'"), environment=environment)
    assert str(caught.value) == (
        "'t.toml', line 1, step 1: \"mask\" wants a key of at least 16 characters in the environment variable "
        "'LAKEBED_MASK_KEY', found none; `openssl rand -hex 32` makes one"
    )


def test_a_short_key_is_an_error_that_does_not_tell_it() -> None:
    with pytest.raises(UsageError) as caught:
        compiled(step("mask = 'a'\nkey_env = 'K'"), environment={"K": "hunter2"})
    assert "found one of 7 characters" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_key_is_in_no_text_that_may_be_shown() -> None:
    found = compiled(step("mask = 'a'"))
    assert KEY not in repr(found)
    assert KEY.encode().hex() not in repr(found)


def test_a_text_that_looks_like_a_step_counts_for_none() -> None:
    text = "[[step]]\nset = { a = '''\"x\n[[step]]\n\"''' }\n[[step]]\nsplit = 5"
    with pytest.raises(UsageError) as caught:
        compiled(text)
    assert str(caught.value) == "'t.toml', line 5, step 2, \"split\": wanted a text, found 5"


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(UsageError) as caught:
        compiled(b"[[step]]\ndrop = '\xff'")
    assert str(caught.value) == "'t.toml': line 2: not UTF-8"


def test_limits_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    most = step("drop = 'a'") * limits.STEPS_MAX
    assert len(compiled(most).steps) == limits.STEPS_MAX
    for text, message in [
        (most + step("drop = 'a'"), f"'t.toml': wanted at most {limits.STEPS_MAX} steps, found {limits.STEPS_MAX + 1}"),
        (
            step(f"drop = {['a'] * (limits.NAMES_MAX + 1)}"),
            "'t.toml', line 1, step 1, \"drop\": wanted at most 1,000 texts, found 1,001",
        ),
        ("#" * (limits.TRANSFORM_BYTES_MAX + 1), "'t.toml': the file is larger than 1,048,576 bytes"),
        ("a = " + "[" * 100_000, "'t.toml': line 1: not TOML: nested too deeply"),
        (
            "".join(
                step("rename = {" + ", ".join(f"a{place} = 'b{place}'" for place in range(501)) + "}") for _ in range(2)
            ),
            "'t.toml', line 3, step 2: the transforms have more than 1,000 steps here",
        ),
    ]:
        with pytest.raises(UsageError) as caught:
            compiled(text)
        assert str(caught.value) == message


def test_patterns_are_those_of_queries() -> None:
    from lakebed.query.lexer import token_at

    for text in ("a", "user.*", "**.name", "a*b**c", "tags[*]", r"a\*b", "two words", "*name"):
        assert pattern_of(text) == token_at(f"`{text}`", 0).text
