"""The root part's own evaluator of filters agrees with the oracle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, note, settings

from lakebed.model import Row, decode_json
from lakebed.query.match import matches
from lakebed.query.printer import print_filter
from lakebed.query.record import Record
from tests import oracle, oracle_filter
from tests.events import read_events
from tests.generators.events import event_lines
from tests.generators.filters import filters

if TYPE_CHECKING:
    from lakebed.query.syntax import Filter


@settings(max_examples=1_000, deadline=None)
@given(filters(with_regex=False), event_lines())
def test_filters_hold_for_the_same_events(filter_: Filter, line: str) -> None:
    note(print_filter(filter_))
    if "@lb.source_type" in print_filter(filter_):  # a row of the root part does not carry it
        return
    event = read_events([line])[0]
    decoded = decode_json(line.encode())
    assert isinstance(decoded, dict)
    record = Record.of_event(Row(event.time_ns, event.object, event.record, decoded), is_whole=True)
    assert matches(filter_, record) == oracle_filter.holds(filter_, oracle.OracleRow(event))
