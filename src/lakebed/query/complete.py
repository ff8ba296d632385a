"""Completion: what may stand at the cursor of a query, for the command line, the API, pages and editors alike."""

from __future__ import annotations

import dataclasses
import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from lakebed.errors import QueryError
from lakebed.execute.index_plan import INDEX_COLUMN
from lakebed.query.complete_indexes import indexes_around
from lakebed.query.complete_place import Place, place_at
from lakebed.query.functions import FUNCTIONS
from lakebed.query.lexer import Kind
from lakebed.query.operands import COLUMN_OPERATORS
from lakebed.query.parser import parse_query
from lakebed.query.printer import print_column, print_filter
from lakebed.query.record import LEAF_ONLY_METADATA
from lakebed.query.scalar_functions import scalar_functions
from lakebed.query.stages import STAGES
from lakebed.query.syntax import Column, Equals, FreeText, Star, Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lakebed.model import Scalar
    from lakebed.query.lexer import Token
    from lakebed.query.sample_fields import FieldSample, ValueSample

SUGGESTIONS_MAX = 100
"""Suggestions of one answer. Nobody reads more, and the next letter gives others."""

METADATA = (
    *("@lb.time", "@lb.time_ns", "@index", "@lb.object", "@lb.record"),
    *sorted(name for name in LEAF_ONLY_METADATA if name.startswith("@")),  # nobody should learn the oldest names
)

OPERATORS = {
    ":": "contains a word or phrase",
    "=": "is, as a whole",
    "!=": "is not; true where the column is missing",
    ">": "is a greater number, or a later time",
    ">=": "is a number as great, or greater",
    "<": "is a smaller number, or an earlier time",
    "<=": "is a number as small, or smaller",
    "in": "is in a network, or in a range such as 1..5",
    "~": "a regular expression finds something in it",
}
_KINDS = {
    Kind.AND: ("and", "keyword", "both; a space means the same"),
    Kind.OR: ("or", "keyword", "one of both"),
    Kind.NOT: ("not", "keyword", "what the next term is false for"),
    Kind.PIPE: ("|", "keyword", "the next stage"),
    Kind.COMMA: (",", "keyword", ""),
    Kind.OPEN: ("(", "keyword", ""),
    Kind.CLOSE: (")", "keyword", ""),
}


@dataclass(frozen=True)
class Suggestion:
    """One thing that may stand there. `text` replaces the span of the completion."""

    text: str
    kind: str
    """`field`, `value`, `stage`, `function`, `keyword`, `operator` or `index`."""
    detail: str = ""
    """A few words: the type and coverage of a field, the count of a value, how a function is called."""
    doc: str = ""


@dataclass(frozen=True)
class Completion:
    """What may stand at the cursor, the likeliest first; characters `start` to `end` are replaced."""

    start: int
    end: int
    suggestions: tuple[Suggestion, ...] = ()
    is_complete: bool = True
    """False: there are others, or only a part of the data was looked at."""
    note: str = ""
    """Why there is nothing, or what the suggestions are taken from."""


class Source(Protocol):
    """Where names and values come from."""

    def fields(self, indexes: Sequence[str] | None) -> FieldSample:
        """The fields of the data, of all indexes or of these."""

    def values(self, name: str, indexes: Sequence[str] | None) -> ValueSample:
        """The values of a field, likewise."""

    def indexes(self) -> list[str]:
        """Names of the indexes."""


def complete(text: str, cursor: int, source: Source) -> Completion:
    """What may stand at `cursor` (characters from the start). Never raises for what the text holds."""
    try:
        place = place_at(text, cursor)
    except QueryError as error:  # such as half a character
        return Completion(cursor, cursor, note=error.message)
    if place is None:
        return Completion(cursor, cursor)
    if place.problem:
        return Completion(place.start, place.end, note=f"the query is wrong before this place: {place.problem}")
    answer = _Answer(place, text, source)
    found = list(answer.suggestions())
    prefix = place.prefix.lower()
    starts = [one for one in found if _plain(one.text).startswith(prefix)]
    holds = [one for one in found if one not in starts and len(prefix) > 1 and prefix in _plain(one.text)]
    kept = tuple(dict.fromkeys([*starts, *holds]))
    is_complete = answer.is_complete and len(kept) <= SUGGESTIONS_MAX
    return Completion(place.start, place.end, kept[:SUGGESTIONS_MAX], is_complete, answer.note)


def _plain(text: str) -> str:
    return text.strip("'\"`").lower()


