"""One request to a service, with every bound that it needs: hosts, addresses, time, bytes, redirects.

No retries here: `fetch.py` decides what is tried again. Nothing here writes a query string, a header or a body into an
error, since any of them may hold a secret.
"""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError, SSLError

from lakebed import config
from lakebed.errors import PullError, UsageError
from lakebed.pull.connection import PrivateAddressError, PublicPools

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

READ_BYTES = 65_536
"""A body is read in pieces of this size."""

_REDIRECTS = {301, 302, 303, 307, 308}
_PORTS = {"http": 80, "https": 443}


class UnreachableError(PullError):
    """The service did not answer, or not to the end: the same request may succeed later."""


@dataclass(frozen=True)
class HttpSettings:
    """What a source may allow beyond the defaults: TLS, the known authorities, addresses of the internet."""

    allow_private_addresses: bool = False
    allow_plain_http: bool = False
    ca_file: str | None = None


@dataclass(frozen=True)
class Request:
    """A GET, or a POST when there is a body."""

    url: str
    headers: Mapping[str, str]
    body: bytes | None = None


@dataclass(frozen=True)
class Answer:
    """What the service said. Names of headers are in lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpClient:
    """Keeps connections open. Used by one thread."""

    def __init__(self, settings: HttpSettings, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._monotonic = monotonic
        options: dict[str, Any] = {  # urllib3 takes anything
            "retries": False,
            "maxsize": 1,
            "timeout": urllib3.Timeout(connect=config.PULL_CONNECT_TIMEOUT_S, read=config.PULL_READ_TIMEOUT_S),
            "ssl_context": _tls(settings.ca_file),
        }
        self._pools = urllib3.PoolManager(**options) if settings.allow_private_addresses else PublicPools(**options)

    def send(self, request: Request) -> Answer:
        """The answer, whatever its status. Redirects of a GET are followed on the same host only.

        Raises `UnreachableError`, and `PullError` for what another try does not mend.
        """
        url = request.url
        for _ in range(config.PULL_REDIRECTS_MAX + 1):
            self.check_url(url)
            answer = self._once(request, url)
            if answer.status not in _REDIRECTS or request.body is not None:
                return answer
            target = urljoin(url, answer.headers.get("location", ""))
            if origin(target) != origin(url):
                raise PullError(f"{shown(url)} redirects to another host, '{urlsplit(target).hostname or ''}'")
            url = target
        raise PullError(f"{shown(request.url)} redirects more than {config.PULL_REDIRECTS_MAX} times")

    def check_url(self, url: str) -> None:
        """Raises `UsageError` for a URL that must not be asked."""
        scheme, host, _ = origin(url)
        if scheme not in _PORTS or not host or urlsplit(url).username is not None:
            raise UsageError(f"not the URL of a service: {shown(url)}; wanted https://host/path, without a password")
        if scheme == "http" and not self._settings.allow_plain_http:
            raise UsageError(f"{shown(url)} would be asked without TLS; plain_http = true allows it")

    def close(self) -> None:
        """Closes the connections."""
        self._pools.clear()

    def _once(self, request: Request, url: str) -> Answer:
        try:
            response = self._pools.request(
                "GET" if request.body is None else "POST",
                url,
                body=request.body,
                headers={"User-Agent": "lakebed", "Accept-Encoding": "gzip", **request.headers},
                redirect=False,
                preload_content=False,
            )
            try:
                headers = {name.lower(): value for name, value in response.headers.items()}
                body = self._body(response, url)
            except BaseException:
                response.close()
                raise
            response.release_conn()
        except PrivateAddressError as error:
            raise PullError(f"{error}; private_addresses = true allows it") from error
        except SSLError as error:
            raise PullError(f"no trusted connection to {shown(url)}: {_tls_reason(error)}") from error
        except HTTPError as error:
            raise UnreachableError(f"cannot read {shown(url)}: {_reason(error)}") from error
        return Answer(url, response.status, headers, body)

    def _body(self, response: urllib3.BaseHTTPResponse, url: str) -> bytes:
        is_success = 200 <= response.status < 300
        deadline = self._monotonic() + config.PULL_ANSWER_S_MAX
        pieces: list[bytes] = []
        size = 0
        while piece := response.read(READ_BYTES):
            pieces.append(piece)
            size += len(piece)
            if not is_success and size >= config.PULL_ERROR_BODY_BYTES:
                response.close()
                return b"".join(pieces)[: config.PULL_ERROR_BODY_BYTES]
            if size > config.PULL_BODY_BYTES_MAX:
                raise PullError(f"the answer of {shown(url)} has more than {config.PULL_BODY_BYTES_MAX:,} bytes")
            if self._monotonic() > deadline:
                raise UnreachableError(f"the answer of {shown(url)} takes more than {config.PULL_ANSWER_S_MAX} s")
        return b"".join(pieces)


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port: what two URLs of one service have in common.

    >>> origin("https://Api.example.com/v1?x=1")
    ('https', 'api.example.com', 443)
    """
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return "", "", 0


def shown(url: str) -> str:
    """The URL as an error may show it: without its query, which may hold a secret.

    >>> shown("https://u:p@api.example.com/v1?token=x")
    "'https://api.example.com/v1'"
    """
    scheme, host, port = origin(url)
    place = f"{host}:{port}" if port not in {0, _PORTS.get(scheme)} else host
    return f"'{scheme}://{place}{urlsplit(url).path if host else ''}'"


def _tls(ca_file: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(
            f"cannot read the certificates in '{ca_file}': {(error.strerror or 'they are not PEM').lower()}"
        ) from error


def _tls_reason(error: SSLError) -> str:
    inner = error.args[0] if error.args else error
    return str(getattr(inner, "verify_message", "") or getattr(inner, "reason", "") or "TLS failed").lower()


def _reason(error: HTTPError) -> str:
    """Without the representation of objects that urllib3 puts before it."""
    return str(error).rpartition(": ")[2].strip("()'") or type(error).__name__
