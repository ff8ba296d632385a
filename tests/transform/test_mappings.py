"""The files of mappings: they are read, every expression means something, and every name is one that a schema has."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from lakebed.errors import UsageError
from lakebed.transform.mappings import SCHEMAS, load_mappings, mappings_by_file, read_mapping
from tests.transform import sample_events
from tests.transform.mapped import compiled, evaluated
from tests.transform.schemas import field_types

PARSERS = Path(__file__).parents[2] / "crates" / "core" / "src" / "parse"

FIELDS = [
    pytest.param(text, id=f"{schema}/{file}:{name}")
    for schema in SCHEMAS
    for file, mapping in mappings_by_file(schema).items()
    for name, text in mapping.fields.items()
]
MAPPINGS = [(schema, file) for schema in SCHEMAS for file in mappings_by_file(schema)]


def test_both_schemas_have_the_same_sources() -> None:
    ecs, ocsf = (
        {file: (one.source_types, one.needs) for file, one in mappings_by_file(schema).items()} for schema in SCHEMAS
    )
    assert ecs == ocsf
    assert ecs.keys() == {sample_events.source_of(name) for name in sample_events.LOGS}
    assert len(load_mappings("ecs")) == len(ecs)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_source_type_has_one_mapping(schema: str) -> None:
    types = [source_type for mapping in load_mappings(schema) for source_type in mapping.source_types]
    assert len(set(types)) == len(types)
    given = "".join(path.read_text() for path in PARSERS.rglob("*.rs"))
    assert [one for one in types if f'"{one}"' not in given and not one.startswith("windows:")] == []


@pytest.mark.parametrize("text", FIELDS)
def test_an_expression_is_one(text: str) -> None:
    compiled(text)


@pytest.mark.parametrize(("schema", "file"), MAPPINGS)
def test_fields_are_those_of_the_schema(schema: str, file: str) -> None:
    names = mappings_by_file(schema)[file].fields
    assert [name for name in names if name not in field_types(schema)] == []
    inside = [(one, other) for one, other in itertools.permutations(names, 2) if other.startswith(f"{one}.")]
    assert inside == []


@pytest.mark.parametrize("schema", SCHEMAS)
def test_no_field_of_a_list_is_left_over(schema: str) -> None:
    assert {name for one in load_mappings(schema) for name in one.fields} == field_types(schema).keys()


@pytest.mark.parametrize(("schema", "file"), MAPPINGS)
def test_the_samples_set_every_field_and_have_every_column(schema: str, file: str) -> None:
    """So that no name of a column is misspelled. A field may read those of the schema that stand before it."""
    mapping = mappings_by_file(schema)[file]
    found = evaluated(schema, mapping, [one.event for one in sample_events.source_events(file)])
    assert [name for name in mapping.fields if not any(name in fields for fields in found)] == []
    known = sample_events.columns(file)
    for name, text in mapping.fields.items():
        assert [column for column in compiled(text).columns() if column not in known] == [], name
        known.add(f"@{schema}.{name}")


def test_an_unknown_schema_is_an_error() -> None:
    with pytest.raises(UsageError) as error:
        load_mappings("cim")
    assert str(error.value) == 'there are mappings to "ecs" and "ocsf", not to "cim"'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('doc = "b"', "Object missing required field `source_types`"),
        ('source_types = ["a"]\ndoc = "b"\n[fields]\nx = 5', "Expected `str`, got `int` - at `$.fields[...]`"),
        ('source_types = ["a"]\ndoc = "b"\nfield = {}', "Object contains unknown field `field`"),
        ("source_types = [", "Invalid value (at end of document)"),
    ],
)
def test_a_file_that_is_none_is_an_error(text: str, reason: str) -> None:
    with pytest.raises(UsageError) as error:
        read_mapping("ecs/x.toml", text)
    assert str(error.value) == f"the mapping ecs/x.toml cannot be read: {reason}"
