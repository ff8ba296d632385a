"""Kinds of sources, and the keys that each has besides those of all sources.

A kind that is new has its dataclass here and one line in `KINDS`.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakebed.configuration import readers
from lakebed.configuration.durations import DAY_S, YEARS_100_S, beginning, duration, duration_words, retention
from lakebed.configuration.option import option, required
from lakebed.query.regex_check import regex_fault
from lakebed.secret import Secret
from lakebed.transform.place import described

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping
    from pathlib import Path

    from lakebed.configuration.model import Kind
    from lakebed.configuration.value import Value

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}\.)*[A-Za-z0-9.-]{0,62}(?::[0-9]{1,5})?")
_LISTENER = re.compile(r"(udp|tcp|tls)://(.+)")
_GITHUB_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}")
NO_SECRET = Secret("env:")


def key_pattern(value: Value) -> str:
    """A regular expression of the engine."""
    found = readers.text(value)
    fault = regex_fault(found, ignore_case=False)
    if fault is not None:
        at = "" if fault.start is None else f" at character {fault.start + 1}"
        value.fail(f"not a regular expression: {fault.message}{at} of {described(found)}")
    return found


def queue_url(value: Value) -> str:
    """The URL of an SQS queue."""
    found = readers.text(value)
    if found.startswith("arn:"):
        value.fail(f"wanted the URL of the queue, found its ARN {described(found)}")
    return readers.web_url(value)


def listener(value: Value) -> str:
    """Where syslog is listened for."""
    found = _LISTENER.fullmatch(readers.text(value))
    if found is None:
        value.fail(f'wanted "udp://HOST:PORT", "tcp://…" or "tls://…", found {described(value.found)}')
    readers.address(value.with_found(found[2]))
    return found[0]


def network(value: Value) -> str:
    """A network of addresses, or one address."""
    found = readers.text(value)
    try:
        return str(ipaddress.ip_network(found))
    except ValueError as error:
        reason = "it has bits beyond its length" if "host bits" in str(error) else "no address is like that"
        value.fail(f'wanted a network such as "10.0.0.0/8", found {described(found)}: {reason}')


def host(value: Value) -> str:
    """The name of a server, perhaps with a port."""
    found = readers.text(value)
    if not _HOST.fullmatch(found):
        value.fail(f'wanted the name of a server such as "acme.okta.com", found {described(found)}')
    return found


def github_name(value: Value) -> str:
    """An organization or enterprise, as it stands in URLs."""
    found = readers.text(value)
    if not _GITHUB_NAME.fullmatch(found):
        value.fail(f"wanted a name as it stands in URLs of GitHub, found {described(found)}")
    return found


def raw_retention() -> int | None:
    """A key of all kinds whose events are kept in the lake as they came, before they are indexed."""
    return option(
        retention(3_600, YEARS_100_S),
        "how long what came is kept as it came, in `raw/`, once it is indexed; after that nothing can index it again",
        None,
        shown='"forever"',
        key="raw_retention",
    )


@dataclass(frozen=True)
class BucketKeys:
    """`kind = "bucket"`, which is what holds when no kind is told: objects of a bucket, or files of a folder."""

    url: str = required(
        readers.text,
        "where the objects are: a folder, or `s3://bucket/prefix`, `gs://…`, `az://…`; `*`, `**`, `?` and `[ab]` "
        "stand for parts of keys, as in `lakebed index`",
        "",
    )
    match: str | None = option(
        key_pattern,
        "a [regular expression](query-language.md); only objects in whose key it finds something are taken. The key is "
        "that in the bucket, without a slash first; of a file, its path below the folder",
        None,
    )
    notifications: str | None = option(
        queue_url, "URL of the SQS queue that is told of new objects, by S3 itself, SNS or EventBridge", None
    )
    list_every_s: float | None = option(
        duration(1, 30 * DAY_S),
        "how often the objects are listed; what `[run]` says, when nothing is said and there is no queue",
        None,
        key="list_every",
    )
    since: datetime.date | None = option(
        readers.date, "objects last changed before this day (UTC) are left to `lakebed backfill`", None
    )


@dataclass(frozen=True)
class ReceiveKeys:
    """`kind = "receive"`: what clients send to `lakebed receive`."""

    tokens: tuple[Secret, ...] = option(
        readers.secrets, "secrets of which a client must show one; several, so that they can be changed", ()
    )
    syslog: tuple[str, ...] = option(
        readers.array(listener), 'where syslog is listened for: `"udp://0.0.0.0:5514"`, `"tcp://…"`, `"tls://…"`', ()
    )
    allow: tuple[str, ...] = option(
        readers.array(network), 'networks that syslog is taken from, such as `"10.0.0.0/8"`; all, when none is told', ()
    )
    raw_retention_s: int | None = raw_retention()


@dataclass(frozen=True)
class PullKeys:
    """Keys of all kinds that ask a service for its events: `okta`, `github` and `rest`."""

    poll_every: str = option(
        duration_words(1, DAY_S), "how often the service is asked when there is nothing new", "30s", shown='"30s"'
    )
    since: str | None = option(
        beginning,
        'where a source begins that was never asked: a length of time such as `"30d"`, a day, or a time; '
        "a week before its first start, when nothing is said",
        None,
    )
    reread: str = option(
        duration_words(0, 7 * DAY_S),
        "how far back the end is read again, for events that come late",
        "10m",
        shown='"10m"',
    )
    requests_per_minute: int | None = option(
        readers.whole(1, 60_000), "most requests; what the service allows, when nothing is said", None
    )
    private_addresses: bool = option(
        readers.flag,
        "whether the service may be at an address that is not of the internet",
        default=False,
        shown="false",
    )
    plain_http: bool = option(readers.flag, "whether it may be asked without TLS", default=False, shown="false")
    ca_file: Path | None = option(readers.path, "certificates of an authority of one's own, in PEM", None)
    raw_retention_s: int | None = raw_retention()


@dataclass(frozen=True)
class OktaKeys(PullKeys):
    """`kind = "okta"`: the System Log of Okta."""

    domain: str = required(host, 'the organization\'s server: `"acme.okta.com"`', "")
    token: Secret = required(readers.secret, "where its API token is", NO_SECRET)
    scheme: str = option(readers.one_of("SSWS", "Bearer"), '`"Bearer"` for a token of OAuth 2', "SSWS", shown='"SSWS"')
    filter: str | None = option(readers.text, "which events, as Okta writes it: `'eventType sw \"user.\"'`", None)


@dataclass(frozen=True)
class GithubKeys(PullKeys):
    """`kind = "github"`: the audit log of GitHub, of an organization or of an enterprise."""

    organization: str | None = option(github_name, "whose log it is; or else `enterprise`", None)
    enterprise: str | None = option(github_name, "whose log it is; or else `organization`", None)
    token: Secret = required(readers.secret, "where a token is that may read the audit log", NO_SECRET)
    include: str = option(
        readers.one_of("all", "web", "git"), 'which events: `"web"`, `"git"` or both', "all", shown='"all"'
    )
    phrase: str | None = option(readers.text, 'which events, as GitHub writes it: `"action:repo.create"`', None)
    url: str = option(
        readers.web_url,
        "of the API; a server of one's own has `https://…/api/v3`",
        "https://api.github.com",
        shown='"https://api.github.com"',
    )


@dataclass(frozen=True)
class RestKeys(PullKeys):
    """`kind = "rest"`: any service that gives its events page by page."""

    description: Path | None = required(readers.path, "a file in YAML that describes it", None)
    values: Mapping[str, str] | None = option(
        readers.labels, 'what names in the description stand for: `{ tenant = "acme" }`', None
    )


KINDS: dict[Kind, type] = {
    "bucket": BucketKeys,
    "receive": ReceiveKeys,
    "okta": OktaKeys,
    "github": GithubKeys,
    "rest": RestKeys,
}
"""The only list of its kind."""
