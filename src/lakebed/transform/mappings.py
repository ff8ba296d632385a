"""Mappings of source types to ECS and OCSF."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mapping:
    """The fields that events of some source types get, each with its expression."""

    source_types: tuple[str, ...]
    doc: str
    fields: dict[str, str]


def load_mappings(name: str) -> tuple[Mapping, ...]:
    """The mappings to `ecs` or `ocsf`."""
    fields = {"event.action": "eventName", "user.name": "coalesce(userIdentity.userName, userIdentity.arn)"}
    return (Mapping(("aws:cloudtrail",), f"CloudTrail to {name}", fields),)
