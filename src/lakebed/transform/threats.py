"""Files of threats: plain lists, CSV, and STIX 2.x bundles become tables of indicators by kind.

Each kind is looked up in fields of its own, as an address is compared otherwise than a name. What is not understood or
no longer holds is counted and told, never taken for something else.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING

from lakebed.transform.limits import INDICATOR_CHARACTERS_MAX, INDICATORS_MAX
from lakebed.transform.place import counted
from lakebed.transform.tables import CIDR, EXACT, RowsTable, network_text

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterator, Sequence

    from lakebed.model import Scalar
    from lakebed.transform.place import Place

DEFAULT_FIELDS = {
    "ip": ("@ecs.source.ip", "@ecs.destination.ip", "@ecs.dns.resolved_ip[*]"),
    "domain": ("@ecs.dns.question.name", "@ecs.url.domain", "@ecs.source.domain", "@ecs.destination.domain"),
    "url": ("@ecs.url.full", "@ecs.url.original"),
    "hash": ("@ecs.file.hash.*", "@ecs.process.hash.*", "@ecs.dll.hash.*"),
    "email": ("@ecs.user.email", "@ecs.email.from.address[*]", "@ecs.email.sender.address"),
}
"""Where indicators of each kind are looked for, when a step does not say it. Each value stands in one of these only,
so that it is found once."""

HASHES = {32: "md5", 40: "sha1", 64: "sha256", 96: "sha384", 128: "sha512"}
"""Digits of a hash, and what ECS calls it."""

ABOUT = {
    "description": "indicator.description",
    "provider": "indicator.provider",
    "source": "indicator.provider",
    "reference": "indicator.reference",
    "confidence": "indicator.confidence",
    "first_seen": "indicator.first_seen",
    "last_seen": "indicator.last_seen",
}
"""What a CSV may say of an indicator besides it, and where ECS has it."""

VALUE_COLUMNS = ("indicator", "value")
"""Names of the column of a CSV that holds the indicators."""

COLUMNS = tuple(dict.fromkeys(("indicator.type", "indicator.name", *ABOUT.values(), "feed.name")))
"""What every kind says of a hit; each has its own fields for the value besides."""

_HASH = re.compile(r"[0-9A-Fa-f]+")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DOMAIN = re.compile(r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]\.?")
_COMMENT = re.compile(r"(?:^|\s)#")
_DEFANGED = (("[.]", "."), ("(.)", "."), ("[:]", ":"), ("[@]", "@"))


@dataclass(frozen=True)
class Indicator:
    """A value that is a sign of something bad. `about` has what is known of it, by field of ECS."""

    value: str
    kind: str
    about: dict[str, Scalar] = field(default_factory=dict)


@dataclass
class Threats:
    """Tables by kind of indicator, and what of the file is not in them."""

    tables: dict[str, RowsTable] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read_threats(data: bytes, name: str, place: Place, now: datetime.datetime) -> Threats:
    """Reads a file of threats; `now` decides what has expired. Raises `UsageError` when it holds no indicator."""
    found = Threats()
    feed = PurePath(name).stem
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place.fail(f"'{name}', line {data[: error.start].count(10) + 1}: not UTF-8")
    if text.lstrip()[:1] in ("{", "["):
        from lakebed.transform.stix import stix_indicators

        indicators = stix_indicators(data, name, place, now, found.notes)
    else:
        indicators = _csv(text, name, place, found.notes) or _plain(text, name, found.notes)
    for count, indicator in enumerate(indicators, 1):
        if count > INDICATORS_MAX:
            place.fail(f"'{name}' has more than {INDICATORS_MAX:,} indicators")
        _add(found.tables, indicator, feed)
    if not found.tables:
        told = "".join(f"; {note}" for note in found.notes)
        place.fail(f"'{name}' has no indicator that is understood{told}")
    for table in found.tables.values():
        table.leave_out_empty_columns()
    doubled = sum(table.doubled for table in found.tables.values())
    if doubled:
        found.notes.append(f"'{name}' has {counted(doubled, 'indicator')} more than once")
    return found


def indicator_of(text: str, about: dict[str, Scalar]) -> Indicator | None:
    """What kind of indicator a text is; None when it is none. Dots in brackets and `hxxp` are read as they are meant.

    >>> indicator_of("evil[.]example", {}).kind, indicator_of("10.0.0.0/8", {}).kind, indicator_of("what", {})
    ('domain', 'ip', None)
    """
    if len(text) > INDICATOR_CHARACTERS_MAX:
        return None
    for written, meant in _DEFANGED:
        text = text.replace(written, meant)
    text = re.sub(r"^hxxp", "http", text, flags=re.IGNORECASE)
    if network_text(text) is not None:
        return Indicator(text, "ip", about)
    if _URL.fullmatch(text):
        return Indicator(text, "url", about)
    if _HASH.fullmatch(text) and len(text) in HASHES:
        return Indicator(text.lower(), "hash", about)
    if _EMAIL.fullmatch(text):
        return Indicator(text, "email", about)
    if _DOMAIN.fullmatch(text):
        return Indicator(text.rstrip("."), "domain", about)
    return None


def _plain(text: str, name: str, notes: list[str]) -> Iterator[Indicator]:
    """One a line; `#` begins a comment."""
    unknown, example = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        written = _COMMENT.split(line, maxsplit=1)[0].strip()
        if not written:
            continue
        found = indicator_of(written, {})
        if found is not None:
            yield found
        else:
            unknown, example = unknown + 1, example or f'"{written[:40]}" in line {number}'
    if unknown:
        notes.append(_unknown_note(name, unknown, example))


def _csv(text: str, name: str, place: Place, notes: list[str]) -> Iterator[Indicator] | None:
    """None when the first line that is no comment names no column of indicators."""
    first = next((line for line in io.StringIO(text) if line.strip() and not line.startswith("#")), "")
    if len(first) > INDICATOR_CHARACTERS_MAX:
        return None
    try:
        header = next(csv.reader([first]), [])
    except csv.Error:  # a carriage return among others
        return None
    names = [cell.strip().lower() for cell in header]
    key = next((names.index(one) for one in VALUE_COLUMNS if one in names), None)
    if key is None:
        return None
    return _csv_rows(text, name, place, names, key, notes)


def _csv_rows(
    text: str, name: str, place: Place, names: Sequence[str], key: int, notes: list[str]
) -> Iterator[Indicator]:
    lines = (line for line in io.StringIO(text, newline="") if line.strip() and not line.startswith("#"))
    rows = csv.reader(lines, strict=True)
    unknown, example = 0, ""
    try:
        next(rows)
        for number, cells in enumerate(rows, 1):
            if len(cells) != len(names):
                place.fail(f"'{name}', row {number}: wanted {len(names)} cells as in the header, found {len(cells)}")
            about: dict[str, Scalar] = {
                ABOUT[column]: cell for column, cell in zip(names, cells, strict=True) if cell and column in ABOUT
            }
            found = indicator_of(cells[key].strip(), about)
            if found is not None:
                yield found
            else:
                unknown, example = unknown + 1, example or f'"{cells[key].strip()[:40]}" in row {number}'
    except csv.Error as error:
        place.fail(f"'{name}': not CSV: {error}")
    if unknown:
        notes.append(_unknown_note(name, unknown, example))


def _unknown_note(name: str, count: int, example: str) -> str:
    """What is told of texts that are no indicators."""
    told = counted(count, "text")
    return f"'{name}': {told} left out, no address, domain, URL, hash or mail address, such as {example}"


def _add(tables: dict[str, RowsTable], indicator: Indicator, feed: str) -> None:
    """Adds an indicator to the table of its kind, as `threat.indicator` of ECS has it."""
    kind, value = indicator.kind, indicator.value
    if kind not in tables:
        match = CIDR if kind == "ip" else EXACT
        tables[kind] = RowsTable((*COLUMNS, *_VALUES[kind]), match, ignore_case=kind != "url")
    table = tables[kind]
    told = {"indicator.type": _type(indicator), "indicator.name": value, "feed.name": feed, **indicator.about}
    match kind:
        case "ip":
            told["indicator.ip"] = None if "/" in value else value
        case "domain":
            told["indicator.url.domain"] = value
        case "url":
            told["indicator.url.full"] = value
        case "email":
            told["indicator.email.address"] = value
        case _:
            told[f"indicator.file.hash.{HASHES[len(value)]}"] = value
    table.add(value, [told.get(column) for column in table.columns])


_VALUES = {
    "ip": ("indicator.ip",),
    "domain": ("indicator.url.domain",),
    "url": ("indicator.url.full",),
    "email": ("indicator.email.address",),
    "hash": tuple(f"indicator.file.hash.{name}" for name in HASHES.values()),
}


def _type(indicator: Indicator) -> str:
    """What `threat.indicator.type` is: names of STIX."""
    if indicator.kind == "ip":
        return "ipv6-addr" if ":" in indicator.value else "ipv4-addr"
    return {"domain": "domain-name", "url": "url", "email": "email-addr", "hash": "file"}[indicator.kind]
