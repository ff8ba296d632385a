"""How a source is to be read: what a user says of it besides where it is."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import msgspec

from lakebed.errors import UsageError
from lakebed.native import EngineSettings, EngineTransform, engine_errors


@dataclass(frozen=True)
class TimeRule:
    """Where the event time may stand, and how it is written.

    `field` is the name of a field; None is the record as it stands in the source. `regex` has one group, which holds
    the time; it is needed where there is no field. `format` is as strftime has it; None reads any form that is not
    ambiguous.
    `zone` is that of times without one: a name such as `Europe/Berlin`, or an offset such as `+02:00`.

    >>> TimeRule.parse("when%d.%m.%Y %H:%M")
    TimeRule(field='when', regex=None, format='%d.%m.%Y %H:%M', zone=None)
    """

    field: str | None = None
    regex: str | None = None
    format: str | None = None
    zone: str | None = None

    @classmethod
    def parse(cls, text: str) -> TimeRule:
        """Reads the short form: `FIELD`, `FIELD%FORMAT`, `FIELD~REGEX`, or `~REGEX` for the record as it stands."""
        at = next((at for at, sign in enumerate(text) if sign in "~%"), len(text))
        field, rest = text[:at] or None, text[at:]
        if rest.startswith("~"):
            return cls(field, regex=rest[1:])
        if field is None:
            raise UsageError(
                f"not a rule for the event time: '{text}'; wanted FIELD, FIELD%FORMAT, FIELD~REGEX or ~REGEX"
            )
        return cls(field, format=rest or None)


@dataclass(frozen=True, eq=False)
class Transform:
    """Steps that every parsed event goes through, ready for the engine; `lakebed.load_transform` makes one.

    Two are equal only when they are one. `notes` is what its maker has to tell, such as indicators that are left out.
    """

    engine: EngineTransform
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class SourceSettings:
    """Everything may be left out: what is not said is found by content.

    `format` names a parser, `source_type` is what `@lb.source_type` shall be, `columns` names the columns of tables
    without a header. `time` are rules for the event time, tried in their order; `time_fields` are fields that are tried
    after them, any form is read. `zone` is that of times without one. `transform` is what events go through before
    anything else is done with them; the time of an event is taken from what it becomes. `opened_as` is for those who
    open objects that are no text: the source type of what turns out to be of no kind that is known.
    """

    format: str | None = None
    source_type: str | None = None
    columns: tuple[str, ...] = ()
    time: tuple[TimeRule, ...] = ()
    time_fields: tuple[str, ...] = ()
    zone: str | None = None
    transform: Transform | None = None
    opened_as: str | None = None

    def for_engine(self) -> EngineSettings:
        """The same, checked and compiled. Raises `UsageError` when something of it means nothing."""
        told = asdict(replace(self, transform=None))
        del told["transform"]
        with engine_errors():
            return EngineSettings(msgspec.json.encode(told), self.transform.engine if self.transform else None)
