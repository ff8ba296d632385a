"""Archives: every member once, in order, whatever its name; what cannot be read is told, and the rest is there."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

import lakebed
from lakebed import config
from lakebed.ingest.opening.magic import is_text
from lakebed.model import Row
from tests.opened import SIZES, damages, opened, tarred, zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    Make = Callable[[Iterable[tuple[str, bytes]]], bytes]

A, B = ("a.log", b"one\ntwo\n"), ("sub/b.json", b'{"n": 1}\n' * 1000)
METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2]


class Unseekable(io.RawIOBase):
    """An output that programs cannot go back in, as a pipe is: sizes follow the members."""

    def __init__(self) -> None:
        self.data = b""

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override] # tests write bytes only
        self.data += bytes(data)
        return len(data)


def streamed_zip(*members: tuple[str, bytes]) -> bytes:
    file = Unseekable()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.data


@pytest.mark.parametrize("piece_bytes", SIZES)
@pytest.mark.parametrize("method", METHODS)
def test_zip(method: int, piece_bytes: int) -> None:
    members, findings = opened(zipped([A, B], method), piece_bytes=piece_bytes)
    assert (members, findings.compression, findings.damages) == ([A, B], "zip", [])


@pytest.mark.parametrize("piece_bytes", SIZES)
def test_zip_whose_sizes_follow_the_members(piece_bytes: int) -> None:
    data = streamed_zip(A, B)
    assert data[6] & 8, "the sizes must follow"
    members, findings = opened(data, piece_bytes=piece_bytes)
    assert (members, findings.damages) == ([A, B], [])


def test_zip64() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (A, B):
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(content)
    name_bytes = len(A[0].encode())
    assert file.getvalue()[30 + name_bytes :][:4] == b"\x01\x00\x10\x00", "no zip64 sizes"
    members, findings = opened(file.getvalue())
    assert (members, findings.damages) == ([A, B], [])


@pytest.mark.parametrize("piece_bytes", SIZES)
@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_tar(form: int, piece_bytes: int) -> None:
    long = ("x" * 90 + "/" + "y" * 90, b"long\n")
    members, findings = opened(tarred([A, long, B], form), piece_bytes=piece_bytes)
    assert (members, findings.compression, findings.damages) == ([A, long, B], "tar", [])


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress], ids=["gzip", "bzip2", "xz"])
def test_tar_in_a_compression(pack: Callable[[bytes], bytes]) -> None:
    assert opened(pack(tarred([A, B])))[0] == [A, B]


@pytest.mark.parametrize("make", [zipped, tarred])
def test_archives_in_archives(make: Make) -> None:
    inner = [("in.zip", zipped([A, B])), ("in.tar.xz", lzma.compress(tarred([A]))), ("b.gz", gzip.compress(B[1])), A]
    members, findings = opened(make(inner))
    assert members == [
        ("in.zip!a.log", A[1]),
        ("in.zip!sub/b.json", B[1]),
        ("in.tar.xz!a.log", A[1]),
        ("b.gz", B[1]),
        A,
    ]
    assert findings.damages == []


@pytest.mark.parametrize("make", [zipped, tarred])
def test_names_are_shown_and_never_used(make: Make) -> None:
    names = ["../../etc/passwd", "/abs/x", "C:\\x", "tab\tand \x1b[2J", "same", "same", "\u202egnp.exe", "y" * 1500]
    members, findings = opened(make([(name, b"text of %d\n" % place) for place, name in enumerate(names)]))
    shown = [*names[:3], "tab\\tand \\x1b[2J", "same", "same", "\\u202egnp.exe", "y" * 1000]
    assert members == [(name, b"text of %d\n" % place) for place, name in enumerate(shown)]
    assert findings.damages == []


@pytest.mark.parametrize("make", [zipped, tarred])
def test_what_is_no_log_is_left_out_and_said(make: Make) -> None:
    image = ("logo.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 50)
    members, findings = opened(make([("empty", b""), A, image, B]))
    assert members == [A, B]
    assert (findings.skipped, findings.skipped_count) == ([("logo.png", "no text, left out")], 1)
    assert findings.damages == []


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("make", [zipped, tarred])
def test_text_of_wide_characters_is_no_binary(make: Make, encoding: str, tmp_path: Path) -> None:
    lines = "".join(f'{{"n": {number}, "name": "Jürgen €"}}\n' for number in range(3))
    wide = ("wide.json", ("{}\n" * 20 + lines).encode(encoding))
    binary = ("x.bin", b"\xff\xfe\0\0\1\0\0\0\0\0\0\0" + bytes(500))
    data = make([A, wide, binary, B])
    members, findings = opened(data)
    assert members == [A, wide, B]
    assert findings.skipped == [("x.bin", "no text, left out")]
    (tmp_path / "logs").write_bytes(data)
    lake = lakebed.open(tmp_path / "lake")
    totals = lake.index(tmp_path / "logs", into="web")
    assert (totals.skipped_members, totals.unparsed_lines, totals.invalid_utf8) == (1, 0, 0)
    found = lake.search('name: "Jürgen €" | sort(n) | table(n)')
    assert [row.event["n"] for row in found if isinstance(row, Row)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"", True),
        (b"a\xff", True),
        (b"a\0", False),  # too short to tell
        ("ab".encode("utf-16-le"), True),
        ("ab".encode("utf-16-be"), True),
        ("ab\0".encode("utf-16-le"), False),
        ("é".encode("utf-16-le") * 40, False),  # without a mark only what begins with ASCII
        ("é".encode("utf-16") * 40, True),
        (("a" * 32 + "é\0").encode("utf-16-le"), False),
        (("a" * 32 + "é").encode("utf-16-le") + b"\0", True),
        (b"\xff\xfe\0\0a\0\0\0", True),
        (b"\0\0\xfe\xff\0\0\0a", True),
        (b"\xff\xfea\0\0\0", False),
        (b"\xfe\xff\0a", True),
    ],
)
def test_what_is_text(head: bytes, *, expected: bool) -> None:
    assert is_text(head) == expected


def test_directories_links_and_devices_are_no_members() -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for kind in (tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            header = tarfile.TarInfo("thing")
            header.type, header.linkname = kind, "/etc/passwd"
            archive.addfile(header)
        header = tarfile.TarInfo(A[0])
        header.size = len(A[1])
        archive.addfile(header, io.BytesIO(A[1]))
    members, findings = opened(file.getvalue())
    assert (members, findings.damages, findings.skipped) == ([A], [], [])
    assert opened(zipped([("folder/", b""), A]))[0] == [A]


@pytest.mark.parametrize("data", [zipped([]), tarred([])], ids=["zip", "tar"])
def test_an_empty_archive(data: bytes) -> None:
    members, findings = opened(data)
    assert members == ([] if data.startswith(b"PK") else [("", data)])
    assert findings.damages == []


@pytest.mark.slow
@pytest.mark.parametrize("make", [zipped, tarred])
def test_a_hundred_thousand_members(make: Make) -> None:
    data = make((f"{number}.log", b"line %d\n" % number) for number in range(100_000))
    members, findings = opened(data)
    assert members == [(f"{number}.log", b"line %d\n" % number) for number in range(100_000)]
    assert findings.damages == []


@pytest.mark.parametrize("make", [zipped, tarred])
def test_members_have_a_limit(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "OPENING_MEMBERS_MAX", 2)
    members, findings = opened(make([A, B, ("c", b"c\n")]))
    assert members == [A, B]
    assert [one[1] for one in damages(findings)] == ["has more members than the limit of 2"]


def test_a_bomb_of_many_members_is_not_unfolded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "OPENING_RATIO_FREE_BYTES", 1 << 20)
    bomb = zipped([(f"{number}.zip", zipped([("zeros", b" " * 300_000)])) for number in range(200)])
    members, findings = opened(bomb)
    assert sum(len(text) for _, text in members) <= max(1 << 20, 500 * len(bomb))
    assert [one[1] for one in damages(findings)] == [
        "unfolds to more than 500 times its size, as a compression bomb does"
    ]


@pytest.mark.parametrize("piece_bytes", [100, 1 << 20])
def test_a_cut_zip_gives_what_precedes(piece_bytes: int) -> None:
    whole = zipped([B, ("c.log", bytes(range(32, 127)) * 100)], zipfile.ZIP_STORED)
    members, findings = opened(whole[:-6000], piece_bytes=piece_bytes)
    assert members[0] == B
    assert members[1][0] == "c.log"
    assert 3000 < len(members[1][1]) < 9500
    (damage,) = damages(findings)
    assert damage == (len(whole) - 6000, "in 'c.log': ends in the middle of a zip archive")


@pytest.mark.parametrize("left", [30, 3, 1])
def test_a_zip_without_all_of_its_directory_is_told(left: int) -> None:
    data = zipped([A, B])
    members, findings = opened(data[: len(data) - left])
    assert members == [A, B]
    reason = "the directory of the zip archive is cut or damaged"
    assert [one[1] for one in damages(findings)] in ([reason], ["ends in the middle of a zip archive"])


@pytest.mark.parametrize("piece_bytes", [100, 1 << 20])
def test_a_cut_tar_gives_what_precedes(piece_bytes: int) -> None:
    whole = tarred([A, B])
    cut = whole.rindex(b'{"n": 1}') - 4000
    members, findings = opened(whole[:cut], piece_bytes=piece_bytes)
    assert members[0] == A
    assert B[1].startswith(members[1][1])
    assert len(members[1][1]) > 3000
    assert damages(findings) == [(cut, "in 'sub/b.json': ends in the middle of a tar archive")]


def test_a_tar_without_its_end_is_told() -> None:
    members, findings = opened(tarred([A])[:1024])
    assert (members, damages(findings)) == ([A], [(1024, "ends without the mark of a tar archive's end")])


def test_a_damaged_tar_header_is_told() -> None:
    data = bytearray(tarred([A, B]))
    data[1024 + 120] ^= 0x3
    members, findings = opened(bytes(data))
    assert (members, damages(findings)) == ([A], [(1024, "tar archive is damaged: bad checksum")])


def test_a_tar_header_that_asks_for_memory_is_refused() -> None:
    header = tarfile.TarInfo("././@PaxHeader")
    header.type, header.size = tarfile.XHDTYPE, 1 << 40
    members, findings = opened(tarred([A])[:1024] + header.tobuf(tarfile.GNU_FORMAT) + bytes(5000))
    assert members == [A]
    assert [one[1] for one in damages(findings)] == [f"tar archive is damaged: a header of {1 << 40} bytes"]


def test_flipped_bits_in_a_zip_member_cost_no_other() -> None:
    data = bytearray(zipped([A, B, ("c.log", b"last\n")]))
    at = data.index(b"sub/b.json") + len("sub/b.json") + 4
    data[at] ^= 0xFF
    members, findings = opened(bytes(data))
    assert [members[0], members[-1]] == [A, ("c.log", b"last\n")]
    (damage,) = damages(findings)
    assert damage[0] == data.index(b"sub/b.json") - 30
    assert damage[1].startswith("'sub/b.json': ")


def test_a_wrong_checksum_is_told() -> None:
    data = bytearray(zipped([A, B], zipfile.ZIP_STORED))
    data[data.index(b"two")] = ord("T")
    members, findings = opened(bytes(data))
    assert members == [("a.log", b"one\nTwo\n"), B]
    assert damages(findings) == [(0, "'a.log': its content is not what was stored: the checksum differs")]


def test_an_encrypted_member_is_told_and_the_next_is_read() -> None:
    data = bytearray(zipped([A, B]))
    data[6] |= 1
    members, findings = opened(bytes(data))
    assert members == [B]
    assert damages(findings) == [(0, "'a.log' is encrypted, so it cannot be read")]


def test_a_method_that_is_not_known_is_told() -> None:
    data = zipped([A], zipfile.ZIP_LZMA)
    members, findings = opened(data)
    assert members == []
    assert damages(findings) == [(0, "'a.log' is compressed by method lzma, which is not known")]


def test_what_follows_an_archive_is_told() -> None:
    data = zipped([A])
    assert damages(opened(data + b"more")[1]) == [(len(data), "bytes follow the end of the zip archive")]
    members, findings = opened(tarred([A]) + tarred([B]))
    assert members == [A]
    assert [one[1] for one in damages(findings)] == ["bytes follow the end of the tar archive"]


def test_a_directory_that_names_other_members_is_told() -> None:
    data = zipped([A, B])
    start = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    shorter = data[: data.index(b"PK\x01\x02")] + data[start:]
    members, findings = opened(shorter)
    assert members == [A, B]
    assert [one[1] for one in damages(findings)] == ["the directory of the zip archive names 1 members, 2 were found"]


def test_a_damaged_member_is_told_by_name() -> None:
    packed = bz2.compress(B[1] * 50)
    members, findings = opened(zipped([("b.bz2", packed[:-20]), A], zipfile.ZIP_STORED))
    assert members[-1] == A
    assert [one[1] for one in damages(findings)] == ["in 'b.bz2': ends in the middle of a bzip2 stream"]
