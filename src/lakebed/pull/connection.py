"""Connections that reach no address inside the own network unless told to, whatever a name resolves to.

The address is checked that the connection is made to, not one that was looked up before: a name that resolves to
another address a moment later (DNS rebinding) gains nothing. A service cannot lead us to an internal one, such as
the metadata of a cloud's machines.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection


class PrivateAddressError(HTTPError):
    """A name resolves to an address that must not be reached."""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet.

    >>> is_public("93.184.216.34"), is_public("10.0.0.1"), is_public("::ffff:169.254.169.254")
    (True, False, False)
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    inner = [found]
    if isinstance(found, ipaddress.IPv6Address):  # an IPv4 address may hide in it, for a gateway to take out
        inner += [one for one in (found.ipv4_mapped, found.sixtofour) if one is not None]
        if found in ipaddress.ip_network("64:ff9b::/96"):
            inner.append(ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF))
    return all(one.is_global and not one.is_multicast for one in inner)


class _PublicOnly(HTTPConnection):
    """Resolves the name itself, and connects to an address that was judged."""

    def _new_conn(self) -> socket.socket:
        try:
            found = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            reason = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
            raise NameResolutionError(self.host, self, reason) from error
        addresses = [str(sockaddr[0]) for *_, sockaddr in found]
        if not all(is_public(address) for address in addresses):
            raise PrivateAddressError(f"'{self.host}' is at a private address")
        return self._connect(addresses)

    def _connect(self, addresses: list[str]) -> socket.socket:
        failure: HTTPError | None = None
        for address in addresses:
            try:
                return create_connection(
                    (address, self.port), self.timeout, self.source_address, socket_options=self.socket_options
                )
            except TimeoutError as error:
                failure = ConnectTimeoutError(self, f"no answer from {self.host}")
                failure.__cause__ = error
            except OSError as error:
                failure = NewConnectionError(self, error.strerror or "cannot connect")
                failure.__cause__ = error
        assert failure is not None, "getaddrinfo gives an address or an error"
        raise failure


class _PublicOnlyTls(_PublicOnly, HTTPSConnection):
    """The same with TLS: the certificate is that of the name."""


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _PublicOnly


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _PublicOnlyTls


class PublicPools(urllib3.PoolManager):
    """Pools whose connections go to public addresses only."""

    def __init__(self, **options: Any) -> None:  # passed on as they are
        super().__init__(**options)
        self.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
