"""docs/formats.md: made from the code, and no format is left out."""

from __future__ import annotations

import json

from lakebed import _core
from tests.formats import page


def test_the_page_is_what_the_code_says() -> None:
    assert page.render() == page.PAGE.read_text(), "run scripts/formats-page"


def test_every_format_says_what_it_does() -> None:
    words = page.formats()
    assert list(words) == [one["name"] for one in json.loads(_core.formats())]
    parts = ("*Recognised*", "*Fields*", "*Kept raw*")
    missing = [(name, part) for name, text in words.items() for part in parts if part not in text]
    assert missing == []


def test_every_module_that_opens_is_described() -> None:
    openers = {path.stem for path in (page.ROOT / "src/lakebed/ingest/opening").glob("*.py")}
    helpers = {"__init__", "front", "magic", "reader", "rows", "windows_event", "event_hub"}
    assert openers - helpers == set(page.OPENED.values())
