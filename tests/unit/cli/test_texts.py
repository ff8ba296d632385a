"""Safe text, exact JSON, sizes and widths."""

from __future__ import annotations

import json
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakebed.cli.rows import fit, shrink
from lakebed.cli.sizes import size_text
from lakebed.query.json_lines import json_text
from lakebed.safe_text import safe_text


@given(st.text(alphabet=st.characters(codec=None)))
def test_safe_text_has_nothing_that_a_terminal_obeys(text: str) -> None:
    shown = safe_text(text)
    assert not [one for one in shown if unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"}]
    shown.encode()


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S"])))
def test_safe_text_leaves_ordinary_text_alone(text: str) -> None:
    assert safe_text(text) == text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": 10**30}, b'{"a":1000000000000000000000000000000}'),
        ({"a": Decimal("1.10"), "b": [10**20, None, True]}, b'{"a":1.10,"b":[100000000000000000000,null,true]}'),
        ({"a": "\ud800"}, b'{"a":"\\ud800"}'),
        ({"a": "é\x1b"}, '{"a":"é\\u001b"}'.encode()),
        ({"big": 10**30, "t": "é"}, '{"big":1000000000000000000000000000000,"t":"é"}'.encode()),
    ],
)
def test_json_text_loses_nothing(value: object, expected: bytes) -> None:
    assert json_text(value) == expected
    json.loads(expected)


@pytest.mark.parametrize(
    ("size", "expected"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (12_345, "12.3 kB"), (999_600, "1.00 MB"), (1.5e17, "150 PB")],
)
def test_sizes(size: float, expected: str) -> None:
    assert size_text(size) == expected


@given(st.lists(st.integers(1, 200), min_size=1, max_size=8), st.integers(20, 200))
def test_columns_are_shrunk_to_fit(wanted: list[int], width: int) -> None:
    found = shrink(wanted, width)
    assert all(new <= old for new, old in zip(found, wanted, strict=True))
    total = sum(found) + 2 * (len(found) - 1)
    assert total <= width or max(found) <= 6
    if sum(wanted) + 2 * (len(wanted) - 1) <= width:
        assert found == wanted


def test_fit() -> None:
    assert (fit("abcdef", 4), fit("abc", 4), fit("日本語", 5), fit("abc", 0)) == ("abc…", "abc", "日本…", "abc")
