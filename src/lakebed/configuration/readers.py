"""What reads single values: each takes a `Value` and gives what it means, or raises `Wrong`, saying what was wanted."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from lakebed.configuration.value import Wrong
from lakebed.errors import UsageError
from lakebed.query.suggest import did_you_mean
from lakebed.secret import ENVIRONMENT, FILE, HOW, Secret
from lakebed.transform.place import described

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lakebed.configuration.value import Value

T = TypeVar("T")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_SIZE = re.compile(r"([0-9]{1,15})(?: ?(KiB|MiB|GiB|TiB))?")
_SIZE_UNITS = {"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
_ADDRESS = re.compile(r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9_.-]{1,253})):([0-9]{1,5})")
_LABEL = re.compile(r"[A-Za-z_@][A-Za-z0-9_@.-]{0,63}")

PORT_MAX = 65_535


def text(value: Value) -> str:
    """A text that is not empty."""
    if not isinstance(value.found, str):
        value.fail(f"wanted a text, found {described(value.found)}")
    if not value.found.strip():
        value.fail("wanted a text, found an empty one")
    if "\0" in value.found:
        value.fail("the text holds a NUL character")
    return value.found


def any_text(value: Value) -> str:
    """A text, which may be empty."""
    return value.found if isinstance(value.found, str) and not value.found else text(value)


def flag(value: Value) -> bool:
    """`true` or `false`."""
    if not isinstance(value.found, bool):
        value.fail(f"wanted true or false, found {described(value.found)}")
    return value.found


def whole(least: int, most: int) -> Callable[[Value], int]:
    """A whole number in a range."""

    def read(value: Value) -> int:
        if isinstance(value.found, bool) or not isinstance(value.found, int):
            value.fail(f"wanted a whole number, found {described(value.found)}")
        if not least <= value.found <= most:
            value.fail(f"wanted {least:,} to {most:,}, found {described(value.found)}")
        return value.found

    return read


def number(least: float, most: float) -> Callable[[Value], float]:
    """A number in a range."""

    def read(value: Value) -> float:
        if isinstance(value.found, bool) or not isinstance(value.found, int | float):
            value.fail(f"wanted a number, found {described(value.found)}")
        if not least <= value.found <= most:
            value.fail(f"wanted {least:,} to {most:,}, found {described(value.found)}")
        return float(value.found)

    return read


def size(least: int, most: int) -> Callable[[Value], int]:
    """Bytes: a number, or a text such as `64 MiB`."""

    def read(value: Value) -> int:
        found = value.found
        if isinstance(found, str):
            parts = _SIZE.fullmatch(found)
            if parts is None:
                value.fail(f'wanted bytes such as 65536 or "64 MiB", found {described(found)}')
            found = int(parts[1]) * _SIZE_UNITS[parts[2] or ""]
        return whole(least, most)(value.with_found(found))

    return read


def one_of(*known: str) -> Callable[[Value], str]:
    """One of several words."""

    def read(value: Value) -> str:
        found = text(value)
        if found not in known:
            value.fail(f"unknown {described(found)}{did_you_mean(found, known)}")
        return found

    return read


def texts(value: Value) -> tuple[str, ...]:
    """A text, or an array of them."""
    return array(text)(value)


def array(read_one: Callable[[Value], T]) -> Callable[[Value], tuple[T, ...]]:
    """Several values, or one that stands alone. Each that is wrong is told."""

    def read(value: Value) -> tuple[T, ...]:
        if not isinstance(value.found, list):
            return (read_one(value),)
        found: list[T] = []
        for number, one in enumerate(value.found):
            try:
                found.append(read_one(value.part(number, one)))
            except Wrong as wrong:
                value.surroundings.problems.add(wrong)
        return tuple(found)

    return read


def source_name(value: Value) -> str:
    """A name that may stand in paths, on command lines and in metrics."""
    found = text(value)
    if not _NAME.fullmatch(found):
        value.fail(
            f"not a name for a source: {described(found)}; wanted 1 to 64 of letters, digits, '_', '-', "
            "a letter or digit first"
        )
    return found


def labels(value: Value) -> Mapping[str, str]:
    """A table of texts by names of fields."""
    if not isinstance(value.found, dict):
        value.fail(f'wanted a table such as {{ env = "prod" }}, found {described(value.found)}')
    found: dict[str, str] = {}
    for key, one in value.found.items():
        part = value.part(key, one)
        try:
            if not _LABEL.fullmatch(key) or ".." in key or key.endswith("."):
                part.fail("not a name for a label; wanted letters, digits, '_', '-', '.', a letter first")
            found[key] = text(part)
        except Wrong as wrong:
            value.surroundings.problems.add(wrong)
    return found


def secret(value: Value) -> Secret:
    """`env:NAME` or `file:PATH`. An error never repeats what stands there."""
    if not isinstance(value.found, str):
        value.fail(f"wanted a secret: {HOW}")
    try:
        return Secret.parse(value.found, value.surroundings.folder)
    except UsageError as error:
        value.fail(str(error))


secrets = array(secret)
"""Several secrets, or one that stands alone."""


def path(value: Value) -> Path:
    """The path of a file that is there."""
    found = value.surroundings.folder / Path(text(value)).expanduser()
    if not found.is_file():
        value.fail(f"there is no file '{found}'")
    return found


def address(value: Value) -> str | None:
    """Where to listen: `HOST:PORT`, port 0 for any that is free; `off` for nowhere."""
    found = text(value)
    if found == "off":
        return None
    parts = _ADDRESS.fullmatch(found)
    if parts is None or int(parts[3]) > PORT_MAX:
        value.fail(f'wanted "HOST:PORT", such as "127.0.0.1:8080", found {described(found)}')
    return found


def web_url(value: Value) -> str:
    """An http or https URL without a user or password in it."""
    found = text(value)
    if has_password(found):
        value.fail(f"a URL with a password in it: {HOW}")
    try:
        parts = urlsplit(found)
        is_one = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_one = False
    if not is_one or any(sign <= " " for sign in found):
        value.fail(f'wanted a URL such as "https://host/path", found {described(found)}')
    return found


def has_password(url: str) -> bool:
    """Whether a URL has a user with a password."""
    authority = re.split(r"[/?#]", url.partition("://")[2], maxsplit=1)[0]
    return ":" in authority.rpartition("@")[0]


def date(value: Value) -> datetime.date:
    """A day: of TOML, or as text."""
    found = value.found
    if isinstance(found, datetime.date) and not isinstance(found, datetime.datetime):
        return found
    if isinstance(found, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", found, re.ASCII):
        try:
            return datetime.date.fromisoformat(found)
        except ValueError:
            value.fail(f"there is no day {described(found)}")
    return value.fail(f"wanted a day such as 2026-01-31, found {described(found)}")


def is_reference(found: object) -> bool:
    """Whether a value says where a secret stands."""
    return isinstance(found, str) and found.startswith((ENVIRONMENT, FILE))
