"""The hash, base64, hex, url and ip functions in the slow evaluator."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import re
import zlib
from urllib.parse import quote, unquote_to_bytes

from tests.events import Json, Num
from tests.expressions.values import Unknown, bounded, characters, check, exact, lossy, raw, small, text, whole

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def digest(name: str, value: Json) -> str:
    data = raw(text(value))
    return f"{zlib.crc32(data):08x}" if name == "crc32" else hashlib.new(name, data).hexdigest()


def base64_bytes(value: Json) -> bytes:
    letters = re.sub("[ \t\n\r\f]", "", text(value)).replace("-", "+").replace("_", "/")
    letters = re.sub("={1,2}$", "", letters)
    check(re.fullmatch(r"[A-Za-z0-9+/]*\Z", letters) and len(letters) % 4 != 1)
    return base64.b64decode(letters + "=" * (-len(letters) % 4))


def base64_encode(value: Json) -> str:
    return bounded(base64.b64encode(raw(text(value))).decode())


def base64_utf16(value: Json) -> str:
    data = base64_bytes(value)
    check(len(data) % 2 == 0)
    return re.sub("[\ud800-\udfff]", "\ufffd", data.decode("utf-16-le", "surrogatepass"))


def hex_decode(value: Json) -> str:
    digits = re.sub("[ \t\n\r\f:]", "", re.sub("^0[xX]", "", text(value)))
    check(re.fullmatch(r"([0-9a-fA-F]{2})*\Z", digits))
    return lossy(bytes.fromhex(digits))


def url_parts(value: Json) -> tuple[str | None, str | None, str, str | None]:
    """Scheme, authority, path, query: the expression of RFC 3986, appendix B."""
    match = re.fullmatch(r"(?s:(([^:/?#]+):)?(//([^/?#]*))?([^?#]*)(\?([^#]*))?(#(.*))?)", text(value))
    assert match is not None
    if match[2] and not re.fullmatch("[A-Za-z][A-Za-z0-9+.-]*", match[2]):
        return None, None, f"{match[1]}{match[3] or ''}{match[5]}", match[7]
    return match[2], match[4], match[5], match[7]


def url_host(value: Json) -> str:
    authority = url_parts(value)[1]
    check(authority)
    host = str(authority).rpartition("@")[2]
    host = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    check(host)
    return "".join(letter.lower() if letter.isascii() else letter for letter in host)


def url_port(value: Json) -> Num:
    authority = url_parts(value)[1]
    check(authority)
    host = str(authority).rpartition("@")[2]
    host = host.partition("]")[2] if host.startswith("[") and "]" in host else "" if host.startswith("[") else host
    port = host.partition(":")[2]
    check(re.fullmatch("[0-9]+", port) and int(port) < 65536)
    return whole(int(port))


def url_part(place: int, value: Json) -> str:
    found = url_parts(value)[place]
    check(found is not None)
    return str(found).lower() if place == 0 else str(found)


def unquoted(value: str) -> bytes:
    return unquote_to_bytes(raw(value))


def url_parameter(value: Json, name: Json) -> str:
    query = url_part(3, value)
    for pair in query.split("&"):
        left, _, right = pair.partition("=")
        if unquoted(left.replace("+", " ")) == raw(text(name)):
            return lossy(unquoted(right.replace("+", " ")))
    raise Unknown


def url_domain(value: Json) -> str:
    host = url_host(value) if "/" in text(value) else characters(value)
    labels = "".join(x.lower() if x.isascii() else x for x in host.removesuffix(".")).split(".")
    check(len(labels) > 1 and all(re.fullmatch(r"[\w-]+", label) for label in labels) and not labels[-1].isdigit())
    second = ["ac", "co", "com", "edu", "go", "gob", "gov", "mil", "ne", "net", "or", "org"]
    count = 3 if len(raw(labels[-1])) == 2 and labels[-2] in second else 2
    check(len(labels) >= count)
    return ".".join(labels[-count:])


def address(value: Json) -> Address:
    plain, percent, zone = text(value).partition("%")
    try:
        found = ipaddress.ip_address(plain)
    except ValueError:
        raise Unknown from None
    check(not percent or (zone and found.version == 6))
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def is_address(value: Json) -> bool:
    check(isinstance(value, str))
    try:
        address(value)
    except Unknown:
        return False
    return True


def as_ipv6(found: Address) -> int:
    """IPv4 where IPv6 maps it."""
    return int(found) + (0xFFFF << 32 if found.version == 4 else 0)


def holds(network: str, found: Address) -> bool:
    """A network of mapped addresses is the one of IPv4 that they are."""
    base = address(network.partition("/")[0]) if "/" not in network else ipaddress.ip_network(network, strict=False)
    if isinstance(base, Address):
        return as_ipv6(base) == as_ipv6(found)
    shift = base.max_prefixlen - base.prefixlen
    return as_ipv6(base.network_address) >> shift == as_ipv6(found) >> shift


def ip_in(value: Json, *networks: Json) -> bool:
    found, is_unknown = address(value), False
    for one in networks:
        try:
            if holds(text(one), found):
                return True
        except (Unknown, ValueError):
            is_unknown = True
    check(not is_unknown)
    return False


def is_private(value: Json) -> bool:
    return ip_in(value, "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")


def ip_network(value: Json, prefix: Json) -> str:
    found, bits = address(value), small(prefix)
    check(0 <= bits <= found.max_prefixlen)
    kind = ipaddress.IPv4Network if found.version == 4 else ipaddress.IPv6Network
    return str(kind((int(found), bits), strict=False))


def from_number(value: Json) -> str:
    check(isinstance(value, Num) and exact(value).denominator == 1 and 0 <= exact(value) < 2**128)
    number = int(exact(value))
    return str(ipaddress.IPv4Address(number) if number < 2**32 else ipaddress.IPv6Address(number))


def encoded(value: Json) -> str:
    return bounded(quote(raw(text(value)), safe=""))


def version(value: Json) -> Num:
    return whole(address(value).version)
