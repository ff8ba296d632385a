"""Options that say how a source is to be read, for all commands that read one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from lakebed.ingest.settings import SourceSettings, TimeRule


@Parameter(name="*")
@dataclass(frozen=True)
class SourceOptions:
    """What is not said is found by content."""

    format: Annotated[str | None, Parameter(help="name of the parser [found by content]")] = None
    source_type: Annotated[str | None, Parameter(help="what @lb.source_type shall be [found by content]")] = None
    column: Annotated[
        list[str] | None,
        Parameter(negative="", help="name of a column, for tables without a header; once for each, in their order"),
    ] = None
    time: Annotated[
        list[str] | None,
        Parameter(
            negative="",
            help="where the event time is: FIELD, FIELD%FORMAT as strftime has it, FIELD~REGEX with one group, or "
            "~REGEX in the whole record; may be given several times",
        ),
    ] = None
    time_field: Annotated[
        list[str] | None,
        Parameter(negative="", help="field that holds the event time; may be given several times"),
    ] = None
    zone: Annotated[str | None, Parameter(help="zone of times without one, such as Europe/Berlin or +02:00 [UTC]")] = (
        None
    )

    def settings(self) -> SourceSettings:
        """The same for those who read the source. Raises `UsageError` for a rule of time that is none."""
        return SourceSettings(
            format=self.format,
            source_type=self.source_type,
            columns=tuple(self.column or ()),
            time=tuple(TimeRule.parse(rule) for rule in self.time or ()),
            time_fields=tuple(self.time_field or ()),
            zone=self.zone,
        )
