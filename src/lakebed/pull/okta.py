"""Okta's System Log: `GET /api/v1/logs` (developer.okta.com/docs/reference/system-log-query).

A polling request (ascending, no `until`) goes by the time when Okta stored an event: it gives every event, also one
that comes late, in an order that is not that of `published`. Its answers always have a link to the next page, which is
the cursor: nothing is skipped as long as that link is followed, so nothing is read again. The documentation forbids
making `after` up, and `since` beside it.

A cursor that Okta no longer takes (400, 404, 410) starts again at the newest event less `reread`; events that were
taken before are known by their `uuid`. Throttling is 429 with `X-Rate-Limit-Reset`, a moment by Okta's clock.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode

from lakebed.errors import UsageError
from lakebed.pull.fetch import RefusedError, World
from lakebed.pull.http import Request, origin
from lakebed.pull.links import link_to
from lakebed.pull.options import CommonOptions, read_secret
from lakebed.pull.records import EventShape, Path, rfc3339
from lakebed.pull.sweep import Page, Sweep, SweepState, foreign_page
from lakebed.secret import Secret

if TYPE_CHECKING:
    from lakebed.pull.connector import Poll

PAGE_EVENTS = 1000
"""The most that Okta gives at once."""

REQUESTS_PER_MINUTE = 30
"""Of the 120 that an org has at least for this path; others ask it too."""

RESTART_EVERY_S = 300
"""A service that refuses each cursor that it gave is told to fail, not asked for the same events again and again."""

_SHAPE = EventShape(id=Path(("uuid",)), time=Path(("published",)))
_EXPIRED = {400, 404, 410}
_DOMAIN = re.compile(r"(https?://)?[A-Za-z0-9.-]+(:[0-9]+)?")


class OktaOptions(CommonOptions, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """`domain` is that of the org (`example.okta.com`), `token` where its API token is.

    `scheme` is `Bearer` for a token of OAuth 2. `filter` is Okta's own expression, such as `eventType sw "user."`.
    """

    domain: str
    token: str
    scheme: Literal["SSWS", "Bearer"] = "SSWS"
    filter: str | None = None

    def check(self) -> None:
        """See `CommonOptions.check`."""
        super().check()
        Secret.parse(self.token)
        if not _DOMAIN.fullmatch(self.domain):
            raise UsageError(f"domain = '{self.domain[:100]}' is no name of a host; wanted such as 'example.okta.com'")

    @property
    def url(self) -> str:
        """The endpoint."""
        return f"{self.domain if '://' in self.domain else 'https://' + self.domain}/api/v1/logs"


class OktaConnector:
    """See the module."""

    is_endless = True
    window_ms: int | None = None

    def __init__(self, options: OktaOptions, world: World) -> None:
        self._options = options
        self._world = world
        self._fetcher = options.fetcher(world, requests_per_minute=REQUESTS_PER_MINUTE)
        self._restarted_at: float | None = None
        self.reread_ms = options.reread_ms

    def poll(self, state: bytes | None) -> Poll:
        """See `Connector.poll`."""
        return Sweep(self, self._options.since_ms(self._world)).poll(state)

    def page(self, state: SweepState) -> Page:
        """See `Pages.page`."""
        try:
            return self._read(state.place or self._first(state))
        except RefusedError as error:
            now = self._world.monotonic()
            is_soon = self._restarted_at is not None and now < self._restarted_at + RESTART_EVERY_S
            if state.place is None or error.status not in _EXPIRED or is_soon:
                raise
            self._restarted_at = now
        if state.newest_ms:
            state.since_ms = max(state.since_ms, state.newest_ms - self.reread_ms, state.floor_ms)
        state.place, state.visited = None, b""
        return self._read(self._first(state))

    def now_ms(self) -> int:
        """See `Pages.now_ms`."""
        return int(self._fetcher.service_now() * 1000)

    def close(self) -> None:
        """See `Connector.close`."""
        self._fetcher.close()

    def _first(self, state: SweepState) -> str:
        query = {"since": rfc3339(state.since_ms), "sortOrder": "ASCENDING", "limit": str(PAGE_EVENTS)}
        if self._options.filter:
            query["filter"] = self._options.filter
        return f"{self._options.url}?{urlencode(query)}"

    def _read(self, url: str) -> Page:
        if origin(url) != origin(self._options.url):
            raise foreign_page(url)
        token = read_secret(self._options.token, self._world)
        headers = {"Authorization": f"{self._options.scheme} {token}", "Accept": "application/json"}
        answer = self._fetcher.send(Request(url, headers))
        events = _SHAPE.events(answer)
        return Page(events, link_to(answer.headers.get("link", ""), "next", answer.url) or url, is_last=not events)
