"""docs/ecs.md says what the mappings are."""

from __future__ import annotations

from lakebed.transform.mappings import mappings_by_file
from tests.transform.mappings_page import PAGE, SCHEMAS, TITLES, render


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == render(), "run scripts/ecs-page"


def test_every_source_has_a_title() -> None:
    assert all(mappings_by_file(schema).keys() == TITLES.keys() for schema in SCHEMAS)
