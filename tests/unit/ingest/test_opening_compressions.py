"""Compressions by their first bytes: what was decoded is there, and what could not be is told with its place."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import struct
from typing import TYPE_CHECKING

import cramjam
import lz4.frame
import pytest

from lakebed import config
from tests.opened import SIZES, damages, opened, tarred

if TYPE_CHECKING:
    from collections.abc import Callable


def framed_snappy(data: bytes) -> bytes:
    return bytes(cramjam.snappy.compress(data)) or b"\xff\x06\x00\x00sNaPpY"


def small_blocks(data: bytes) -> bytes:
    return bz2.compress(data, 1)


def checked_lz4(data: bytes) -> bytes:
    return bytes(lz4.frame.compress(data, block_checksum=True))


def hadoop_snappy(data: bytes) -> bytes:
    """Blocks of 1000 bytes in parts of 400."""
    out = []
    for start in range(0, len(data), 1000):
        block = data[start : start + 1000]
        out.append(struct.pack(">I", len(block)))
        for place in range(0, len(block), 400):
            part = bytes(cramjam.snappy.compress_raw(block[place : place + 400]))
            out += [struct.pack(">I", len(part)), part]
    return b"".join(out)


PACK: dict[str, Callable[[bytes], bytes]] = {
    "bzip2": small_blocks,
    "xz": lzma.compress,
    "lz4": checked_lz4,
    "snappy": framed_snappy,
    "hadoop-snappy": hadoop_snappy,
}
NAMES = sorted(PACK)
CHECKED = sorted(set(PACK) - {"hadoop-snappy"})
dice = random.Random(7)
TEXT = b"".join(b'{"n": %d, "word": "%x"}\n' % (number, dice.getrandbits(200)) for number in range(9000))


@pytest.mark.parametrize("piece_bytes", SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_a_text_comes_out_as_it_went_in(name: str, piece_bytes: int) -> None:
    text = TEXT[:20_000]
    assert PACK[name](text)[:20] != text[:20]
    members, findings = opened(PACK[name](text), piece_bytes=piece_bytes)
    assert (members, findings.compression, findings.damages) == ([("", text)], name, [])


@pytest.mark.parametrize("name", NAMES)
def test_streams_one_after_the_other(name: str) -> None:
    members, findings = opened(PACK[name](TEXT[:5000]) + PACK[name](TEXT[5000:50_000]))
    assert (members, findings.damages) == ([("", TEXT[:50_000])], [])


@pytest.mark.parametrize("name", CHECKED)
def test_an_empty_stream_has_no_text(name: str) -> None:
    members, findings = opened(PACK[name](b""))
    assert (members, findings.compression, findings.damages) == ([], name, [])


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("bzip2", "ends in the middle of a bzip2 stream"),
        ("xz", "ends in the middle of a xz stream"),
        ("lz4", "ends in the middle of a lz4 stream"),
        ("snappy", "ends in the middle of a snappy chunk"),
        ("hadoop-snappy", "ends in the middle of a snappy block"),
    ],
)
def test_a_cut_stream_gives_what_precedes(name: str, reason: str) -> None:
    packed = PACK[name](TEXT)
    ((_, text),), findings = opened(packed[: len(packed) * 3 // 4])
    assert [one[1] for one in damages(findings)] == [reason]
    assert len(packed) * 3 // 4 - 100_000 < findings.damages[0].offset <= len(packed) * 3 // 4
    assert TEXT.startswith(text)
    assert len(text) > len(TEXT) // 4


@pytest.mark.parametrize("name", CHECKED)
def test_flipped_bits_are_met_and_what_precedes_is_there(name: str) -> None:
    packed = bytearray(PACK[name](TEXT))
    at = len(packed) * 3 // 4
    packed[at] ^= 0x40
    members, findings = opened(bytes(packed))
    ((_, text),) = members
    (place, reason) = damages(findings)[0]
    assert len(findings.damages) == 1
    assert reason.startswith(f"{name} data is damaged: ")
    assert place <= len(packed)
    # A block is verified when all of it has been decoded, so what comes last may be wrong; not of snappy and lz4.
    same = next((at for at, pair in enumerate(zip(text, TEXT, strict=False)) if pair[0] != pair[1]), len(text))
    assert same > len(TEXT) // 4
    assert same == len(text) or name in {"bzip2", "xz"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("bzip2", "bytes that are no bzip2 stream follow the last one"),
        ("xz", "bytes that are no xz stream follow the last one"),
        ("lz4", "bytes that are no lz4 stream follow the last one"),
        ("snappy", "bytes that are no snappy chunk follow the last one"),
    ],
)
def test_what_follows_the_last_stream_is_told(name: str, reason: str) -> None:
    packed = PACK[name](TEXT[:5000])
    members, findings = opened(packed + b"garbage here")
    assert members == [("", TEXT[:5000])]
    assert damages(findings) == [(len(packed), reason)]


def test_zero_bytes_may_follow_xz() -> None:
    packed = lzma.compress(TEXT[:100]) + bytes(8) + lzma.compress(TEXT[100:200]) + bytes(4)
    assert opened(packed)[0] == [("", TEXT[:200])]


def test_xz_that_asks_for_too_much_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "XZ_MEMORY_BYTES", 1 << 20)
    members, findings = opened(lzma.compress(TEXT))
    assert members == []
    assert damages(findings) == [(0, "xz data is damaged: memory usage limit exceeded")]


@pytest.mark.parametrize("name", NAMES)
def test_a_bomb_is_not_unfolded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "OPENING_RATIO_MAX", 5)
    monkeypatch.setattr(config, "OPENING_RATIO_FREE_BYTES", 300_000)
    bomb = PACK[name](bytes(3_000_000))
    ((_, text),), findings = opened(bomb)
    assert len(text) <= max(300_000, 5 * len(bomb))
    assert [one[1] for one in damages(findings)] == [
        "unfolds to more than 5 times its size, as a compression bomb does"
    ]


def test_the_total_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "OPENING_OUTPUT_BYTES_MAX", 100_000)
    ((_, text),), findings = opened(lz4.frame.compress(TEXT))
    assert len(text) <= 100_000
    assert [one[1] for one in damages(findings)] == ["unfolds to more than the limit of 100000 bytes"]


def tar_of(text: bytes) -> bytes:
    return tarred([("a.log", text)])


@pytest.mark.parametrize("first", NAMES)
@pytest.mark.parametrize("second", ["gzip", "bzip2", "tar"])
def test_one_in_the_other(first: str, second: str) -> None:
    makers: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "bzip2": bz2.compress, "tar": tar_of}
    inner = makers[second]
    members, findings = opened(PACK[first](inner(TEXT[:3000])))
    assert members == [("a.log" if second == "tar" else "", TEXT[:3000])]
    assert (findings.compression, findings.damages) == (first, [])


def test_layers_have_a_limit() -> None:
    packed = TEXT[:100]
    for _ in range(config.OPENING_LAYERS_MAX):
        packed = bz2.compress(packed)
    assert opened(packed)[0] == [("", TEXT[:100])]
    members, findings = opened(bz2.compress(packed))
    assert members == []
    assert [one[1] for one in damages(findings)] == ["bzip2 within more than 5 layers is not opened"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"B",
        b"BZh9 is no bzip2",
        b"PK",
        b"plain\n",
        gzip.compress(b"plain", mtime=0),
        TEXT[:5000],
        b"\0\0\0\5" * 50,
        b"<Event",
        b"Obj",
    ],
)
@pytest.mark.parametrize("piece_bytes", SIZES)
def test_what_the_engine_knows_passes_untouched(data: bytes, piece_bytes: int) -> None:
    members, findings = opened(data, piece_bytes=piece_bytes)
    assert members == [("", data)]
    assert (findings.compression, findings.format, findings.damages) == (None, None, [])
