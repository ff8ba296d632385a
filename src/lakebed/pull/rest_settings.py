"""A REST service described in YAML: how to log in, how to page, where the events are.

There is no code in it and no expression: `{name}` stands for a value of that name and for nothing else. What is
wrong is told with its line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from lakebed.errors import UsageError
from lakebed.pull.options import option_words
from lakebed.pull.records import EventShape, Path, TimeForm
from lakebed.pull.spans import seconds_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path as FilePath

    import yaml

FILE_BYTES_MAX = 65_536
"""A description has some forty lines."""

SECRET_HEADERS = ("authorization", "proxy-authorization", "cookie")
"""What these say is secret."""

TIMES = ("since", "until")
"""Names that a query may use beside the values of its source."""

_NAME = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_STRAY = re.compile(r"[{}]")
_VALUE = re.compile(r"[A-Za-z0-9._~-]{1,200}")


class _Part(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, tag_field="type"):
    """A part with a `type`."""


class NoAuth(_Part, tag="none", kw_only=True, frozen=True):
    """The service asks for nothing."""


class BearerAuth(_Part, tag="bearer", kw_only=True, frozen=True):
    """`Authorization: Bearer TOKEN`; `scheme` replaces the word."""

    token: str
    scheme: str = "Bearer"


class BasicAuth(_Part, tag="basic", kw_only=True, frozen=True):
    """A user and a password; both may be `env:` or `file:`, the password must."""

    user: str
    password: str


class HeaderAuth(_Part, tag="header", kw_only=True, frozen=True):
    """A key in a header of its own."""

    name: str
    value: str


class OAuth2Auth(_Part, tag="oauth2", kw_only=True, frozen=True):
    """Client credentials (RFC 6749, 4.4). `in_body` sends them in the form instead of a header."""

    token_url: str
    client_id: str
    client_secret: str
    scope: str | None = None
    in_body: bool = False


Auth: TypeAlias = NoAuth | BearerAuth | BasicAuth | HeaderAuth | OAuth2Auth


class NoPages(_Part, tag="none", kw_only=True, frozen=True):
    """All events in one answer."""


class LinkPages(_Part, tag="link", kw_only=True, frozen=True):
    """The address of the next page is in the `Link` header."""


class CursorPages(_Part, tag="cursor", kw_only=True, frozen=True):
    """The next page is named by a text in the answer, which is sent as `parameter`; or it is an address (`is_url`).

    `more` is where the answer says whether there is another page; without it a page without a cursor is the last.
    """

    cursor: str
    parameter: str | None = None
    is_url: bool = False
    more: str | None = None


class NumberPages(_Part, tag="page", kw_only=True, frozen=True):
    """Pages have numbers. One with fewer than `size` events is the last; without `size`, an empty one."""

    parameter: str = "page"
    first: int = 1
    size: int | None = None


class OffsetPages(_Part, tag="offset", kw_only=True, frozen=True):
    """A page begins after so many events."""

    parameter: str = "offset"
    size: int | None = None


Pagination: TypeAlias = NoPages | LinkPages | CursorPages | NumberPages | OffsetPages


class EventPart(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Where the events are in an answer, and what of them is their id and time."""

    records: str = ""
    id: str = ""
    time: str | None = None
    time_form: TimeForm = "rfc3339"
    may_be_missing: bool = False

    def shape(self) -> EventShape:
        """The same, ready to be used."""
        time = None if self.time is None else Path.parse(self.time)
        return EventShape(Path.parse(self.records), Path.parse(self.id), time, self.time_form, self.may_be_missing)


class RestSettings(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The whole description. docs/pull.md explains each key with an example."""

    url: str
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    auth: Auth = msgspec.field(default_factory=NoAuth)
    pagination: Pagination = msgspec.field(default_factory=NoPages)
    events: EventPart = msgspec.field(default_factory=EventPart)
    since_form: TimeForm = "rfc3339"
    window: str | None = None
    resume: Literal["time", "cursor"] = "time"
    order: Literal["any", "newest_first"] = "any"
    requests_per_minute: float = 60


@dataclass(frozen=True)
class Templates:
    """Named values, put into texts."""

    values: Mapping[str, str]

    def fill(self, text: str, more: Mapping[str, str] | None = None) -> str:
        """The text with its values. Raises `UsageError` for a name without a value, and for stray braces.

        >>> Templates({"tenant": "acme"}).fill("https://{tenant}.example.com")
        'https://acme.example.com'
        """
        known = {**self.values, **(more or {})}

        def value(match: re.Match[str]) -> str:
            if match[1] not in known:
                raise UsageError(f"there is no value '{match[1]}'; there are: {', '.join(sorted(known)) or 'none'}")
            return known[match[1]]

        if _STRAY.search(_NAME.sub("", text)):
            raise UsageError(f"'{text[:100]}' has a brace that is no {{name}}")
        return _NAME.sub(value, text)


def read_rest_settings(file: FilePath) -> RestSettings:
    """Reads and checks a description. Raises `UsageError` with file and line."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read '{file}': {(error.strerror or 'error').lower()}") from error
    if len(data) > FILE_BYTES_MAX:
        raise UsageError(f"'{file}' has more than {FILE_BYTES_MAX:,} bytes")
    return parse_rest_settings(data, str(file))


