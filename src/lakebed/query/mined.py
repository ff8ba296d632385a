"""Rows at the root as JSON for the parts of the engine that look for structure in them, and what these answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from lakebed.model import Row, decode_json
from lakebed.query.json_lines import json_text

if TYPE_CHECKING:
    from lakebed.model import Scalar
    from lakebed.query.context import Notes
    from lakebed.query.record import Record

Answer = list[list["Scalar"]]


def event_json(record: Record, names: tuple[str, ...] = ()) -> bytes:
    """The row as a JSON object; only these columns of it where there are names."""
    if names:
        return json_text({name: record.value(name) for name in names})
    row = record.answer()
    return json_text(dict(row.event) if isinstance(row, Row) else row)


def read_answer(data: bytes, notes: Notes) -> tuple[Answer, dict[str, object]]:
    """The rows of an answer, and all of it; what it says of itself goes to the notes."""
    answer = cast("dict[str, object]", decode_json(data))
    for note in cast("list[str]", answer["notes"]):
        notes.add(note)
    return cast("Answer", answer["rows"]), answer
