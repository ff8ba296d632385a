"""The examples of docs/transforms.md are what happens."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lakebed.ingest.parsed import ParsedObject
from lakebed.ingest.settings import SourceSettings
from lakebed.transform.load import load_transform
from lakebed.transform.reader import VERBS
from tests import mmdb
from tests.transform.programs import KEY

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "transforms.md").read_text()
SECTIONS = dict(re.findall(r"^## (`.*?)$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
FILE = re.compile(r"```\w+ (\S+)\n(.*?)```", re.DOTALL)
EXAMPLE = re.compile(
    r"```toml\n(.*?)```\n(?:\n```\w+ \S+\n.*?```\n)?\n```json\n(.*?)```\n\n"
    r"(becomes|becomes, among other fields,)\n\n```json\n(.*?)```",
    re.DOTALL,
)
HMAC = re.compile(r"HMAC\((.*?)\)")

CITY = {
    "city": {"names": {"en": "Milton"}},
    "continent": {"code": "NA"},
    "country": {"iso_code": "US", "names": {"en": "United States"}},
    "location": {"latitude": 47.25, "longitude": -122.31},
    "subdivisions": [{"iso_code": "WA", "names": {"en": "Washington"}}],
}
ASN = {"autonomous_system_number": 64500, "autonomous_system_organization": "Example Net"}


def test_every_verb_has_its_section_with_an_example() -> None:
    named = [name for title in SECTIONS for name in re.findall(r"`(\w+)`", title)]
    assert sorted(named) == sorted(VERBS)
    assert [title for title, text in SECTIONS.items() if not EXAMPLE.search(text)] == []


@pytest.mark.parametrize("title", SECTIONS)
def test_examples_are_what_happens(title: str, tmp_path: Path) -> None:
    for name, text in FILE.findall(SECTIONS[title]):
        (tmp_path / name).write_text(text)
    (tmp_path / "GeoLite2-City.mmdb").write_bytes(mmdb.write({"203.0.113.0/24": CITY}, "GeoLite2-City"))
    (tmp_path / "GeoLite2-ASN.mmdb").write_bytes(mmdb.write({"203.0.113.0/24": ASN}, "GeoLite2-ASN"))
    for toml, before, word, after in EXAMPLE.findall(SECTIONS[title]):
        (tmp_path / "t.toml").write_text(toml)
        transform = load_transform(tmp_path / "t.toml", environment={"LAKEBED_MASK_KEY": KEY})
        settings = SourceSettings(transform=transform)
        parsed = ParsedObject("file:///a", [before.encode()], settings, modified_ns=0)
        found = [json.loads(event.json, parse_float=Decimal) for event in parsed]
        expected = HMAC.sub(lambda value: masked(value[1]), after)
        wanted = [json.loads(line, parse_float=Decimal) for line in expected.splitlines()]
        assert (found if word == "becomes" else [cut_to(*pair) for pair in zip(found, wanted, strict=True)]) == wanted
        assert parsed.report.transform_errors == 0


def cut_to(event: Any, shown: Any) -> Any:  # Any: JSON
    """What of the event the page shows."""
    if not isinstance(event, dict) or not isinstance(shown, dict):
        return event
    return {key: cut_to(event[key], inner) for key, inner in shown.items() if key in event}


def masked(text: str) -> str:
    """What the page's words say a mask is."""
    return hmac.new(KEY.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]
