"""A little lake, and the file that its events are from: both roads of a query give the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lakebed
from lakebed.model import Row

if TYPE_CHECKING:
    from pathlib import Path


class World:
    """Some events in a lake, and the file that they are from."""

    def __init__(self, folder: Path, values: list[str]) -> None:
        lines = [
            f'{{"time": "2026-01-01T00:00:{n % 60:02}Z", "n": {n}, "v": {value}}}' for n, value in enumerate(values)
        ]
        self.file = folder / "events.log"
        self.file.write_text("\n".join(lines) + "\n")
        self.lake = lakebed.open(folder / "lake")
        self.lake.index(self.file, into="a", format="json", workers=1)

    def rows(self, query: str) -> list[dict[str, Any]]:
        """The rows, oldest event first; a search of the file as it is has the same."""
        found = [shape(row) for row in self.lake.search(query, newest_first=False)]
        assert [shape(row) for row in lakebed.grep(query, self.file, format="json")] == found
        return found

    def value(self, query: str) -> Any:  # whatever the query computes
        """The only value of the only row."""
        (row,) = self.rows(query)
        (found,) = (value for name, value in row.items() if name != "@q.count")
        return found


def shape(row: Any) -> dict[str, Any]:  # a row of events or of a table
    """The columns of a row."""
    return dict(row.event) if isinstance(row, Row) else dict(row)
