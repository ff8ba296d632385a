"""Times in the slow evaluator: by datetime and regular expressions."""

from __future__ import annotations

import datetime
import re
import zoneinfo
from fractions import Fraction

from tests.events import Json, Num
from tests.expressions.values import Unknown, check, exact, of_fraction, small, text, whole
from tests.oracle_times import rfc3339, time_of

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
SECOND = 10**9
DAY = 86_400 * SECOND
UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND, "d": DAY, "w": 7 * DAY}
MONTHS = [
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
SHORT = {"F": "%Y-%m-%d", "T": "%H:%M:%S", "R": "%H:%M", "D": "%m/%d/%y"}


def within(ns: int) -> int:
    check(-(2**63) <= ns < 2**63)
    return ns


def given(value: Json) -> int:
    """A time argument."""
    if isinstance(value, str):
        ns = time_of(value)
        if ns is None:
            raise Unknown
        return ns
    return small(value)


def moment(ns: int) -> datetime.datetime:
    return EPOCH + datetime.timedelta(seconds=ns // SECOND)


def offset(value: Json, ns: int) -> int:
    """How far clocks of a zone are ahead of UTC at that time, in seconds."""
    zone = text(value)
    if "/" in zone:
        try:
            known = zoneinfo.ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            raise Unknown from None
        ahead = moment(ns).astimezone(known).utcoffset()
        assert ahead is not None
        return int(ahead.total_seconds())
    if zone in ("Z", "z", "UTC", "utc"):
        return 0
    match = re.fullmatch(r"([+-])([0-9]|([0-9]{2}):?([0-9]{2})|[0-9]{2})", zone, re.ASCII)
    if match is None:
        raise Unknown
    hours, minutes = int(match[3] or match[2]), int(match[4] or 0)
    check(hours < 24 and minutes < 60)
    return (hours * 3600 + minutes * 60) * (-1 if match[1] == "-" else 1)


def duration(value: Json) -> int:
    if isinstance(value, Num):
        return small(value)
    found = re.fullmatch(r"(-?)((?:[0-9]+(?:ns|us|ms|s|m|h|d|w))+)", text(value))
    if found is None:
        raise Unknown
    parts = re.findall(r"([0-9]+)([a-z]+)", found[2])
    total = sum(int(count) * UNITS[unit] for count, unit in parts)
    return within(-total if found[1] else total)


def parse(value: Json, *form: Json) -> Num:
    if form:
        return whole(read_by(text(form[0]), text(value)))
    found = text(value)
    ns = time_of(found)
    if ns is None and re.fullmatch(r"[0-9]{2}\.[0-9]{2}\.[0-9]{4} [0-9]{2}:[0-9]{2}", found):
        ns = read_by("%d.%m.%Y %H:%M", found)
    if ns is None:
        ns = apache(found) if "/" in found else epoch(found)
    return whole(ns)


def apache(value: str) -> int:
    if re.fullmatch(r"[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4} [0-9]{2}:[0-9]{2} [AP]M", value):
        return read_by("%d/%b/%Y %I:%M %p", value)
    shape = r"[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2} ([+-][0-9]{2}:?([0-9]{2})?|Z)"
    check(re.fullmatch(shape, value) and value[3:6] in [month[:3] for month in MONTHS])
    return read_by("%d/%b/%Y:%H:%M:%S %z", value)


def epoch(value: str) -> int:
    if re.fullmatch(r"13[0-9]{16}", value):  # Windows: 100 ns since 1601
        return within((int(value) - 116_444_736_000_000_000) * 100)
    check(re.fullmatch(r"(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", value))
    return guessed(Fraction(value))


def guessed(count: Fraction) -> int:
    check(count >= 0)
    unit = SECOND if count < 10**10 else 10**6 if count < 10**13 else 10**3 if count < 10**16 else 1
    return within(int(Fraction(int(count * SECOND), SECOND) * unit))


def from_unix(value: Json, *unit: Json) -> Num:
    if not unit:
        return whole(guessed(exact(value)))
    return whole(within(exact(value) * power(unit[0]) // 1))


def power(unit: Json) -> int:
    check(text(unit) in ("s", "ms", "us", "ns"))
    return UNITS[text(unit)]


def to_unix(value: Json, unit: Json = "s") -> Num:
    return of_fraction(Fraction(given(value), power(unit)))


def floor(value: Json, span: Json) -> Num:
    ns, length = given(value), duration(span)
    check(length > 0)
    origin = 4 * DAY if length % (7 * DAY) == 0 else 0
    return whole(within((ns - origin) // length * length + origin))


def difference(later: Json, earlier: Json, *unit: Json) -> Json:
    from tests.expressions.numbers import divide

    length = 1
    if unit:
        length = UNITS.get(text(unit[0])) or duration(unit[0])
    check(length > 0)
    return divide(whole(given(later) - given(earlier)), whole(length))


def field(name: str, value: Json, *zone: Json) -> Num:
    local = moment(within(given(value) + (offset(zone[0], given(value)) if zone else 0) * SECOND))
    return whole(local.isoweekday() if name == "weekday" else int(getattr(local, name)))


def print_time(value: Json, *more: Json) -> str:
    ns = given(value)
    ahead = offset(more[1], ns) if len(more) > 1 else 0
    if not more:
        return rfc3339(ns)
    local = moment(within(ns + ahead * SECOND))
    sign, minutes = ("-" if ahead < 0 else "+"), abs(ahead) // 60
    zone = f"{sign}{minutes // 60:02}{{}}{minutes % 60:02}"
    special = {
        "f": f"{ns % SECOND // 1000:06}",
        "L": f"{ns % SECOND // 10**6:03}",
        "N": f"{ns % SECOND:09}",
        "s": str(ns // SECOND),
        "z": zone.format(""),
        "Z": zone.format(":") if ahead else "UTC",
        "e": f"{local.day:2}",
        "b": MONTHS[local.month - 1][:3],
        "B": MONTHS[local.month - 1],
        "a": DAYS[local.weekday()][:3],
        "A": DAYS[local.weekday()],
        "p": "AM" if local.hour < 12 else "PM",
    }

    def one(letter: str) -> str:
        return special[letter] if letter in special else local.strftime(f"%{letter}")

    return "".join(one(piece[1]) if len(piece) == 2 else piece for piece in pieces(text(more[0])))


def pieces(form: str) -> list[str]:
    """Directives as `%x`, everything else letter by letter."""
    check(len(form.encode("utf-8", "surrogatepass")) <= 1000)
    found: list[str] = []
    for piece in re.findall("%.?|.", form, re.DOTALL):
        if piece.startswith("%"):
            check(len(piece) == 2 and piece[1] in "YmdejHIMSpybBaAfLNzZsuwFTRD%")
        found += pieces(SHORT[piece[1]]) if piece[1:] in SHORT else ["%"] if piece == "%%" else [piece]
    return found


SHAPES = {
    "Y": "[0-9]{1,4}",
    "j": "[0-9]{1,3}",
    "p": "[AaPp][Mm]",
    "f": "[0-9]{1,9}",
    "L": "[0-9]{1,9}",
    "N": "[0-9]{1,9}",
    "s": "-?[0-9]{1,18}",
    "z": "[A-Za-z0-9+:-]+",
    "Z": "[A-Za-z0-9+:-]+",
    "u": "[0-9]",
    "w": "[0-9]",
    "d": "[ \t\n\r\f]*[0-9]{1,2}",
    "e": "[ \t\n\r\f]*[0-9]{1,2}",
    **dict.fromkeys("bB", "|".join([*MONTHS, *(month[:3] for month in MONTHS)])),
    **dict.fromkeys("aA", "|".join([*DAYS, *(day[:3] for day in DAYS)])),
}


def read_by(form: str, value: str) -> int:
    """Possessive groups: what a directive took it does not give back."""
    shape, order = "", []
    for piece in pieces(form):
        if piece in (" ", "\t", "\n", "\r", "\f"):
            shape += "[ \t\n\r\f]*+"
        elif len(piece) == 2:
            shape += f"((?>{SHAPES.get(piece[1], '[0-9]{1,2}')}))"
            order.append(piece[1])
        else:
            shape += re.escape(piece)
    match = re.fullmatch(shape, value, re.IGNORECASE | re.ASCII)
    if match is None:
        raise Unknown
    found = {letter: match[place + 1].strip() for place, letter in enumerate(order)}
    return moment_of(found, order)


def last(found: dict[str, str], order: list[str], letters: str) -> str | None:
    """What was said last counts."""
    return next((found[letter] for letter in reversed(order) if letter in letters), None)


def moment_of(found: dict[str, str], order: list[str]) -> int:
    fraction = last(found, order, "fLN") or "0"
    nanosecond = int(fraction.ljust(9, "0"))
    zone = last(found, order, "zZ")
    ahead = offset(zone, 0) if zone is not None else 0
    if "s" in found:
        return within(int(found["s"]) * SECOND + nanosecond)
    year_letter = next((letter for letter in reversed(order) if letter in "Yy"), None)
    check(year_letter)
    year = int(found[str(year_letter)])
    if year_letter == "y":
        year += 2000 if year < 69 else 1900
    month_letter = next((letter for letter in reversed(order) if letter in "mbB"), None)
    hour = int(found.get("H", "0"))
    if "I" in found:
        check(1 <= int(found["I"]) <= 12)
        hour = int(found["I"]) % 12 + (12 if found.get("p", "AM").upper() == "PM" else 0)
    try:
        if month_letter is not None and last(found, order, "de"):
            name = found[month_letter]
            month = int(name) if month_letter == "m" else [m[:3].lower() for m in MONTHS].index(name[:3].lower()) + 1
            date = datetime.date(year, month, int(last(found, order, "de") or 0))
        else:
            check("j" in found and month_letter is None)
            date = datetime.date(year, 1, 1) + datetime.timedelta(days=int(found["j"]) - 1)
            check(date.year == year)
        second = int(found.get("S", "0"))
        if second == 60:
            second, nanosecond = 59, SECOND - 1
        clock = datetime.time(hour, int(found.get("M", "0")), second)
    except (ValueError, OverflowError):
        raise Unknown from None
    at = datetime.datetime.combine(date, clock, datetime.UTC)
    return within(((at - EPOCH) // datetime.timedelta(seconds=1) - ahead) * SECOND + nanosecond)
