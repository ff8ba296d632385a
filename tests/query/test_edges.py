"""What lies at the very edge of a time range, and of the times of a segment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import lakebed

if TYPE_CHECKING:
    from pathlib import Path

    from lakebed.api import Lake

NEXT = "2026-01-01T00:00:0{}.000000001Z"
AT = "2026-01-01T00:00:0{}Z"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Three segments: seconds 1 and 2, 3, 4 and 5."""
    folder: Path = tmp_path_factory.mktemp("edges")
    lake = lakebed.open(folder / "lake")
    for seconds in ((1, 2), (3,), (4, 5)):
        log = folder / f"{seconds[0]}.json"
        log.write_text("".join(f'{{"time": "{AT.format(n)}", "n": {n}}}\n' for n in seconds))
        lake.index(log, into="a", format="json", workers=1)
    return lake


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        (AT.format(2), None, [5, 4, 3, 2]),
        (NEXT.format(2), None, [5, 4, 3]),
        (AT.format(3), AT.format(4), [3]),
        (NEXT.format(3), NEXT.format(4), [4]),
        (None, AT.format(4), [3, 2, 1]),
        (None, NEXT.format(4), [4, 3, 2, 1]),
        (None, AT.format(1), []),
        (None, NEXT.format(1), [1]),
        (AT.format(5), None, [5]),
        (NEXT.format(5), None, []),
        (AT.format(3), AT.format(3), []),
    ],
)
def test_start_is_inside_and_end_is_not(lake: Lake, since: str | None, until: str | None, found: list[int]) -> None:
    counted = [row["n"] for row in lake.search("* | groupbycount(n) | sort -n", since=since, until=until).dicts()]
    whole = [row["n"] for row in lake.search("*", since=since, until=until).dicts()]
    bounds = [f"@lb.time >= {since}" if since else "", f"@lb.time < {until}" if until else ""]
    written = [row["n"] for row in lake.search(" ".join(filter(None, bounds))).dicts()]
    assert (counted, whole, written) == (found, found, found)
