"""Writes small MMDB files, by the published format: a tree of 24-bit records, a data section, metadata."""

from __future__ import annotations

import ipaddress
import struct
from typing import Any, NamedTuple

MARKER = b"\xab\xcd\xefMaxMind.com"
ADDRESS_BITS = 128


UINT16, UINT32, UINT64 = 5, 6, 9


class Typed(NamedTuple):
    """A number of a type that a reader insists on."""

    kind: int
    value: int


def encode(value: Any) -> bytes:
    """A value of the data section."""
    if isinstance(value, Typed):
        data = value.value.to_bytes((value.value.bit_length() + 7) // 8, "big")
        return _head(value.kind, len(data)) + data
    if isinstance(value, str):
        return _head(2, len(value.encode())) + value.encode()
    if isinstance(value, bool):
        return _head(14, int(value))
    if isinstance(value, float):
        return _head(3, 8) + struct.pack(">d", value)
    if isinstance(value, int):
        return encode(Typed(UINT64, value))
    if isinstance(value, list):
        return _head(11, len(value)) + b"".join(map(encode, value))
    return _head(7, len(value)) + b"".join(encode(key) + encode(inner) for key, inner in value.items())


def _head(kind: int, size: int) -> bytes:
    assert size < 285, "small files only"
    low = min(29, size)
    first = bytes([kind << 5 | low]) if kind < 8 else bytes([low, kind - 7])
    return first + (bytes([size - 29]) if size >= 29 else b"")


def write(records: dict[str, Any], database_type: str = "Test") -> bytes:
    """A file with a record for each network; longer prefixes come after shorter ones."""
    data, places = b"", {}
    nodes: list[list[int | None]] = [[None, None]]
    for text, record in records.items():
        network = ipaddress.ip_network(text)
        extra = 96 if network.version == 4 else 0
        places[text] = len(data)
        data += encode(record)
        _insert(nodes, int(network.network_address), network.prefixlen + extra, -1 - places[text])
    tree = b"".join(_record(nodes, side) for node in nodes for side in node)
    metadata = {
        "binary_format_major_version": Typed(UINT16, 2),
        "binary_format_minor_version": Typed(UINT16, 0),
        "build_epoch": 1_767_225_600,
        "database_type": database_type,
        "description": {"en": "test"},
        "ip_version": Typed(UINT16, 6),
        "languages": ["en"],
        "node_count": Typed(UINT32, len(nodes)),
        "record_size": Typed(UINT16, 24),
    }
    return tree + bytes(16) + data + MARKER + encode(metadata)


def _insert(nodes: list[list[int | None]], address: int, length: int, place: int) -> None:
    """Records below zero are data, others numbers of nodes."""
    node = 0
    for bit in range(length):
        side = address >> (ADDRESS_BITS - 1 - bit) & 1
        if bit == length - 1:
            nodes[node][side] = place
            return
        below = nodes[node][side]
        if below is None or below < 0:
            nodes.append([below, below])  # what was said of the wider network holds on both sides
            nodes[node][side] = below = len(nodes) - 1
        node = below


def _record(nodes: list[list[int | None]], side: int | None) -> bytes:
    number = len(nodes) if side is None else side if side >= 0 else len(nodes) + 16 + (-1 - side)
    return number.to_bytes(3, "big")
