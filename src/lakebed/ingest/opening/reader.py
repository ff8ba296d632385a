"""A stream of pieces, read by number of bytes; and what is wrong with it, as an exception of this package."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from typing_extensions import Buffer


class Damaged(Exception):  # noqa: N818 - a message between the layers of an object, told to people as `Damage`
    """The stream cannot be read on. `offset` is in bytes of the layer that raises it; if `is_placed`, of the object."""

    def __init__(self, reason: str, offset: int, *, is_placed: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offset = offset
        self.is_placed = is_placed


class Reader:
    """Bytes of a stream in the order they come.

    >>> reader = Reader([b"ab", b"cdef"])
    >>> reader.read(3), reader.position, reader.peek(2), reader.some(9), reader.read(1)
    (b'abc', 3, b'de', b'def', b'')
    """

    def __init__(self, pieces: Iterable[Buffer]) -> None:
        self._pieces = iter(pieces)
        self._held = b""
        self._at = 0
        self.position = 0

    def read(self, size: int) -> bytes:
        """So many bytes; fewer only at the end of the stream."""
        data = self.peek(size)
        self._at += len(data)
        self.position += len(data)
        return data

    def some(self, most: int) -> bytes:
        """The bytes that are there, at most so many; none only at the end of the stream."""
        if self._at >= len(self._held):
            self._fill(1)
        data = self._held[self._at : self._at + most]
        self._at += len(data)
        self.position += len(data)
        return data

    def peek(self, size: int) -> bytes:
        """As `read`, and they will be read again."""
        if len(self._held) - self._at < size:
            self._fill(size)
        return self._held[self._at : self._at + size]

    def unread(self, data: bytes) -> None:
        """Gives bytes back that were read last."""
        self._held = data + self._held[self._at :]
        self._at = 0
        self.position -= len(data)

    def skip(self, size: int) -> int:
        """Reads over so many bytes; the answer is how many there were."""
        left = size
        while left > 0 and (data := self.some(left)):
            left -= len(data)
        return size - left

    def pieces(self) -> Iterator[bytes]:
        """The rest."""
        while data := self.some(1 << 20):
            yield data

    def _fill(self, size: int) -> None:
        parts = [self._held[self._at :]]
        found = len(parts[0])
        while found < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            parts.append(bytes(piece))
            found += len(parts[-1])
        self._held = b"".join(parts)
        self._at = 0
