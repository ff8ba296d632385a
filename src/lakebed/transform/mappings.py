"""The mappings of events to the Elastic Common Schema and to the Open Cybersecurity Schema Framework.

They are data: one TOML file a source in the folders `ecs` and `ocsf` beside this file, the expression of the query
language for each field of the schema. So what a field is made of can be read, shown on a page, and checked against the
schema, without running anything.
"""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources

import msgspec

from lakebed.decoding import converted
from lakebed.errors import UsageError

SCHEMAS = ("ecs", "ocsf")


@dataclass(frozen=True)
class Mapping:
    """What events of some source types are in a schema: the text of an expression for each field, by its dotted name.

    A field whose expression is null or an empty array for an event is not there.
    """

    source_types: tuple[str, ...]
    """As `@lb.source_type` has them; no other mapping of the schema has one of them."""
    needs: tuple[str, ...]
    """An event has at least one of them. Lines that did not parse, and what an envelope has besides its events, have
    the same source type, and nothing is to be said of them."""
    doc: str
    fields: dict[str, str]


@functools.cache
def load_mappings(name: str) -> tuple[Mapping, ...]:
    """The mappings of a schema, `ecs` or `ocsf`, in the order of their files' names.

    >>> [mapping.fields["class_uid"] for mapping in load_mappings("ocsf") if "aws:vpcflow" in mapping.source_types]
    ['4001']
    """
    return tuple(mappings_by_file(name).values())


@functools.cache
def mappings_by_file(name: str) -> dict[str, Mapping]:
    """The mappings of a schema by the names of their files, such as `cloudtrail`."""
    if name not in SCHEMAS:
        known = " and ".join(f'"{schema}"' for schema in SCHEMAS)
        raise UsageError(f'there are mappings to {known}, not to "{name}"')
    folder = resources.files("lakebed.transform") / name
    files = sorted((file.name, file.read_text("utf-8")) for file in folder.iterdir() if file.name.endswith(".toml"))
    return {file.removesuffix(".toml"): read_mapping(f"{name}/{file}", text) for file, text in files}


def read_mapping(file: str, text: str) -> Mapping:
    """The mapping in the text of a file; errors name the file so.

    >>> text = 'source_types = ["app"]\\nneeds = ["who"]\\ndoc = "An app."\\nfields = {"user.name" = "who"}'
    >>> read_mapping("ecs/app.toml", text)
    Mapping(source_types=('app',), needs=('who',), doc='An app.', fields={'user.name': 'who'})
    """
    try:
        read = converted(tomllib.loads(text), _File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise UsageError(f"the mapping {file} cannot be read: {error}") from error
    return Mapping(read.source_types, read.needs, read.doc.strip(), read.fields)


class _File(msgspec.Struct, forbid_unknown_fields=True):
    source_types: tuple[str, ...]
    needs: tuple[str, ...]
    doc: str
    fields: dict[str, str]
