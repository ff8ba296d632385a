"""Objects opened by hand, and archives made for tests."""

from __future__ import annotations

import io
import tarfile
import warnings
import zipfile
from typing import TYPE_CHECKING

from lakebed.ingest.opening.front import Findings, Opening
from lakebed.ingest.settings import SourceSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SIZES = (1, 7, 1000, 1 << 20)
"""Pieces that an object may come in."""


def opened(
    data: bytes, *, piece_bytes: int = 1 << 18, settings: SourceSettings | None = None
) -> tuple[list[tuple[str, bytes]], Findings]:
    """Name and text of each member, and what was found."""
    opening = Opening(pieces_of(data, piece_bytes), settings or SourceSettings())
    members = [(member.name, b"".join(bytes(chunk) for chunk in member.chunks)) for member in opening.members()]
    return members, opening.findings


def pieces_of(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def damages(findings: Findings) -> list[tuple[int, str]]:
    return [(one.offset, one.reason) for one in findings.damages]


def zipped(members: Iterable[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that come twice
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 2, 3, 4, 6)), content, method)
    return file.getvalue()


def tarred(members: Iterable[tuple[str, bytes]], form: int = tarfile.PAX_FORMAT) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        for name, content in members:
            header = tarfile.TarInfo(name)
            header.size = len(content)
            archive.addfile(header, io.BytesIO(content))
    return file.getvalue()
