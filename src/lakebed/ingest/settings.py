"""How a source is to be read: what a user says of it besides where it is."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import msgspec

from lakebed.native import EngineSettings, engine_errors


@dataclass(frozen=True)
class SourceSettings:
    """Everything may be left out: what is not said is found by content.

    `format` names a parser, `source_type` is what `@lb.source_type` shall be, `columns` names the columns of tables
    without a header, `time_fields` are fields to take the event time from, the first that is there.
    """

    format: str | None = None
    source_type: str | None = None
    columns: tuple[str, ...] = ()
    time_fields: tuple[str, ...] = ()

    def for_engine(self) -> EngineSettings:
        """The same, checked and compiled. Raises `UsageError` when something of it means nothing."""
        with engine_errors():
            return EngineSettings(msgspec.json.encode(dataclasses.asdict(self)))
