"""Options that say how a source is to be read, for all commands that read one."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from lakebed.ingest.settings import SourceSettings, TimeRule
from lakebed.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakebed.ingest.settings import Transform
    from lakebed.query.lookup.file import LookupFile


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

    transform: Annotated[
        list[str] | None,
        Parameter(
            negative="",
            help="what events go through first: ecs, ocsf, or the path of a TOML file; may be given several times",
        ),
    ] = None

    def settings(self, lookups: Callable[[str], LookupFile] | None = None) -> SourceSettings:
        """The same for those who read the source. `lookups` opens a lookup table of the lake that is written to; those
        who write to none see the tables of the lake that is used when none is named.

        Raises `UsageError` for a rule of time that is none, and for a transform that means nothing.
        """
        return SourceSettings(
            format=self.format,
            source_type=self.source_type,
            columns=tuple(self.column or ()),
            time=tuple(TimeRule.parse(rule) for rule in self.time or ()),
            time_fields=tuple(self.time_field or ()),
            zone=self.zone,
            transform=self._transform(lookups),
        )

    def _transform(self, lookups: Callable[[str], LookupFile] | None) -> Transform | None:
        if not self.transform:
            return None
        from lakebed.transform.load import load_transform

        transform = load_transform(*self.transform, lookups=lookups or _usual_lookups)
        for note in transform.notes:
            sys.stderr.write(safe_text(f"note: {note}") + "\n")
        return transform


def _usual_lookups(name: str) -> LookupFile:
    from lakebed.api import open as open_lake

    with open_lake() as lake:
        return lake.lookups.open(name)
