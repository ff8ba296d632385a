"""Members of a tar archive, in the order they stand, read as a stream by the standard library.

Directories, links, devices and pipes are no text and left out without a word; names are shown, never opened. The
library ends an archive without a word where a header is damaged or something follows its end; here that is told.
"""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING, Any

from lakebed.ingest.opening.reader import Damaged, Reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from typing_extensions import Buffer

PIECE_BYTES = 256 * 1024

HEADER_BYTES_MAX = 1 << 20
"""A header that describes the next one (a long name, attributes) is held in memory."""

_DESCRIBING = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)


def tar_members(chunks: Iterable[Buffer]) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Name and content of each file. Raises `Damaged` where the archive cannot be read on."""
    reader: Any = Reader(chunks)  # Any: the library asks for no more than `read`
    try:
        with _Archive.open(fileobj=reader, mode="r|", tarinfo=_Header) as archive:
            while (header := archive.next()) is not None:
                archive.members.clear()  # type: ignore[attr-defined] # else what describes each stays in memory
                if header.isreg():
                    content = _Content(archive, header)
                    yield header.name, content.pieces()
                    if content.is_cut:
                        return
            _check_end(archive)
    except tarfile.TarError as error:
        raise Damaged(f"tar archive is damaged: {error}", reader.position) from error


class _Archive(tarfile.TarFile):
    """An archive that knows how reading its headers ended."""

    ended_by: str | None = None


class _Header(tarfile.TarInfo):
    """A header that tells its archive what is wrong with it."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Header:
        """Refuses headers that ask for memory without end."""
        header = super().frombuf(buf, encoding, errors)
        if header.type in _DESCRIBING and header.size > HEADER_BYTES_MAX:
            raise tarfile.ReadError(f"a header of {header.size} bytes")
        return header

    @classmethod
    def fromtarfile(cls, tarfile: tarfile.TarFile) -> _Header:
        """As the library has it."""
        try:
            return super().fromtarfile(tarfile)
        except _HEADER_ERROR as error:
            is_end = type(error).__name__ == "EOFHeaderError"  # two zero blocks
            if not is_end and isinstance(tarfile, _Archive):
                tarfile.ended_by = str(error)
            raise


_HEADER_ERROR = tarfile.HeaderError


def _check_end(archive: _Archive) -> None:
    """Raises unless the archive was read up to its end, and that is the end."""
    if archive.ended_by == "empty header":
        raise Damaged("ends without the mark of a tar archive's end", archive.offset)
    if archive.ended_by is not None:
        raise Damaged(f"tar archive is damaged: {archive.ended_by}", archive.offset)
    stream: Any = archive.fileobj  # Any: the library's own stream
    while piece := stream.read(PIECE_BYTES):
        if piece.strip(b"\0"):
            raise Damaged("bytes follow the end of the tar archive", archive.offset)


class _Content:
    """A member's content, read past the library's file objects: they lose what precedes the end of a cut archive."""

    def __init__(self, archive: tarfile.TarFile, header: tarfile.TarInfo) -> None:
        self.is_cut = False
        self._archive = archive
        self._header = header

    def pieces(self) -> Iterator[bytes]:
        """The content; raises `Damaged` when the archive ends in it."""
        try:
            yield from self._sparse() if self._header.issparse() else self._plain()
        except (Damaged, tarfile.TarError):
            self.is_cut = True
            raise

    def _plain(self) -> Iterator[bytes]:
        left = self._header.size
        stream: Any = self._archive.fileobj  # Any: the library's own stream
        while left > 0:
            piece = stream.read(min(left, PIECE_BYTES))
            if not piece:
                raise Damaged(
                    "ends in the middle of a tar archive", self._header.offset_data + self._header.size - left
                )
            left -= len(piece)
            yield piece

    def _sparse(self) -> Iterator[bytes]:
        file = self._archive.extractfile(self._header)
        try:
            while file is not None and (piece := file.read(PIECE_BYTES)):
                yield piece
        except tarfile.TarError as error:
            raise Damaged("ends in the middle of a tar archive", self._archive.offset) from error
