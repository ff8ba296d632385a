"""What the receiver is told: where it listens, who may send into which source, and its limits."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from lakebed.catalog.entries import check_index_name
from lakebed.config import MIB
from lakebed.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Transport = Literal["udp", "tcp", "tls"]
_TRANSPORTS: tuple[Transport, ...] = ("udp", "tcp", "tls")

ANYWHERE: tuple[Network, ...] = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))


@dataclass(frozen=True)
class Address:
    """Where to listen. Port 0 lets the system choose."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    def parse(cls, text: str) -> Address:
        """Reads `HOST:PORT`, `[::1]:PORT`. Raises `UsageError`.

        >>> Address.parse("127.0.0.1:8088"), Address.parse("[::1]:0").host
        (Address(host='127.0.0.1', port=8088), '::1')
        """
        try:
            parts = urlsplit(f"//{text}")
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = None
        if host is None or port is None or parts.path or parts.username is not None:
            raise UsageError(f"not an address to listen on: '{text}'; wanted HOST:PORT, such as '127.0.0.1:8088'")
        return cls(host, port)


@dataclass(frozen=True)
class SyslogListener:
    """A port that takes syslog of one source, from these networks."""

    source: str
    transport: Transport
    address: Address
    networks: tuple[Network, ...] = ANYWHERE

    @classmethod
    def parse(cls, source: str, url: str, allow: tuple[str, ...] = ()) -> SyslogListener:
        """Reads `udp://HOST:PORT`, `tcp://…`, `tls://…`, and networks such as `10.0.0.0/8`. Raises `UsageError`."""
        transport, _, rest = url.partition("://")
        for known in _TRANSPORTS:
            if transport == known and rest:
                return cls(source, known, Address.parse(rest), _networks(allow) if allow else ANYWHERE)
        raise UsageError(f"not a place to listen for syslog: '{url}'; wanted udp://HOST:PORT, tcp://… or tls://…")


def _networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(text) for text in texts)
    except ValueError as error:
        raise UsageError(f"not a network: {error}") from None


@dataclass(frozen=True)
class ReceiveSettings:
    """Everything that `lakebed receive` is told; docs/configuration.md says what each is for."""

    tokens: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    """Of each source that takes HTTP."""
    http: Address | None = None
    syslog: tuple[SyslogListener, ...] = ()
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    tls_clients: Path | None = None
    """Certificates that clients of syslog over TLS must be signed by; None: any client."""
    query_tokens: bool = False
    wait_seconds: float = 0.2
    batch_bytes: int = 8 * MIB
    body_bytes: int = 16 * MIB
    decompressed_bytes: int = 128 * MIB
    line_bytes: int = MIB
    connections: int = 1_000
    in_flight_bytes: int = 256 * MIB
    stop_seconds: float = 30.0

    def check(self) -> None:
        """Raises `UsageError` for what cannot work together."""
        for name in (*self.tokens, *(one.source for one in self.syslog)):
            check_index_name(name)
        if self.http is None and not self.syslog:
            raise UsageError("nothing to listen on: wanted an address for HTTP or for syslog")
        if self.http is not None and not any(self.tokens.values()):
            raise UsageError("nobody could send over HTTP: wanted a token for at least one source")
        if self.in_flight_bytes < max(self.body_bytes, self.decompressed_bytes, self.line_bytes):
            raise UsageError("in_flight_bytes is less than one body or line may have: some would never find room")
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise UsageError("TLS needs both a certificate and its key")
        if self.tls_certificate is None and any(one.transport == "tls" for one in self.syslog):
            raise UsageError("syslog over TLS needs a certificate and its key")