def parse_rest_settings(data: bytes, name: str) -> RestSettings:
    """The same of the file's bytes."""
    node, value = _load(data, name)
    try:
        found = msgspec.convert(value, RestSettings)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at ")
        unknown = re.search(r"unknown field `(.*)`", problem)
        place = place.strip("`").removeprefix("$") + (f".{unknown[1]}" if unknown else "")
        raise UsageError(f"'{name}', line {_line_of(node, place)}: {option_words(error)}") from error
    for place, problem in _problems(found):
        raise UsageError(f"'{name}', line {_line_of(node, place)}: {problem}")
    return found


def check_values(values: Mapping[str, str]) -> None:
    """Raises `UsageError` for a value that could be more than a name in an address."""
    for name, value in values.items():
        if name in TIMES or not _NAME.fullmatch("{" + name + "}"):
            raise UsageError(f"'{name[:100]}' is no name for a value")
        if not _VALUE.fullmatch(value):
            raise UsageError(f"the value '{name}' may have letters, digits and '._~-' only")


def _problems(found: RestSettings) -> list[tuple[str, str]]:
    """What no type says: (place, problem)."""
    problems: list[tuple[str, str]] = []
    pages = found.pagination
    uses = {name for text in found.query.values() for name in _NAME.findall(text)}
    if isinstance(pages, CursorPages) and (pages.parameter is None) != pages.is_url:
        problems.append(("pagination", "a cursor wants 'parameter', or 'is_url: true' when it is an address"))
    if found.resume == "cursor" and isinstance(pages, NoPages):
        problems.append(("resume", "without pages there is no cursor to resume from"))
    if found.resume == "cursor" and isinstance(pages, NumberPages) and pages.size is None:
        problems.append(("pagination", "to resume from a page wants its 'size': one that is not full is read again"))
    if "until" in uses and found.window is None:
        problems.append(("query", "{until} wants 'window', the longest time to ask for at once"))
    if found.window is not None and seconds_of(found.window, "window") < 1:
        problems.append(("window", "a window has at least a second"))
    if found.window is not None and "until" not in uses:
        problems.append(("window", "a window wants {since} and {until} in the query"))
    if found.resume == "time" and found.events.time is None:
        problems.append(("events", "'time' is wanted: where an event has its time"))
    if found.resume == "cursor" and found.order == "newest_first":
        problems.append(("order", "a cursor that goes on for ever leads to newer events"))
    problems += [
        (f"headers.{name}", f"'{name}' belongs into 'auth', with a secret that stands elsewhere")
        for name in found.headers
        if name.lower() in SECRET_HEADERS
    ]
    if not 0 < found.requests_per_minute <= 60_000:
        problems.append(("requests_per_minute", "wanted is a number between 0 and 60,000"))
    return problems


def _load(data: bytes, name: str) -> tuple[yaml.Node, Any]:  # anything that YAML can say
    try:
        import yaml
    except ImportError as error:
        raise UsageError("reading YAML wants a package more: pip install 'lakebed[server]'") from error

    class Loader(yaml.SafeLoader):
        """Dates stay texts, and an anchor is not repeated: the file is data that people read."""

        def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
            if self.check_event(yaml.AliasEvent):
                mark = self.peek_event().start_mark  # type: ignore[no-untyped-call] # so are its stubs
                raise yaml.MarkedYAMLError(problem="no aliases here", problem_mark=mark)
            return super().compose_node(parent, index)

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in found if not tag.endswith(":timestamp")]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    try:
        loader = Loader(data)
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise UsageError(f"'{name}', line 1: wanted keys with values, such as 'url: https://…'")
        return node, loader.construct_document(node)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "this is no YAML"
        raise UsageError(f"'{name}', line {mark.line + 1 if mark else 1}: {problem}") from error


def _line_of(node: yaml.Node, place: str) -> int:
    """The line of a key, or of the innermost one around it that is there."""
    line = 1
    for name in re.findall(r"[^.\[\]]+", place):
        if not isinstance(node.value, list):
            break
        for entry in node.value:
            if isinstance(entry, tuple) and entry[0].value == name:
                line, node = entry[0].start_mark.line + 1, entry[1]
                break
        else:
            break
    return int(line)
