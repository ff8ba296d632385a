"""Tables for the engine: rows by a key, which is a text or a network."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from lakebed.query.json_lines import json_text
from lakebed.query.lookup.table import network_bits

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lakebed.model import Scalar
    from lakebed.query.plan import Node
    from lakebed.transform.context import Context

EXACT, CIDR = "exact", "cidr"
MATCHES = (EXACT, CIDR)
"""How a value of an event is compared with a key: as text, or as an address in the key's network."""


class RowsTable:
    """Rows that are being collected; of several with one key the first counts."""

    def __init__(self, columns: Sequence[str], match: str, *, ignore_case: bool = False) -> None:
        self.columns = tuple(columns)
        self.match = match
        self.doubled = 0
        """Rows that were left out, since their key came before."""
        self._ignore_case = ignore_case
        self._lines: list[bytes] = []
        self._keys: set[object] = set()

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, key: str, values: Sequence[Scalar]) -> None:
        """Adds a row. With `match` "cidr" the key has to be an address or a network."""
        same: object = key
        if self.match == CIDR:
            network = ipaddress.ip_network(key, strict=False)
            key = str(network if network.num_addresses > 1 else network.network_address)
            same = network_bits(key)
        elif self._ignore_case:
            same = key.encode("utf-8", "surrogatepass").lower()  # of ASCII letters only, as the engine does
        if same in self._keys:
            self.doubled += 1
            return
        self._keys.add(same)
        self._lines.append(json_text([key, list(values)]))

    def add_to(self, context: Context) -> int:
        """Hands the table over; the answer is its number."""
        header: Node = {
            "kind": "rows",
            "match": self.match,
            "columns": list(self.columns),
            "ignore_case": self._ignore_case,
        }
        return context.add_table(header, b"".join(line + b"\n" for line in self._lines))


def is_network(text: str) -> bool:
    """Whether the text is an address or a network."""
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return "%" not in text  # an address of one link of one machine


def are_networks(keys: Iterable[str]) -> bool:
    """Whether keys are meant as networks: all are addresses or networks, and one has a `/`, as `lookup` in queries."""
    has_prefix = False
    for key in keys:
        if not is_network(key):
            return False
        has_prefix = has_prefix or "/" in key
    return has_prefix
