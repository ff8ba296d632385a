"""Polls a connector as a runner does, and remembers what came."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lakebed.pull.connector import Connector, Poll

POLLS_MAX = 500


class Reader:
    """Goes on from the state of the poll before."""

    def __init__(self, connector: Connector) -> None:
        self.connector = connector
        self.state: bytes | None = None
        self.lines: list[bytes] = []

    def poll(self) -> Poll:
        found = self.connector.poll(self.state)
        self.state = found.state
        self.lines += found.lines
        return found

    def catch_up(self) -> list[int]:
        """Polls until there is no more; the numbers of all events so far."""
        for _ in range(POLLS_MAX):
            if self.poll().is_caught_up:
                return self.numbers()
        raise AssertionError(f"not caught up after {POLLS_MAX} polls")

    def numbers(self) -> list[int]:
        return [json.loads(line)["n"] for line in self.lines]
