"""A corpus of random events, and random queries made of what stands in it.

Hypothesis finds small counterexamples; this finds what needs hundreds of events: pruning by the index, many pages, long
dictionaries of values. Queries take their words from the values, so that most of them find something.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lakebed.query.printer import print_filter, print_name
from lakebed.query.syntax import (
    ANY_COLUMN,
    And,
    Column,
    Compare,
    CompareTime,
    Contains,
    Equals,
    Exists,
    Filter,
    FreeText,
    InNetwork,
    Matches,
    Not,
    Or,
    Relation,
    Star,
    Value,
)
from tests import oracle, oracle_filter
from tests.events import Event, Json, Num, read_events
from tests.generators.events import to_json

if TYPE_CHECKING:
    from random import Random

WORDS = (
    "error|failed|login|user-admin|10.0.0.%d|a_b_%d|ünï|GET /index.html|ARN:aws:iam::%d:role/x|%x|"
    "ABC*def|\\path\\%d||true|2026-01-0%dT00:00:00Z|'q'|\"dq\"|\u212a|ſ|Straße|tab\there|nul\x00x|\ud800|"
    "😀 emoji|192.168.%d.1|::1|2001:db8::%d|deadbeef%d|a.b[0]|%d|-%d|1e3|user_%d@mail.com|" + "x" * 40
).split("|")
_NUMBERS = (
    "0 -0 0.0 1 1.0 1e0 10 1E1 -5 0.1 1e-7 1e400 -1e400 9007199254740992 9007199254740993 1e22 5e-324 2.50 "
    "18446744073709551616 123456789012345678901234567890 1.7976931348623157e308 0.30000000000000004"
)
NUMBERS = _NUMBERS.split()
KEYS = [
    "",
    "[x",
    "@scnr.source_type",
    "a",
    "b",
    "c",
    "user",
    "name",
    "src ip",
    "x.y",
    "@lb.time",
    "tags",
    "a_long_key",
    "Ä",
    "*",
    "k\x00",
]
METADATA = ["@lb.time", "@lb.record", "@lb.time_source", "@lb.object", "@scnr.datetime"]
SOURCE_TYPE_COLUMNS = ["@lb.source_type", "@scnr.source_type", "%ingest.source_type"]
"""Only where the test knows what the parser will recognise."""
NETWORKS = ["10.0.0.0/30", "192.168.0.0/16", "::/0", "2001:db8::/126", "0.0.0.0/0"]
REGEXES = ["err", "^a", "[0-9]+$", r"user_\d@", "x{3}", r"\.", "(?i)LOGIN", "^$", "dq|q", "a.*b"]
DEPTH_MAX = 3


@dataclass
class Corpus:
    """Events, and what queries about them are made of."""

    rng: Random
    lines: tuple[str, ...]
    events: list[Event]
    columns: list[tuple[str, Json]]
    metadata: list[str]

    @classmethod
    def made_up(cls, rng: Random, size: int) -> Corpus:
        """Random events."""
        lines = tuple(to_json(random_event(rng)) for _ in range(size))
        return cls.of(rng, lines, [*METADATA, *SOURCE_TYPE_COLUMNS])

    @classmethod
    def of(cls, rng: Random, lines: tuple[str, ...], metadata: list[str]) -> Corpus:
        """Given events, and the metadata columns that queries may name."""
        events = read_events(lines)
        columns = [column for event in events for column in oracle.flatten(event.value)]
        return cls(rng, lines, events, columns, metadata)

    def query(self) -> str:
        """The text of a random query."""
        return print_filter(self.filter()) + self.stage()

    def filter(self, depth: int = 0) -> Filter:
        choice = self.rng.random()
        if depth > DEPTH_MAX or choice < 0.5:
            return self.term()
        if choice < 0.7:
            return And((self.filter(depth + 1), self.filter(depth + 1)))
        if choice < 0.88:
            return Or(tuple(self.filter(depth + 1) for _ in range(self.rng.choice([2, 3]))))
        return Not(self.filter(depth + 1))

    def term(self) -> Filter:
        column, relation = self.column(), self.rng.choice(list(Relation))
        time_ns = self.rng.choice(self.events).time_ns + self.rng.choice([0, 0, 1, -1])
        terms: list[tuple[Filter, int]] = [
            (FreeText(self.value()), 20),
            (Contains(column, self.value()), 20),
            (Equals(column, self.value(may_be_number=True)), 15),
            (Exists(column), 7),
            (Compare(column, relation, self.number()), 13),
            (CompareTime(column, relation, time_ns), 7),
            (InNetwork(column, self.rng.choice(NETWORKS)), 8),
            (Matches(column, self.rng.choice(REGEXES), self.rng.random() < 0.3), 10),
        ]
        chosen, weights = zip(*terms, strict=True)
        term: Filter = self.rng.choices(chosen, weights)[0]
        return term

    def number(self) -> str:
        return self.rng.choice(NUMBERS) if self.rng.random() < 0.6 else str(self.rng.randrange(-20, 999))

    def value(self, may_be_number: bool = False) -> Value:
        if may_be_number and self.rng.random() < 0.3:
            number = self.number()
            return Value((number,), number=number)
        literals = [self.piece() for _ in range(self.rng.choice([1, 1, 1, 2]))]
        if self.rng.random() < 0.35:
            literals = self.rng.choice([["", *literals], [*literals, ""], ["", *literals, ""]])
        if self.rng.random() < 0.3:
            literals = [literal.swapcase() for literal in literals]
        last = len(literals) - 1
        parts = tuple(text for place, text in enumerate(literals) if text or place in (0, last))
        is_only_wildcards = len(parts) > 1 and not any(parts)
        return Value(("x", "") if is_only_wildcards else parts, self.rng.random() < 0.3)

    def piece(self) -> str:
        """A value of the corpus, a token of one, or any part of one."""
        text = oracle_filter.text_of(self.rng.choice(self.columns)[1]).replace("\ud800", "")
        tokens: list[str] = re.findall("[A-Za-z0-9_]+", text)
        choice = self.rng.random()
        if choice < 0.3 and tokens:
            return self.rng.choice(tokens)
        if choice < 0.7 or not text:
            return text
        start = self.rng.randrange(len(text))
        return text[start : self.rng.randrange(start, len(text)) + 1]

    def column(self) -> Column:
        choice = self.rng.random()
        name = self.rng.choice(self.columns)[0]
        if choice < 0.6 or not name:
            return Column((name,))
        if choice < 0.7:
            return ANY_COLUMN
        if choice < 0.75:
            return Column((self.rng.choice(self.metadata),))
        if "[" in name:
            pieces = re.split(r"\[[0-9]+\]", name)
            joined: list[str | Star] = [pieces[0] + "["]
            for piece in pieces[1:-1]:
                joined += [Star.ONE, "]" + piece + "["]
            return Column((*joined, Star.ONE, "]" + pieces[-1]))
        cut = self.rng.randrange(1, len(name) + 1)
        star = self.rng.choice(list(Star))
        return Column((star, name[cut - 1 :]) if self.rng.random() < 0.5 else (name[:cut], star))

    def stage(self) -> str:
        choice = self.rng.random()
        if choice < 0.35:
            return ""
        if choice < 0.45:
            return f" | table({self.name()})"
        if choice < 0.55:
            return f" | head {self.rng.randrange(1, 20)}"
        if choice < 0.65:
            return f" | groupbycount({self.name()})"
        if choice < 0.75:
            return " | count"
        if choice < 0.8:
            return f" | countdistinct({self.name()})"
        column, by = self.name(), f" by {self.name()}" if self.rng.random() < 0.6 else ""
        functions = ["count", "countdistinct", "min", "max", "sum", "avg"]
        return f" | stats {', '.join(f'{name}({column})' for name in functions)}{by}"

    def name(self) -> str:
        columns = [name for name, _ in self.columns]
        return print_name(self.rng.choice([*columns, *self.metadata]))


def random_event(rng: Random) -> Json:
    event: dict[str, Any] = {rng.choice(KEYS): random_value(rng, 0) for _ in range(rng.randrange(6))}
    if rng.random() < 0.7:
        fraction = rng.choice(["", ".5", ".000000001", ".123"])
        event["time"] = f"2026-01-{rng.randrange(1, 4):02}T{rng.randrange(24):02}:00:00{fraction}Z"
    elif rng.random() < 0.1:
        event["time"] = rng.choice(["junk", "2026-01-02"])
    return event


def random_value(rng: Random, depth: int) -> Json:
    choice = rng.random()
    if choice < 0.45 or depth > DEPTH_MAX:
        return random_text(rng)
    if choice < 0.65:
        is_special = rng.random() < 0.6
        return Num(rng.choice(NUMBERS) if is_special else str(rng.randrange(-20, 2000)))
    if choice < 0.72:
        return rng.random() < 0.5
    if choice < 0.77:
        return None
    size = rng.randrange(4)
    if choice < 0.88:
        return [random_value(rng, depth + 1) for _ in range(size)]
    return {rng.choice(KEYS): random_value(rng, depth + 1) for _ in range(size)}


def random_text(rng: Random) -> str:
    word = rng.choice(WORDS)
    text = word % rng.randrange(10) if "%" in word else word
    return text + rng.choice(" -._/:") + random_text(rng) if rng.random() < 0.4 else text
