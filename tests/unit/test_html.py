"""The table of a notebook: text stays text, rows are not lost, and what is left out is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import lakebed
from tests.logs import event, write_log

if TYPE_CHECKING:
    from pathlib import Path

    from lakebed.api import Lake

HOSTILE = '<script>alert(1)</script><img src=x onerror="x">&\u202e\x1b[2J'


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    opened = lakebed.open(tmp_path / "lake")
    events = [event(n, n=n, **{"<b>name</b>": HOSTILE}) for n in range(120)]
    opened.index(write_log(tmp_path / "a.json", events), into="web")
    return opened


def test_an_aggregate_in_full(lake: Lake) -> None:
    shown = lake.search("n < 2 | groupbycount(n) | head 5")._repr_html_()
    assert shown == (
        "<table><thead><tr><th>n</th><th>@q.count</th></tr></thead><tbody>"
        '<tr><td style="text-align:right">0</td><td style="text-align:right">1</td></tr>'
        '<tr><td style="text-align:right">1</td><td style="text-align:right">1</td></tr>'
        "</tbody></table><p>2 rows</p>"
    )


@pytest.mark.parametrize("query", ["*", "* | table(`<b>name</b>`, n)", "* | groupbycount(`<b>name</b>`)"])
def test_log_content_is_text(lake: Lake, query: str) -> None:
    shown = lake.search(query)._repr_html_()
    assert "<script" not in shown
    assert "<img" not in shown
    assert "<b>" not in shown
    assert "\u202e" not in shown
    assert "\x1b" not in shown
    assert "&lt;script&gt;" in shown


def test_rows_are_still_there_afterwards(lake: Lake) -> None:
    found = lake.search("*")
    assert "<p>70 more rows</p>" in found._repr_html_()
    assert found._repr_html_().count("<tr>") == 51
    assert len(list(found)) == 120
    found = lake.search("*")
    found._repr_html_()
    assert b"".join(found.json_lines()) == b"".join(lake.search("*").json_lines())


def test_warnings_stand_below(lake: Lake) -> None:
    shown = lake.search("number: 5")._repr_html_()
    assert shown.endswith("<p>0 rows</p><p>warning: no event has the column &#x27;number&#x27;</p>")
