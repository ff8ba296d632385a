"""The `Link` header of RFC 8288, as far as pagination needs it.

Okta sends one header for each link, GitHub one for all; HTTP makes no difference between the two.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin

# Possessive throughout: a header that a service made to be slow is refused as fast as any other.
_TEXT = r'"((?:[^"\\]|\\.)*+)"'
_PARAMETER = re.compile(rf';\s*+([\w*-]++)\s*+=\s*+(?:{_TEXT}|([^\s",;]*+))')
_LINK = re.compile(rf'<([^<>]*+)>((?:\s*+;\s*+[\w*!#$%&+.^`|~-]++\s*+(?:=\s*+(?:{_TEXT}|[^\s",;]*+))?+)*+)')


def link_to(header: str, relation: str, base: str) -> str | None:
    """The address with that relation, made absolute; None when there is none.

    >>> link_to('<https://a/x?after=2>; rel="next", <https://a/x>; rel="first"', "next", "https://a/")
    'https://a/x?after=2'
    """
    for target, parameters, *_ in _LINK.findall(header):
        for name, quoted, bare in _PARAMETER.findall(parameters):
            if name.lower() == "rel" and relation in (quoted or bare).lower().split():
                return str(urljoin(base, target))
    return None
