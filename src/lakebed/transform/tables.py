"""Tables for the engine: rows by a key, which is a text or a network."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from lakebed.query.json_lines import json_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.model import Scalar
    from lakebed.query.plan import Node
    from lakebed.transform.context import Context

_BYTE = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_BYTE}(?:\.{_BYTE}){{3}}")
_NETWORK_START = re.compile(r"[0-9]{1,3}\.[0-9]|[0-9A-Fa-f]{0,4}:[^%]*$")
"""Not an address of one link of one machine, which has a `%`."""

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
        self._rows: list[tuple[str, Sequence[Scalar]]] = []
        self._keys: set[object] = set()

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, key: str, values: Sequence[Scalar]) -> None:
        """Adds a row. With `match` "cidr" the key has to be an address or a network."""
        same: object = key
        if self.match == CIDR:
            network = network_text(key)
            assert network is not None, "the caller has looked"
            same = key = network
        elif self._ignore_case:
            same = key.encode("utf-8", "surrogatepass").lower()  # of ASCII letters only, as the engine does
        if same in self._keys:
            self.doubled += 1
            return
        self._keys.add(same)
        self._rows.append((key, values))

    def leave_out_empty_columns(self) -> None:
        """Forgets columns in which no row has a value: a value costs memory in each of a million rows."""
        used = [place for place in range(len(self.columns)) if any(row[place] is not None for _, row in self._rows)]
        self.columns = tuple(self.columns[place] for place in used)
        self._rows = [(key, [row[place] for place in used]) for key, row in self._rows]

    def add_to(self, context: Context) -> int:
        """Hands the table over; the answer is its number."""
        header: Node = {
            "kind": "rows",
            "match": self.match,
            "columns": list(self.columns),
            "ignore_case": self._ignore_case,
        }
        return context.add_table(header, b"".join(json_text([key, list(values)]) + b"\n" for key, values in self._rows))


def network_text(text: str) -> str | None:
    """An address or a network as the engine reads it; None for what is none.

    >>> network_text("10.0.0.1"), network_text("10.0.0.1/255.0.0.0"), network_text("::1/128"), network_text("10.0.0")
    ('10.0.0.1', '10.0.0.0/8', '::1', None)
    """
    if _IPV4.fullmatch(text):
        return text
    if not _NETWORK_START.match(text):  # the library takes long to say no
        return None
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    return str(network if network.num_addresses > 1 else network.network_address)


def are_networks(keys: Sequence[str]) -> bool:
    """Whether keys are meant as networks: all are addresses or networks, and one has a `/`, as `lookup` in queries."""
    return any("/" in key for key in keys) and all(network_text(key) for key in keys)