class _Answer:
    """Collects the suggestions for one place."""

    def __init__(self, place: Place, text: str, source: Source) -> None:
        self._place = place
        self._text = text
        self._source = source
        self.is_complete = True
        self.note = ""

    def suggestions(self) -> Iterator[Suggestion]:
        place = self._place
        if place.quote in ("'", '"') and place.quote:
            yield from self._values() if place.expects("a value", "a number") else ()
            return
        if place.expects("a stage"):
            yield from _stages()
            return
        if place.expects("index"):
            yield from self._indexes()
            return
        if place.is_in_value_group or place.expects("a value", "a number or a time"):
            yield from self._values()
        if not place.quote:
            yield from self._operators()
        if self._is_measure():
            yield from _aggregate_functions()
        if self._takes_names():
            yield from self._fields()
        if place.takes_operand:
            yield from _scalar_functions()
        if not place.quote:
            yield from self._keywords()

    def _is_measure(self) -> bool:
        """Functions stand after the name of a stage that has measures, and after each comma."""
        stage, last = STAGES.get(self._place.stage), self._place.last
        if stage is None or last is None or "measures" not in {one.name for one in dataclasses.fields(stage)}:
            return False
        taken = self._place.taken
        if any(token.source.lower() == "by" for token in taken if token.start > self._place.before_stage):
            return False
        is_after_option = len(taken) > 1 and taken[-2].kind is Kind.EQUAL
        is_argument = self._place.expects("a column name after") and last.kind is Kind.COMMA
        return (
            last.source.lower() == self._place.stage or is_after_option or (last.kind is Kind.COMMA and not is_argument)
        )

    def _takes_names(self) -> bool:
        place = self._place
        if place.is_in_value_group:
            return False
        is_term = place.expects("a search term") or Kind.AND in place.kinds or not place.taken
        return is_term or self._is_measure() or place.takes_operand or place.expects("column")

    def _operators(self) -> Iterator[Suggestion]:
        """After a word that may be a column."""
        place, last = self._place, self._place.last
        is_column = last is not None and last.kind in (Kind.WORD, Kind.BACKTICK)
        if is_column and Kind.AND in place.kinds and not place.is_in_value_group and not self._is_value(last):
            yield from (Suggestion(text, "operator", "", doc) for text, doc in OPERATORS.items())

    def _keywords(self) -> Iterator[Suggestion]:
        place = self._place
        is_term = place.expects("a search term") or not place.taken
        if is_term:
            yield Suggestion("not", "keyword", "", "what the next term is false for")
        for word in sorted(place.words):
            yield Suggestion(word, "keyword")
        for kind, (text, of, doc) in _KINDS.items():
            if kind in place.kinds and not (kind is Kind.NOT and is_term):
                yield Suggestion(text, of, "", doc)

    def _is_value(self, token: Token | None) -> bool:
        """Whether the word before the place belongs to an operator before it."""
        taken = self._place.taken
        return token is not None and len(taken) > 1 and taken[-2].kind in COLUMN_OPERATORS

    def _fields(self) -> Iterator[Suggestion]:
        columns = self._columns_before()
        if columns is not None:
            yield from (
                Suggestion(_name(name, in_stage=True), "field", "column of the stage before") for name in columns
            )
            return
        sample = self._source.fields(self._indexes_around())
        self.is_complete &= sample.is_complete
        if not sample.is_complete:
            self.note = f"fields of the newest segments, counted in {sample.rows:,} events"
        in_stage = bool(self._place.stage) and self._place.stage != "where"
        by_count = sorted(sample.fields.items(), key=lambda pair: (-pair[1].values, pair[0]))
        for name, facts in by_count:
            share = (
                f", in {min(1.0, facts.values / sample.rows):.0%} of events" if sample.rows and "[" not in name else ""
            )
            yield Suggestion(
                _name(name, in_stage=in_stage), "field", (" or ".join(sorted(facts.kinds)) or "rare") + share
            )
        yield from (Suggestion(name, "field", "metadata") for name in METADATA)

    def _columns_before(self) -> tuple[str, ...] | None:
        """Columns of the table that the stage is given; None for whole events."""
        if not self._place.stage:
            return None
        try:
            query = parse_query(self._text[: self._place.before_stage])
        except QueryError:
            return None
        columns: tuple[str, ...] | None = None
        for stage in query.stages:
            columns = stage.columns_after(columns)
        return columns

    def _values(self) -> Iterator[Suggestion]:
        token = self._place.column
        if token is None or len(token.text) != 1 or not isinstance(token.text[0], str):
            return
        if token.text[0] == INDEX_COLUMN:
            yield from self._indexes()
            return
        if self._place.stage and self._columns_before() is not None:
            return
        sample = self._source.values(token.text[0], self._indexes_around())
        self.is_complete &= sample.is_complete
        if not sample.is_complete:
            self.note = f"values in the newest {sample.rows:,} events"
        for value, count in sample.values:
            yield Suggestion(_value(value, self._place.quote), "value", f"{count:,} events")

    def _indexes_around(self) -> tuple[str, ...] | None:
        return indexes_around(self._text, self._place.start)

    def _indexes(self) -> Iterator[Suggestion]:
        yield from (Suggestion(name, "index") for name in self._source.indexes())


def _stages() -> Iterator[Suggestion]:
    for name, stage in sorted(STAGES.items()):
        yield Suggestion(name, "stage", "", _doc(stage))


def _aggregate_functions() -> Iterator[Suggestion]:
    for name, function in sorted(FUNCTIONS.items()):
        yield Suggestion(f"{name}(", "function", function.usage(), _doc(function))


def _scalar_functions() -> Iterator[Suggestion]:
    for name, function in sorted(scalar_functions().items()):
        yield Suggestion(f"{name}(", "function", function.usage, function.doc)


def _doc(documented: type) -> str:
    """The first paragraph of a docstring."""
    return " ".join((inspect.getdoc(documented) or "").partition("\n\n")[0].split())


def _name(name: str, *, in_stage: bool) -> str:
    """A field as it is written; stages take no wildcards, and get the first position."""
    if in_stage:
        return print_column(Column((name.replace("[*]", "[0]"),)))
    parts: list[str | Star] = []
    for place, piece in enumerate(name.split("[*]")):
        parts += [Star.ONE, f"]{piece}"] if place else [piece]
        parts[-1] = f"{parts[-1]}["
    parts[-1] = str(parts[-1]).removesuffix("[")
    return print_column(Column(tuple(part for part in parts if part != "")))


def _value(value: Scalar, quote: str) -> str:
    """A value as it is written after `:` or `=`."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if quote == '"':
        return print_filter(FreeText(Value((text,), exact_case=True)))
    if quote == "'":
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("*", "\\*") + "'"
    if isinstance(value, str):
        return print_filter(Equals(Column(("a",)), Value((text,)))).removeprefix("a = ")
    return text
