"""Cuts a body into JSON documents, each on one line, as they were sent.

A raw object is read by the engine line by line, and lines of many clients stand in it: so each must be whole in itself.
A document is checked (msgspec, 0.3 µs), never decoded and encoded again: numbers keep their spelling. What is no JSON
becomes `{"message": …}`, so that nothing is lost and nothing spoils the line of a neighbour.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from lakebed.decoding import json_decoder

if TYPE_CHECKING:
    from collections.abc import Iterator

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

DEPTH_MAX = 500
"""Brackets within each other when documents are cut; the check of a document refuses a little more."""

CUT_BYTES_MAX = 4
"""Times the length of a body that may be looked at to find ends of documents: broken ones must not cost its square."""

_TOKEN = re.compile(rb'[^"{}\[\]]*+(?:"(?:[^"\\]++|\\.)*+(")?|([{}\[\]]))', re.DOTALL)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_CONTROL = re.compile(rb'[\x00-\x1f"\\]')
_SPACE = re.compile(rb"\s*+")
_LINE_ENDS = bytes.maketrans(b"\r\n", b"  ")

_any = json_decoder(msgspec.Raw)
_elements = json_decoder(list[msgspec.Raw])


@dataclass(frozen=True)
class Piece:
    """A part of a body: a JSON document, or text that is none."""

    text: bytes
    is_json: bool


def documents(body: bytes) -> Iterator[Piece]:
    """The documents of a body, in any of the ways in which clients write several: an array of them, one a line, one
    after the other with or without white space, over many lines. Elements of arrays count as documents.

    >>> [piece.text for piece in documents(b'{"a": 1}\\n[{"b":2},{"c":3}] {"d":\\n4}')]
    [b'{"a": 1}', b'{"b":2}', b'{"c":3}', b'{"d": 4}']
    """
    body = body.removeprefix(BYTE_ORDER_MARK)
    place, end = 0, len(body)
    budget = CUT_BYTES_MAX * end
    in_line = False
    line_end = -1
    while (place := _after_space(body, place)) < end:
        if line_end < place:
            line_end = body.find(b"\n", place)
            line_end = end if line_end < 0 else line_end
        if not in_line and is_json(line := body[place:line_end].rstrip()):
            yield from _flat(line)
            place = line_end
            continue
        cut, looked_at = document_end(body, place) if budget > 0 else (None, 0)
        budget -= looked_at
        if cut is not None and is_json(document := body[place:cut]):
            yield from _flat(document)
            in_line = cut < line_end  # others may follow in the line: it is not taken out again for each of them
            place = cut
            continue
        yield Piece(body[place:line_end].rstrip(), is_json=False)
        place, in_line = line_end, False


def _after_space(body: bytes, place: int) -> int:
    match = _SPACE.match(body, place)
    assert match is not None, "no space is space too"
    return match.end()


def is_json(text: bytes) -> bool:
    """Whether it is one whole JSON document. A lone surrogate is let pass, as the engine does."""
    try:
        _any.decode(text)
    except msgspec.DecodeError:
        return b"\\u" in text and _is_json_but_for_surrogates(text)
    except RecursionError:
        return False
    return True


def _is_json_but_for_surrogates(text: bytes) -> bool:
    try:
        _any.decode(without_surrogates(text))
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def without_surrogates(text: bytes) -> bytes:
    """The document with another letter for each surrogate, as readers that know none can read its structure."""
    return _SURROGATE.sub(rb"\\u0041", text)


def document_end(body: bytes, start: int) -> tuple[int | None, int]:
    """Where the object or array that begins at `start` ends, and how many bytes were looked at. Linear."""
    if body[start : start + 1] not in {b"{", b"["}:
        return None, 0
    depth = 0
    last = start
    for token in _TOKEN.finditer(body, start):
        last = token.end()
        if token.lastindex == 1:
            continue
        if token.lastindex is None:
            return None, last - start  # a text without an end
        depth += 1 if token[2] in b"{[" else -1
        if depth == 0:
            return last, last - start
        if depth > DEPTH_MAX:
            break
    return None, last - start


def _flat(text: bytes) -> Iterator[Piece]:
    if not text.startswith(b"["):
        yield Piece(on_one_line(text), is_json=True)
        return
    try:
        elements = _elements.decode(text)
    except (msgspec.DecodeError, RecursionError):
        yield Piece(on_one_line(text), is_json=True)
        return
    for element in elements:
        yield Piece(on_one_line(bytes(element).strip()), is_json=True)


def on_one_line(document: bytes) -> bytes:
    """The same document without line ends: inside of texts JSON has none."""
    return document.translate(_LINE_ENDS) if b"\n" in document or b"\r" in document else document


def quoted(text: bytes) -> bytes:
    r"""Any bytes as a JSON text on one line. Bytes that are no UTF-8 stay: the engine reads and counts them.

    >>> quoted(b'say "hi"\x00\n')
    b'"say \\"hi\\"\\u0000\\n"'
    """
    return b'"' + _CONTROL.sub(_escaped, text) + b'"'


def _escaped(match: re.Match[bytes]) -> bytes:
    return _ESCAPES[match[0]]


_ESCAPES = {bytes([code]): b"\\u%04x" % code for code in range(32)}
_ESCAPES |= {b'"': b'\\"', b"\\": b"\\\\", b"\n": b"\\n", b"\r": b"\\r", b"\t": b"\\t"}


def with_members(document: bytes, members: bytes) -> bytes:
    """The object with further members behind its own. `members` are as they stand between braces.

    >>> with_members(b'{"a": 1}', b'"b": 2'), with_members(b'{ }', b'"b": 2')
    (b'{"a": 1,"b": 2}', b'{"b": 2}')
    """
    inner = document[:-1].rstrip()
    return inner + (b"" if inner == b"{" else b",") + members + b"}"
