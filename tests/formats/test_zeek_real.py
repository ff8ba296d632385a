"""Zeek's own two forms of the same logs: every line is an event, and both forms give the same events, value by value.

The JSON comes from a writer that adds two fields and writes times as text; an interval or a double has all its digits
in JSON, and six behind the point in columns, where an empty set and a set of one empty text are both `(empty)`.
"""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from itertools import zip_longest
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import pytest

from lakebed import _core
from tests.formats.test_formats import MODIFIED_NS, rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.real_data, pytest.mark.slow]

LINES = {
    "dns": 53_615,
    "ssl": 49_474,
    "weird": 24_202,
    "analyzer": 16_461,
    "rdp": 4_122,
    "syslog": 2_378,
    "smtp": 1_188,
}
ADDED_BY_JSON = {"_path", "_write_ts"}
HALF_A_MICROSECOND = 0.5e-6
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(sample_logs: Path) -> Path:
    """The logs in both forms."""
    if not (sample_logs / "zeek").is_dir():
        pytest.skip(f"no folder 'zeek' in '{sample_logs}'")
    return sample_logs / "zeek"


def read(path: Path) -> tuple[dict[str, Any], dict[int, Any]]:  # Any: JSON
    """The report of a log, and its events by number."""
    builder = _core.Builder(index="zeek", segment_bytes=1 << 40)
    builder.begin_object(path.as_uri(), modified_ns=MODIFIED_NS, received_ns=MODIFIED_NS)
    builder.feed(path.read_bytes())
    report = json.loads(builder.end_object())
    return report, dict(sorted(rows(builder.take_segment(), None), key=itemgetter(0)))


def names(folder: Path) -> Iterator[str]:
    """The logs there are."""
    return (path.name.removesuffix(".log.gz") for path in sorted((folder / "zeek-tsv-gz").glob("*.log.gz")))


def test_every_line_is_an_event(folder: Path) -> None:
    found: dict[str, int] = {}
    for name in names(folder):
        path = folder / "zeek-tsv-gz" / f"{name}.log.gz"
        lines = gzip.decompress(path.read_bytes()).split(b"\n")
        report, events = read(path)
        found[name] = sum(bool(line) and not line.startswith(b"#") for line in lines)
        counts = (report["format"], report["source_type"], report["unparsed_lines"], report["events"], len(events))
        assert counts == ("zeek", f"zeek:{name}", 0, found[name], found[name])
    assert {name: found[name] for name in LINES} == LINES


def test_both_forms_give_the_same_events(folder: Path) -> None:
    different = []
    for name in names(folder):
        _, columns = read(folder / "zeek-tsv-gz" / f"{name}.log.gz")
        _, objects = read(folder / "zeek-json-gz" / f"{name}.json.gz")
        for number, (one, other) in enumerate(zip_longest(columns.values(), objects.values())):
            wanted = {key: value for key, value in (other or {}).items() if key not in ADDED_BY_JSON}
            if one is None or list(one) != list(wanted) or not all(is_same(one[key], wanted[key]) for key in one):
                different.append((name, number, one, wanted))
    assert not different, f"{len(different)} events, the first: {different[0]}"


def is_same(one: Any, other: Any) -> bool:  # Any: JSON, decimals as text
    """Whether two values are equal, as far as the form with fewer digits can tell."""
    if one == [] and other in ([], [""]):
        return True
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    if type(one) is type(other) and one == other:
        return True
    try:
        number = float(one)
    except (TypeError, ValueError):
        return False
    if isinstance(other, str) and other.endswith("Z"):
        return (datetime.fromisoformat(other) - EPOCH).total_seconds() == pytest.approx(number, abs=HALF_A_MICROSECOND)
    return float(other) == pytest.approx(number, rel=1e-9, abs=HALF_A_MICROSECOND * 1.000001)
