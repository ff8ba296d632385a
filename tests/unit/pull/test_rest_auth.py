"""Ways to log in at services described in YAML; no secret is told when they fail."""

from __future__ import annotations

import base64
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from lakebed.errors import PullError
from tests.unit.pull.services import Asked, FakeTime, Reply, Service, json_reply
from tests.unit.pull.test_rest import reader

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ("{type: none}", "authorization", None),
        ("{type: bearer, token: 'env:T'}", "authorization", "Bearer s3cret"),
        ("{type: bearer, token: 'env:T', scheme: Token}", "authorization", "Token s3cret"),
        (
            "{type: basic, user: bob, password: 'env:T'}",
            "authorization",
            "Basic " + base64.b64encode(b"bob:s3cret").decode(),
        ),
        (
            "{type: basic, user: 'env:U', password: 'env:T'}",
            "authorization",
            "Basic " + base64.b64encode(b"eve:s3cret").decode(),
        ),
        ("{type: header, name: X-Api-Key, value: 'env:T'}", "x-api-key", "s3cret"),
    ],
)
def test_logins(auth: str, header: str, value: str | None, folder: Path, time: FakeTime) -> None:
    with Service(clock=time.clock) as service:
        text = f"url: {service.url}/logs\nauth: {auth}\nevents: {{time: at}}\nheaders: {{X-Tenant: '{{tenant}}'}}"
        reader(folder, text, time, {"T": "s3cret", "U": "eve"}, values={"tenant": "acme"}).catch_up()
        assert service.asked[0].headers.get(header) == value
        assert service.asked[0].headers["x-tenant"] == "acme"


class TokenService(Service):
    """OAuth 2: `/token` gives tokens, `/logs` wants the last one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.tokens = 0

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/token":
            self.tokens += 1
            return json_reply({"access_token": f"t{self.tokens}", "expires_in": 600, "token_type": "Bearer"})
        if asked.headers.get("authorization") != f"Bearer t{self.tokens}":
            return json_reply({"error": "invalid_token"}, 401)
        return json_reply([])


@pytest.mark.parametrize("in_body", [False, True])
def test_oauth2(in_body: bool, folder: Path, time: FakeTime) -> None:
    with TokenService(clock=time.clock) as service:
        text = f"""
        url: {service.url}/logs
        events: {{time: at}}
        auth:
          type: oauth2
          token_url: {service.url}/token
          client_id: cl ient
          client_secret: env:T
          scope: logs.read
          in_body: {str(in_body).lower()}
        """
        found = reader(folder, textwrap.dedent(text), time, {"T": "s3c/ret"})
        found.poll()
        found.poll()
        asked = service.asked[0]
        form = b"grant_type=client_credentials&scope=logs.read"
        if in_body:
            assert asked.body == form + b"&client_id=cl+ient&client_secret=s3c%2Fret"
            assert "authorization" not in asked.headers
        else:
            assert asked.body == form
            assert asked.headers["authorization"] == "Basic " + base64.b64encode(b"cl%20ient:s3c%2Fret").decode()
        assert service.tokens == 1
        time.go(571)  # it lives for 600 s and is renewed a little earlier
        found.poll()
        assert service.tokens == 2
        service.tokens += 1  # withdrawn: the next request is refused, and a new token is asked for once
        found.poll()
        assert service.tokens == 4


def test_oauth2_that_is_refused_tells_no_secret(folder: Path, time: FakeTime) -> None:
    with TokenService(clock=time.clock) as service:
        service.faults = [json_reply({"error_description": "bad secret s3cret for client"}, 401), Reply(200, b"{}")]
        auth = f"{{type: oauth2, token_url: {service.url}/token, client_id: c, client_secret: 'env:T', in_body: true}}"
        found = reader(folder, f"url: {service.url}/logs\nevents: {{time: at}}\nauth: {auth}", time, {"T": "s3cret"})
        with pytest.raises(PullError) as caught:
            found.poll()
        hint = "the credentials are wrong or no longer valid ('bad secret … for client')"
        assert str(caught.value) == f"'{service.url}/token' answers 401: {hint}"
        with pytest.raises(PullError) as caught:
            found.poll()
        assert str(caught.value) == f"'{service.url}/token' sent no token"
