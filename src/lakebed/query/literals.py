"""Numbers, networks and regular expressions as they are written in a query."""

from __future__ import annotations

import ipaddress
import re

RANGE_MARK = ".."

NUMBER_CHARACTERS_MAX = 1_000
"""Longer numbers are text: comparing them exactly would cost more memory than any log value is worth."""

NUMBER_EXPONENT_DIGITS_MAX = 4
"""Digits of an exponent, for the same reason."""

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?([0-9]+))?")
_NETWORK = re.compile(r"[0-9A-Fa-f:.]+(?:/[0-9]{1,3})?")
_LOOK_AROUND = re.compile(r"\?(?:=|!|<=|<!)")


def parse_number(text: str) -> str | None:
    """The text itself when it is a number by JSON's grammar and within the limits, else None."""
    if len(text) > NUMBER_CHARACTERS_MAX:
        return None
    match = _NUMBER.fullmatch(text)
    if match is None or len(match[1] or "") > NUMBER_EXPONENT_DIGITS_MAX:
        return None
    return text


def parse_network(text: str) -> str | None:
    """An IPv4 or IPv6 network, or one address, in its shortest form and without host bits; None
    when it is neither.

    An IPv4-mapped network becomes the IPv4 network, as mapped addresses count as their IPv4
    address.

    >>> parse_network("10.1.2.3/8")
    '10.0.0.0/8'
    """
    if _NETWORK.fullmatch(text) is None:
        return None
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    if isinstance(network, ipaddress.IPv6Network) and network.prefixlen >= 96:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return str(ipaddress.ip_network((mapped, network.prefixlen - 96)))
    return str(network)


def regex_problem(body: str) -> str | None:
    """What is wrong with a regular expression as far as its shape tells; the engine checks the
    rest.

    Finds what linear-time matching cannot do and what is never closed, so that the error can
    point at the query text.
    """
    depth = 0
    position = 0
    while position < len(body):
        char = body[position]
        if char == "\\":
            if body[position + 1 : position + 2] in tuple("123456789"):
                return f'"\\{body[position + 1]}" is not supported: there are no back-references'
            position += 1
        elif char == "[":
            end = _class_end(body, position)
            if end is None:
                return 'a "[" of this regular expression is never closed'
            position = end
        elif char == "(":
            if _LOOK_AROUND.match(body, position + 1):
                return 'look-around such as "(?=" is not supported'
            depth += 1
        elif char == ")":
            depth -= 1
            if depth < 0:
                return 'a ")" of this regular expression closes nothing'
        position += 1
    return 'a "(" of this regular expression is never closed' if depth else None


def _class_end(body: str, start: int) -> int | None:
    """Position of the `]` that closes the class opened at `start`; classes nest, as in `[a[^b]]`
    and `[[:alpha:]]`."""
    depth = 0
    position = start
    while position < len(body):
        char = body[position]
        if char == "\\":
            position += 1
        elif char == "[":
            depth += 1
            if body.startswith("^", position + 1):
                position += 1
            if body.startswith("]", position + 1):  # a "]" that stands first is a member
                position += 1
        elif char == "]":
            depth -= 1
            if depth == 0:
                return position
        position += 1
    return None
