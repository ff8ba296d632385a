"""Indicators of STIX 2.x bundles, as far as they are comparisons with a value.

Patterns such as `[ipv4-addr:value = '203.0.113.7' OR domain-name:value = 'evil.example']` are understood, and several
of these joined by OR. Those that want two things at once, an order or a time need more than one event: they are counted
and told, as are indicators that were revoked or are not valid now.
"""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING

from lakebed.model import decode_json
from lakebed.transform.threats import Indicator, indicator_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakebed.model import JsonValue, Scalar
    from lakebed.transform.place import Place

PATTERN_CHARACTERS_MAX = 100_000
"""Longest pattern that is looked at; those of a thousand hashes have a tenth of it."""

KINDS = {
    "ipv4-addr:value": ("ip",),
    "ipv6-addr:value": ("ip",),
    "network-traffic:src_ref.value": ("ip",),
    "network-traffic:dst_ref.value": ("ip", "domain"),
    "domain-name:value": ("domain",),
    "url:value": ("url",),
    "email-addr:value": ("email",),
    "email-message:from_ref.value": ("email",),
    "email-message:sender_ref.value": ("email",),
}
"""Properties that are understood besides hashes of files, and the kinds of indicators that their values may be."""

_COMPARISON = re.compile(
    r"\s*([a-z0-9-]+:[A-Za-z0-9_.-]+(?:'[A-Za-z0-9-]+')?)\s*=\s*'((?:[^'\\]|\\['\\])*)'\s*", re.DOTALL
)
_HASH_PROPERTY = re.compile(r"file:hashes\.'?(?:MD5|SHA-?1|SHA-?256|SHA-?384|SHA-?512)'?", re.IGNORECASE)
_JOINER = re.compile(r"OR\b", re.IGNORECASE)
_ESCAPE = re.compile(r"\\(['\\])")
_CONFIDENCES = ((0, "None"), (29, "Low"), (69, "Medium"), (100, "High"))
"""ECS has words; STIX says in its appendix which numbers they are."""


def stix_indicators(
    data: bytes, name: str, place: Place, now: datetime.datetime, notes: list[str]
) -> Iterator[Indicator]:
    """The indicators of a bundle that hold now."""
    objects = _objects(data, name, place)
    names = {
        str(one.get("id")): str(one["name"]) for one in objects if one.get("type") == "identity" and one.get("name")
    }
    left_out: dict[str, int] = {}
    example = ""
    for one in objects:
        if one.get("type") != "indicator":
            continue
        reason = _why_not(one, now)
        pattern = one.get("pattern")
        values = parse_pattern(pattern) if isinstance(pattern, str) and reason is None else None
        about = _about(one, names)
        found = [indicator for kinds, value in values or () if (indicator := _indicator(kinds, value, about))]
        if reason is None and (values is None or len(found) < len(values)):
            reason = "with a pattern that is not understood"
            example = example or f", such as {str(pattern)[:60]}"
        if reason is not None:
            left_out[reason] = left_out.get(reason, 0) + 1
        yield from found
    if left_out:
        told = ", ".join(f"{count:,} {reason}" for reason, count in sorted(left_out.items()))
        notes.append(f"'{name}' has indicators that are left out: {told}{example}")


def parse_pattern(pattern: str) -> list[tuple[tuple[str, ...], str]] | None:
    """Kinds and value of each comparison; None when the pattern is not understood, wholly or in part.

    >>> parse_pattern("[url:value = 'http://a/' OR url:value = 'http://b/'] OR [domain-name:value='c.example']")
    [(('url',), 'http://a/'), (('url',), 'http://b/'), (('domain',), 'c.example')]
    >>> parse_pattern("[url:value = 'http://a/' AND domain-name:value = 'a']") is None
    True
    """
    if len(pattern) > PATTERN_CHARACTERS_MAX:
        return None
    found: list[tuple[tuple[str, ...], str]] = []
    rest = pattern.strip()
    while rest:
        if not rest.startswith("["):
            return None
        rest = rest[1:]
        while (comparison := _COMPARISON.match(rest)) is not None:
            kinds = ("hash",) if _HASH_PROPERTY.fullmatch(comparison[1]) else KINDS.get(comparison[1])
            if kinds is None:
                return None
            found.append((kinds, _ESCAPE.sub(r"\1", comparison[2])))
            rest = rest[comparison.end() :]
            joiner = _JOINER.match(rest)
            if joiner is None:
                break
            rest = rest[joiner.end() :]
        else:
            return None
        if not rest.startswith("]"):
            return None
        rest = rest[1:].lstrip()
        if rest:
            joiner = _JOINER.match(rest)
            rest = rest[joiner.end() :].lstrip() if joiner is not None else rest
            if joiner is None or not rest:
                return None
    return found or None


def _objects(data: bytes, name: str, place: Place) -> list[dict[str, JsonValue]]:
    try:
        bundle = decode_json(data)
    except (ValueError, RecursionError) as error:
        place.fail(f"'{name}': not JSON: {str(error)[:100]}")
    if not isinstance(bundle, dict) or bundle.get("type") != "bundle":
        place.fail(f'\'{name}\': wanted a STIX bundle, an object whose "type" is "bundle"')
    objects = bundle.get("objects", [])
    if not isinstance(objects, list):
        place.fail(f"'{name}': wanted an array as the bundle's \"objects\"")
    return [one for one in objects if isinstance(one, dict)]


def _why_not(indicator: dict[str, JsonValue], now: datetime.datetime) -> str | None:
    """Why an indicator does not hold; None when it does."""
    if indicator.get("revoked") is True:
        return "revoked"
    until, since = _time(indicator.get("valid_until")), _time(indicator.get("valid_from"))
    if until is not None and until <= now:
        return "expired"
    if since is not None and since > now:
        return "not valid yet"
    if indicator.get("pattern_type", "stix") != "stix":
        return "with a pattern of another language"
    return None


def _time(value: JsonValue) -> datetime.datetime | None:
    """A time of STIX, which is UTC; None for what is none."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=datetime.UTC)


def _about(indicator: dict[str, JsonValue], names: dict[str, str]) -> dict[str, Scalar]:
    told: dict[str, Scalar] = {}
    description = indicator.get("description") or indicator.get("name")
    if isinstance(description, str):
        told["indicator.description"] = description
    provider = names.get(str(indicator.get("created_by_ref")))
    if provider is not None:
        told["indicator.provider"] = provider
    confidence = indicator.get("confidence")
    if isinstance(confidence, int) and not isinstance(confidence, bool) and 0 <= confidence <= 100:
        told["indicator.confidence"] = next(word for most, word in _CONFIDENCES if confidence <= most)
    valid_from = indicator.get("valid_from")
    if isinstance(valid_from, str):
        told["indicator.first_seen"] = valid_from
    return told


def _indicator(kinds: tuple[str, ...], value: str, about: dict[str, Scalar]) -> Indicator | None:
    found = indicator_of(value, about)
    return found if found is not None and found.kind in kinds else None
