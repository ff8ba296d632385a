"""GitHub's audit log, of an organization or an enterprise: `GET /orgs/{org}/audit-log`, `/enterprises/{e}/audit-log`.

docs.github.com/enterprise-cloud@latest/rest/orgs/orgs#get-the-audit-log-for-an-organization: `include=all` adds Git
events, `order=asc` begins with the oldest, pages follow each other by the `after` cursor of the `Link` header, and
`phrase=created:>=TIME` says where to begin (without it, three months ago). The limit is 1,750 requests an hour
(github.blog/changelog/2023-08-01-new-rate-limit-for-the-audit-log-api-endpoints-is-active); a secondary limit
answers 403 or 429, with or without `Retry-After`.

Events may appear after later ones (github.com/wazuh/wazuh/issues/13529 tells of ones that a poll by time misses), so
the end is read again, `reread` back, and events that were taken are known by `_document_id`. Git events are kept for
seven days only: a source that stood still for longer has lost some.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode

from lakebed.errors import UsageError
from lakebed.pull.http import Request, origin
from lakebed.pull.links import link_to
from lakebed.pull.options import CommonOptions, read_secret
from lakebed.pull.records import EventShape, Path, rfc3339
from lakebed.pull.sweep import Page, Sweep, SweepState, foreign_page
from lakebed.secret import Secret

if TYPE_CHECKING:
    from lakebed.pull.connector import Poll
    from lakebed.pull.fetch import World

PAGE_EVENTS = 100
"""The most that GitHub gives at once."""

REQUESTS_PER_MINUTE = 1_750 / 60
"""GitHub's own limit for this path."""

_SHAPE = EventShape(id=Path(("_document_id",)), time=Path(("@timestamp",)), time_form="epoch_ms")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")


class GithubOptions(CommonOptions, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """`organization` or `enterprise` is its name as in URLs, `token` where a token with `read:audit_log` is.

    `include` is `web`, `git` or `all`; `phrase` is added to the search; `url` is the address of an Enterprise Server's
    API, such as `https://github.example.com/api/v3`.
    """

    token: str
    organization: str | None = None
    enterprise: str | None = None
    include: Literal["all", "web", "git"] = "all"
    phrase: str | None = None
    url: str = "https://api.github.com"

    def check(self) -> None:
        """See `CommonOptions.check`."""
        super().check()
        Secret.parse(self.token)
        if (not self.organization) == (not self.enterprise):
            raise UsageError("wanted either 'organization' or 'enterprise'")
        if not _NAME.fullmatch(self.organization or self.enterprise or ""):
            raise UsageError(f"'{(self.organization or self.enterprise or '')[:100]}' is no name as in GitHub's URLs")

    @property
    def endpoint(self) -> str:
        """Where the log is."""
        owner = f"orgs/{self.organization}" if self.organization else f"enterprises/{self.enterprise}"
        return f"{self.url.rstrip('/')}/{owner}/audit-log"


class GithubConnector:
    """See the module."""

    is_endless = False
    window_ms: int | None = None

    def __init__(self, options: GithubOptions, world: World) -> None:
        self._options = options
        self._world = world
        self._fetcher = options.fetcher(world, requests_per_minute=REQUESTS_PER_MINUTE)
        self.reread_ms = options.reread_ms

    def poll(self, state: bytes | None) -> Poll:
        """See `Connector.poll`."""
        return Sweep(self, self._options.since_ms(self._world)).poll(state)

    def page(self, state: SweepState) -> Page:
        """See `Pages.page`."""
        url = state.place or self._first(state)
        if origin(url) != origin(self._options.endpoint):
            raise foreign_page(url)
        headers = {
            "Authorization": f"Bearer {read_secret(self._options.token, self._world)}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        answer = self._fetcher.send(Request(url, headers))
        following = link_to(answer.headers.get("link", ""), "next", answer.url)
        return Page(_SHAPE.events(answer), following, is_last=following is None)

    def now_ms(self) -> int:
        """See `Pages.now_ms`."""
        return int(self._fetcher.service_now() * 1000)

    def close(self) -> None:
        """See `Connector.close`."""
        self._fetcher.close()

    def _first(self, state: SweepState) -> str:
        """GitHub's search knows whole seconds; what lies before within the first one is left out again."""
        phrase = f"created:>={rfc3339(state.since_ms)[:19]}Z"
        if self._options.phrase:
            phrase += f" {self._options.phrase}"
        query = {"phrase": phrase, "include": self._options.include, "order": "asc", "per_page": str(PAGE_EVENTS)}
        return f"{self._options.endpoint}?{urlencode(query)}"
