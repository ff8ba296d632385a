"""Refuses secrets that stand in the file itself, by forms that only secrets have. What keys for secrets hold is judged
by their reader.

A configuration is committed, copied and shown; a secret in it is known to all who see it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lakebed.secret import HOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakebed.configuration.value import Value

FORMS = {
    "an access key of AWS": re.compile(r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    "a token of GitHub": re.compile(r"\b(?:gh[opusr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})"),
    "a token of Slack": re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
}
"""Prefixes that their makers chose so that secrets are found."""


def check_no_secrets(value: Value) -> None:
    """Tells of texts that look like secrets, without repeating them."""
    problems = value.surroundings.problems
    for part in _texts(value):
        for name, form in FORMS.items():
            if form.search(str(part.found)):
                problems.add_at(part.path, f"{name} must not stand here: {HOW}")
                break


def _texts(value: Value) -> Iterator[Value]:
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part.found, str):
            yield part
        elif isinstance(part.found, dict):
            waiting += [part.part(key, one) for key, one in part.found.items()]
        elif isinstance(part.found, list):
            waiting += [part.part(number, one) for number, one in enumerate(part.found)]
