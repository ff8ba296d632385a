"""Any service that pages through JSON, described in a file of YAML (`rest_settings.py`, docs/pull.md)."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import msgspec

from lakebed.errors import UsageError
from lakebed.pull.fetch import RefusedError
from lakebed.pull.http import Request, origin
from lakebed.pull.links import link_to
from lakebed.pull.options import CommonOptions
from lakebed.pull.records import Path, TimeForm, rfc3339, text_at
from lakebed.pull.rest_auth import Login, check_secrets
from lakebed.pull.rest_settings import (
    CursorPages,
    LinkPages,
    NoPages,
    NumberPages,
    OffsetPages,
    Templates,
    check_values,
    read_rest_settings,
)
from lakebed.pull.spans import seconds_of
from lakebed.pull.sweep import Page, Sweep, SweepState, foreign_page

if TYPE_CHECKING:
    from lakebed.pull.connector import Poll
    from lakebed.pull.fetch import World
    from lakebed.pull.http import Answer
    from lakebed.pull.records import Event
    from lakebed.pull.rest_settings import RestSettings

_UNAUTHORIZED = 401


class RestOptions(CommonOptions, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """`description` is the path of its file; `values` are those that it names, such as `{tenant}`."""

    description: str
    values: dict[str, str] = msgspec.field(default_factory=dict)

    def check(self) -> None:
        """See `CommonOptions.check`; reads the file."""
        super().check()
        self.settings()

    def settings(self) -> RestSettings:
        """The description, checked together with the values."""
        check_values(self.values)
        settings = read_rest_settings(FilePath(self.description))
        templates = Templates(self.values)
        try:
            check_secrets(settings.auth)
            times = {"since": "0", "until": "0"}
            for text in (settings.url, *settings.headers.values()):
                templates.fill(text)
            for text in settings.query.values():
                templates.fill(text, times)
        except UsageError as error:
            raise UsageError(f"'{self.description}': {error}") from error
        if settings.window and seconds_of(settings.window, "window") * 1000 < 2 * self.reread_ms:
            raise UsageError(
                f"'{self.description}': window must be at least twice 'reread', which is {self.reread_ms // 1000} s"
            )
        return settings


class RestConnector:
    """See the module."""

    def __init__(self, options: RestOptions, world: World) -> None:
        self._options = options
        self._world = world
        self._settings = settings = options.settings()
        self._templates = Templates(options.values)
        self._url = self._templates.fill(settings.url)
        self._shape = settings.events.shape()
        self._fetcher = options.fetcher(world, requests_per_minute=settings.requests_per_minute)
        self._login = Login(settings.auth, self._fetcher, world, self._templates)
        self.is_endless = settings.resume == "cursor"
        self.reread_ms = options.reread_ms
        self.window_ms = int(seconds_of(settings.window, "window") * 1000) if settings.window else None

    def poll(self, state: bytes | None) -> Poll:
        """See `Connector.poll`."""
        return Sweep(self, self._options.since_ms(self._world)).poll(state)

    def page(self, state: SweepState) -> Page:
        """See `Pages.page`."""
        answer = self._get(self._page_url(state))
        events = self._shape.events(answer)
        page = self._turn(state.place, answer, events)
        if self._settings.order == "newest_first" and any(
            event.time_ms is not None and event.time_ms < state.since_ms for event in events
        ):
            return Page(events, None, is_last=True)
        return page

    def now_ms(self) -> int:
        """See `Pages.now_ms`."""
        return int(self._fetcher.service_now() * 1000)

    def close(self) -> None:
        """See `Connector.close`."""
        self._fetcher.close()

    def _get(self, url: str) -> Answer:
        if origin(url) != origin(self._url):
            raise foreign_page(url)
        try:
            return self._fetcher.send(Request(url, self._headers()))
        except RefusedError as error:
            if error.status != _UNAUTHORIZED or not self._login.forget():
                raise
        return self._fetcher.send(Request(url, self._headers()))

    def _headers(self) -> dict[str, str]:
        told = {name: self._templates.fill(value) for name, value in self._settings.headers.items()}
        return {"Accept": "application/json", **told, **self._login.headers()}

    def _page_url(self, state: SweepState) -> str:
        pages, place = self._settings.pagination, state.place
        if place is not None and (isinstance(pages, LinkPages) or (isinstance(pages, CursorPages) and pages.is_url)):
            return place
        form = self._settings.since_form
        times = {"since": _time_text(state.since_ms, form)}
        if state.until_ms is not None:
            times["until"] = _time_text(state.until_ms, form)
        query = {name: self._templates.fill(value, times) for name, value in self._settings.query.items()}
        match pages:
            case CursorPages() if place is not None and pages.parameter is not None:
                query[pages.parameter] = place
            case NumberPages():
                query[pages.parameter] = place or str(pages.first)
            case OffsetPages():
                query[pages.parameter] = place or "0"
            case _:
                pass
        return _with_query(self._url, query)

    def _turn(self, place: str | None, answer: Answer, events: list[Event]) -> Page:
        pages = self._settings.pagination
        match pages:
            case NoPages():
                return Page(events, None, is_last=True)
            case LinkPages():
                following = link_to(answer.headers.get("link", ""), "next", answer.url)
                return Page(events, following, is_last=following is None or (self.is_endless and not events))
            case CursorPages():
                return self._turn_by_cursor(pages, answer, events)
            case NumberPages():
                number = _number(place, pages.first)
                is_last = len(events) < (pages.size or 1)
                return Page(events, str(number if is_last else number + 1), is_last)
            case OffsetPages():
                return Page(events, str(_number(place, 0) + len(events)), len(events) < (pages.size or 1))

    def _turn_by_cursor(self, pages: CursorPages, answer: Answer, events: list[Event]) -> Page:
        cursor = text_at(Path.parse(pages.cursor), answer) or None
        if cursor is not None and pages.is_url:
            cursor = urljoin(answer.url, cursor)
        has_more = text_at(Path.parse(pages.more), answer) if pages.more is not None else None
        is_last = cursor is None or has_more in {"false", "0", ""} or (self.is_endless and not events)
        return Page(events, cursor, is_last or (pages.more is not None and has_more is None))


def _number(place: str | None, first: int) -> int:
    return int(place) if place is not None and place.isdecimal() else first


def _time_text(time_ms: int, form: TimeForm) -> str:
    match form:
        case "rfc3339":
            return rfc3339(time_ms)
        case "epoch_s":
            return str(time_ms // 1000)
        case "epoch_ms":
            return str(time_ms)


def _with_query(url: str, query: dict[str, str]) -> str:
    parts = urlsplit(url)
    return urlunsplit(
        parts._replace(query=urlencode([*parse_qsl(parts.query, keep_blank_values=True), *query.items()]))
    )
