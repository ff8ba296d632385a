"""Packed bytes come back, or an error says that they cannot: after any flipped bit, any cut, anything added."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakebed.catalog import packed
from lakebed.catalog.packed import pack, unpack
from lakebed.errors import CatalogError

CONTENT = b'{"is":"object","url":"2026/01/01/a.json.gz","size_bytes":100}\n' * 3 + bytes(range(64))


def flipped(data: bytes, place: int, bit: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


def has_same_content(data: bytes, place: int, bit: int) -> bool:
    """Whether gzip reads the same with this bit flipped: some say nothing, such as those that fill up the last byte."""
    try:
        found = unpack(flipped(data, place, bit), "")
    except CatalogError:
        return False
    assert found == unpack(data, "")
    return True


@given(st.binary())
def test_packed_bytes_come_back(content: bytes) -> None:
    assert unpack(pack(content, 6), "key") == content
    assert gzip.decompress(pack(content, 6)) == content


def test_a_flipped_bit_is_an_error_or_says_nothing() -> None:
    data = pack(CONTENT, 9)
    same = 0
    for place in range(len(data)):
        for bit in range(8):
            if has_same_content(data, place, bit):
                same += 1
                continue
            with pytest.raises(CatalogError, match=r"^'key' is damaged: "):
                unpack(flipped(data, place, bit), "key")
    assert same <= 12


def test_a_file_cut_short_or_with_something_behind_it_is_an_error() -> None:
    data = pack(CONTENT, 9)
    for wrong in (data + b"\0", data + data, *(data[:length] for length in range(len(data)))):
        with pytest.raises(CatalogError, match=r"^'key' is damaged: "):
            unpack(wrong, "key")


def test_a_bomb_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "UNPACKED_BYTES_MAX", 1_000_000)
    assert len(unpack(pack(bytes(1_000_000), 9), "key")) == 1_000_000
    with pytest.raises(CatalogError, match=r"it holds more than 1000000 bytes \(limit UNPACKED_BYTES_MAX\)$"):
        unpack(pack(bytes(2_000_000), 9), "key")
