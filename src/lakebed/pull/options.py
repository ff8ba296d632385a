"""What every source that is pulled may say, whatever its service."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from lakebed import config
from lakebed.decoding import converted
from lakebed.errors import UsageError
from lakebed.pull.fetch import Fetcher
from lakebed.pull.http import HttpSettings
from lakebed.pull.spans import beginning_ms, seconds_of
from lakebed.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lakebed.pull.fetch import World

ANY_RATE = 60_000
"""Requests in a minute that no service is asked for: one each millisecond."""

T = TypeVar("T", bound="CommonOptions")


class CommonOptions(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Options of every kind of source.

    `since` is where a source begins that was never polled: a span (`7d`), a day or a time. `poll_every` is the time
    between two polls when there is nothing new; `reread` how far back the end is read again for events that come late.
    The last three are for servers of one's own: addresses that are not of the internet, HTTP without TLS, an authority.
    """

    since: str = f"{config.PULL_SINCE_S // 86_400}d"
    poll_every: float | str = config.PULL_EVERY_S
    reread: float | str = config.PULL_REREAD_S
    requests_per_minute: float | None = None
    private_addresses: bool = False
    plain_http: bool = False
    ca_file: str | None = None

    def check(self) -> None:
        """Raises `UsageError` for values that mean nothing."""
        beginning_ms(self.since, 0)
        if self.poll_every_s < 1:
            raise UsageError("poll_every is less than a second; wanted such as '30s'")
        seconds_of(self.reread, "reread")
        if self.requests_per_minute is not None and not 0 < self.requests_per_minute <= ANY_RATE:
            raise UsageError(f"requests_per_minute = {self.requests_per_minute} is not between 0 and {ANY_RATE:,}")

    def since_ms(self, world: World) -> int:
        """Where the source begins."""
        return beginning_ms(self.since, world.clock())

    @property
    def poll_every_s(self) -> float:
        """`poll_every` in seconds."""
        return seconds_of(self.poll_every, "poll_every")

    @property
    def reread_ms(self) -> int:
        """`reread` in ms."""
        return int(seconds_of(self.reread, "reread") * 1000)

    def fetcher(self, world: World, *, requests_per_minute: float) -> Fetcher:
        """What asks the service, at the pace that was told or at that of the service."""
        http = HttpSettings(self.private_addresses, self.plain_http, self.ca_file)
        return Fetcher(http, world, interval_s=60 / (self.requests_per_minute or requests_per_minute))


def convert_options(kind: type[T], options: Mapping[str, object]) -> T:
    """The options of a kind of source, as a configuration has them: secrets, days and paths may be objects of theirs.

    Raises `UsageError` for unknown names and wrong types. What is None is as if it were not there.
    """
    plain = {name: _plain(value) for name, value in options.items() if value is not None}
    try:
        found = converted(plain, kind)
    except msgspec.ValidationError as error:
        raise UsageError(option_words(error)) from error
    found.check()
    return found


def read_secret(reference: str, world: World) -> str:
    """A secret as a header can hold it. Raises `UsageError` when there is none, or it has other characters."""
    secret = Secret.parse(reference)
    found = secret.read(world.environment).strip()
    if not (found and found.isascii() and found.isprintable()):
        raise UsageError(f"the secret in '{secret.reference}' is empty, or has characters that no header can hold")
    return found


def option_words(error: Exception) -> str:
    """What msgspec says, in our words.

    >>> option_words(ValueError("Object contains unknown field `tokne` - at `$.auth`"))
    "there is no option 'tokne' in 'auth'"
    """
    text, _, place = str(error).partition(" - at ")
    place = place.strip("`").removeprefix("$").lstrip(".")
    text = text.replace("Object contains unknown field ", "there is no option ")
    text = text.replace("Object missing required field ", "missing option ").replace("`", "'")
    where = f" in '{place}'" if place else ""
    return text[:1].lower() + text[1:] + where


def _plain(value: object) -> object:
    match value:
        case Secret():
            return value.reference
        case date():
            return value.isoformat()
        case Path():
            return str(value)
        case _:
            return value
