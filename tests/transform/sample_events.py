"""Made-up logs of each source, in `samples`, and what their events are in the two schemas.

A log is named for its mapping; others of the same source have `-` and a word behind that.

python -m tests.transform.sample_events    # writes what they are now; look at the difference
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from lakebed.query.values import flatten
from tests.transform.mapped import mapped, parse

if TYPE_CHECKING:
    from tests.transform.mapped import Json, Parsed

SAMPLES = Path(__file__).parent / "samples"
LOGS = {path.stem: path for path in sorted(SAMPLES.iterdir()) if not path.name.endswith(".expected.json")}


def events(name: str) -> list[Parsed]:
    """The events of a log, as the parser has them."""
    return parse(LOGS[name].read_bytes(), LOGS[name].name)


def source_of(name: str) -> str:
    """The mapping that a log is a sample of."""
    return name.partition("-")[0]


def source_events(source: str) -> list[Parsed]:
    """The events of all logs of a source."""
    return [one for name in LOGS if source_of(name) == source for one in events(name)]


def columns(source: str) -> set[str]:
    """The names of all columns that an event of the source has."""
    return {column for one in source_events(source) for column, _ in flatten(one.event)}


def expected(name: str) -> list[Json]:
    """Of each event, `ecs` and `ocsf`."""
    read: list[Json] = json.loads(_expected_path(name).read_text())
    return read


def found(name: str) -> list[Json]:
    """The same, as the mappings have it."""
    parsed = events(name)
    return [{"ecs": ecs, "ocsf": ocsf} for ecs, ocsf in zip(mapped("ecs", parsed), mapped("ocsf", parsed), strict=True)]


def _expected_path(name: str) -> Path:
    return SAMPLES / f"{name}.expected.json"


if __name__ == "__main__":
    for log in LOGS:
        _expected_path(log).write_text(json.dumps(found(log), indent=1, ensure_ascii=False) + "\n")
