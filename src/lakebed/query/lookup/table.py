"""A lookup table in memory: rows found by the text of their keys, or by the network that an address is in."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

from lakebed.errors import UsageError
from lakebed.query.suggest import did_you_mean
from lakebed.query.values import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lakebed.model import Scalar

ADDRESS_BITS = 128
MAPPED = 0xFFFF << 32
"""Where IPv4 addresses stand among the IPv6 ones."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What a file holds: columns, and rows with a value for each."""

    columns: tuple[str, ...]
    rows: Sequence[Sequence[Scalar]]


@dataclass(frozen=True, slots=True)
class Found:
    """The row for some keys, without them. `is_first`: there are others after it."""

    row: Mapping[str, Scalar]
    is_first: bool = False


class Lookup(Protocol):
    """A table made ready for some of its columns as keys."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns besides the keys."""

    @property
    def is_open(self) -> bool:
        """Whether a row may have further columns."""

    def find(self, keys: Sequence[str]) -> Found | None:
        """The row whose keys have these texts."""


class RowLookup:
    """Rows of a CSV or JSON file by their keys.

    A key column whose values are addresses and networks, at least one of them with a `/`, matches addresses in the
    networks, and the one with the longest prefix counts. Every other key matches equal text.
    """

    def __init__(self, table: Rows, keys: Sequence[str], name: str) -> None:
        places = [place_of(table.columns, key, name) for key in keys]
        others = [place for place in range(len(table.columns)) if place not in places]
        self._columns = tuple(table.columns[place] for place in others)
        networks = [nth for nth, place in enumerate(places) if _has_networks(table, place)]
        if len(networks) > 1:
            raise UsageError(f"the lookup table '{name}' has networks in several of the keys {', '.join(keys)}")
        self._network_key = networks[0] if networks else None
        self._groups: dict[tuple[str, ...], _Group] = {}
        for row in table.rows:
            values = [row[place] for place in places]
            if any(value is None for value in values):
                continue
            texts = [text_of(value) for value in values]
            network = None if self._network_key is None else texts.pop(self._network_key)
            group = self._groups.setdefault(tuple(texts), _Group())
            group.add(network, [row[place] for place in others])

    @property
    def columns(self) -> tuple[str, ...]:
        """See `Lookup.columns`."""
        return self._columns

    @property
    def is_open(self) -> bool:
        """See `Lookup.is_open`."""
        return False

    def find(self, keys: Sequence[str]) -> Found | None:
        """See `Lookup.find`."""
        texts = list(keys)
        address = None if self._network_key is None else texts.pop(self._network_key)
        group = self._groups.get(tuple(texts))
        if group is None:
            return None
        found = group.first if address is None else group.of_address(address)
        return None if found is None else Found(dict(zip(self._columns, found[0], strict=True)), found[1])


_Entry: TypeAlias = tuple["Sequence[Scalar]", bool]
"""The values of a row, and whether there are others with its key."""


@dataclass(slots=True)
class _Group:
    """Rows with the same keys: the first of them, and the first of each network by the bits of its prefix."""

    first: _Entry | None = None
    by_prefix: dict[int, dict[int, _Entry]] = field(default_factory=dict)
    prefixes: list[int] = field(default_factory=list)
    """Longest first."""

    def add(self, network: str | None, values: Sequence[Scalar]) -> None:
        if network is None:
            self.first = (values, False) if self.first is None else (self.first[0], True)
            return
        base, prefix = network_bits(network)
        if prefix not in self.by_prefix:
            self.by_prefix[prefix] = {}
            self.prefixes = sorted(self.by_prefix, reverse=True)
        of_prefix = self.by_prefix[prefix]
        known = of_prefix.get(base)
        of_prefix[base] = (values, False) if known is None else (known[0], True)

    def of_address(self, text: str) -> _Entry | None:
        address = address_bits(text)
        if address is None:
            return None
        for prefix in self.prefixes:
            found = self.by_prefix[prefix].get(address >> (ADDRESS_BITS - prefix))
            if found is not None:
                return found
        return None


def address_bits(text: str) -> int | None:
    """The address as a number, an IPv4 address as the IPv6 one that it is mapped to; None for what is none."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return int(address) + (MAPPED if address.version == 4 else 0)


def network_bits(text: str) -> tuple[int, int]:
    """The first bits of a network's addresses, and how many they are."""
    network = ipaddress.ip_network(text, strict=False)
    prefix = network.prefixlen + (96 if network.version == 4 else 0)
    base = int(network.network_address) + (MAPPED if network.version == 4 else 0)
    return base >> (ADDRESS_BITS - prefix), prefix


def _has_networks(table: Rows, place: int) -> bool:
    texts = [text_of(row[place]) for row in table.rows if row[place] is not None]
    return any("/" in text for text in texts) and all(_is_network(text) for text in texts)


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def place_of(columns: Sequence[str], key: str, name: str) -> int:
    """Where a column of the table stands; raises `UsageError` when there is none of that name."""
    if key in columns:
        return columns.index(key)
    raise UsageError(f"the lookup table '{name}' has no column '{key}'{did_you_mean(key, columns)}")
