"""How a REST service is told who asks: headers for each request, from secrets that are read when needed."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import msgspec

from lakebed.errors import PullError
from lakebed.pull.http import Request, shown
from lakebed.pull.options import read_secret
from lakebed.pull.records import check_json
from lakebed.pull.rest_settings import Auth, BasicAuth, BearerAuth, HeaderAuth, NoAuth, OAuth2Auth
from lakebed.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lakebed.pull.fetch import Fetcher, World
    from lakebed.pull.rest_settings import Templates

TOKEN_EARLY_S = 30.0
"""A token is renewed so long before it ends: a page may take as long."""

TOKEN_S = 300.0
"""How long a token is used whose answer does not say how long it lives."""


class _Token(msgspec.Struct):
    access_token: str
    expires_in: float | None = None


class Login:
    """Makes the headers. Keeps a token of OAuth 2 until it ends or is refused."""

    def __init__(self, auth: Auth, fetcher: Fetcher, world: World, templates: Templates) -> None:
        self._auth = auth
        self._fetcher = fetcher
        self._world = world
        self._templates = templates
        self._token: _Token | None = None
        self._token_until = 0.0

    def headers(self) -> Mapping[str, str]:
        """What a request must have. Raises `UsageError` for a missing secret, `PullError` for a failed login."""
        auth = self._auth
        match auth:
            case NoAuth():
                return {}
            case BearerAuth():
                return {"Authorization": f"{auth.scheme} {self._secret(auth.token)}"}
            case BasicAuth():
                return {"Authorization": _basic(self._named(auth.user), self._secret(auth.password))}
            case HeaderAuth():
                return {auth.name: self._secret(auth.value)}
            case OAuth2Auth():
                return {"Authorization": f"Bearer {self._oauth2(auth)}"}

    def forget(self) -> bool:
        """After a refusal: whether another try may help, as a token was kept that may have been withdrawn."""
        had, self._token = self._token is not None, None
        return had

    def _oauth2(self, auth: OAuth2Auth) -> str:
        now = self._world.monotonic()
        if self._token is None or now >= self._token_until:
            url = self._templates.fill(auth.token_url)
            form = {"grant_type": "client_credentials"}
            if auth.scope:
                form["scope"] = auth.scope
            client, secret = self._named(auth.client_id), self._secret(auth.client_secret)
            headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
            if auth.in_body:
                form |= {"client_id": client, "client_secret": secret}
            else:
                headers["Authorization"] = _basic(quote(client, safe=""), quote(secret, safe=""))
            answer = self._fetcher.send(Request(url, headers, urlencode(form).encode()))
            check_json(answer)
            try:
                self._token = msgspec.json.decode(answer.body, type=_Token)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise PullError(f"{shown(url)} sent no token") from error
            if not (self._token.access_token.isascii() and self._token.access_token.isprintable()):
                self._token = None
                raise PullError(f"{shown(url)} sent a token that no header can hold")
            lives_s = TOKEN_S if self._token.expires_in is None else self._token.expires_in
            self._token_until = now + max(0.0, lives_s - TOKEN_EARLY_S)
        return self._token.access_token

    def _secret(self, reference: str) -> str:
        return read_secret(reference, self._world)

    def _named(self, text: str) -> str:
        """A name that is no secret may stand in the file itself."""
        if text.startswith(("env:", "file:")):
            return self._secret(text)
        return self._templates.fill(text)


def check_secrets(auth: Auth) -> None:
    """Raises `UsageError` when a secret stands in the file itself."""
    match auth:
        case BearerAuth():
            Secret.parse(auth.token)
        case BasicAuth():
            Secret.parse(auth.password)
        case HeaderAuth():
            Secret.parse(auth.value)
        case OAuth2Auth():
            Secret.parse(auth.client_secret)
        case NoAuth():
            pass


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
