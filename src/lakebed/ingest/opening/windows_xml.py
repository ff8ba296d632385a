"""Events of Windows in XML, as `wevtutil qe`, Event Viewer and forwarders write them: one a line, one after the other
without lines, or within `<Events>`.

The text is cut at `</Event>` and each event parsed on its own, so that a damaged one costs no other: it is kept as
`message`. Declarations of types and entities are refused: they are how small XML becomes large or reads other files.
"""

from __future__ import annotations

import codecs
import itertools
import re
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from lakebed import config
from lakebed.ingest.opening.rows import Text, batches, encoder
from lakebed.ingest.opening.windows_event import ATTRIBUTES, TEXT, flat_event, source_type_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from typing_extensions import Buffer

    from lakebed.ingest.opening.rows import Told

DEPTH_MAX = 50
"""Elements within each other; events have some five."""

_END = "</Event>"
_START = re.compile(r"<Event[\s>]")
_WRAPPER = re.compile(r"(?:\ufeff|<\?xml[^>]*\?>|</?Events(?:\s[^>]*)?>|<!--.*?-->|\s)+", re.DOTALL)
_NUMBERS = frozenset({"EventID", "Version", "Level", "Task", "Opcode", "EventRecordID"})
_NUMBER_ATTRIBUTES = frozenset({"ProcessID", "ThreadID", "Qualifiers"})
_INTEGER = re.compile(r"(?:0|[1-9]\d{0,17})\Z", re.ASCII)


def texts(chunks: Iterable[Buffer], told: Told) -> Iterator[Text]:
    """Events in the order of the text; those that follow each other and are of one channel are a text."""
    found = _events(_decoded(chunks), told)
    for channel, lines in itertools.groupby(found, key=lambda pair: pair[0]):
        yield Text(batches(line for _, line in lines), source_type_of(channel), ("TimeCreated",))


def _decoded(chunks: Iterable[Buffer]) -> Iterator[str]:
    """The text, of UTF-8 or, where it begins with its mark, of UTF-16."""
    decoder: codecs.IncrementalDecoder | None = None
    for chunk in chunks:
        data = bytes(chunk)
        if decoder is None:
            is_wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
            decoder = codecs.getincrementaldecoder("utf-16" if is_wide else "utf-8")("replace")
        yield decoder.decode(data)
    if decoder is not None:
        yield decoder.decode(b"", final=True)


def _events(pieces: Iterable[str], told: Told) -> Iterator[tuple[Any, bytes]]:  # Any: what stands there
    """Channel and line of each event, and of each text between events."""
    held, channel = "", None
    for piece in pieces:
        looked_at = max(0, len(held) - len(_END))
        held += piece
        start = 0
        while (end := held.find(_END, max(start, looked_at))) >= 0:
            end += len(_END)
            for found in _event(held[start:end], told):
                channel = found.get("Channel", channel)
                yield channel, encoder.encode(found)
            start = end
        held = held[start:]
        if len(held) > config.OPENING_RECORD_BYTES_MAX:
            yield channel, _message(held, told)
            held = ""
    for rest in _others(held, told):
        yield channel, rest


def _event(text: str, told: Told) -> Iterator[dict[str, Any]]:  # Any: values of JSON
    """What a text that ends with the end of an event holds: what stands before the event, and the event."""
    starts = [match.start() for match in _START.finditer(text)]
    start = starts[-1] if starts else len(text)
    for other in _pieces(text[:start]):
        told.unparsed()
        yield {"message": other}
    if not starts:
        return
    try:
        yield flat_event(_parse(text[start:]))
    except (expat.ExpatError, _RefusedError):
        told.unparsed()
        yield {"message": text[start:]}


def _others(text: str, told: Told) -> Iterator[bytes]:
    for other in _pieces(text):
        yield _message(other, told)


def _pieces(text: str) -> Iterator[str]:
    """What is there beside the elements around events."""
    rest = _WRAPPER.sub(" ", text).strip()
    if rest:
        yield rest


def _message(text: str, told: Told) -> bytes:
    told.unparsed()
    return encoder.encode({"message": text})


class _RefusedError(Exception):
    """The XML asks for something that events have no need of."""


def _parse(text: str) -> Any:  # Any: as `windows_event.Element`
    builder = _Builder()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.Parse(text.encode("utf-8", "replace"), True)
    return builder.root.get("Event")


def _refuse(*_declaration: object) -> None:
    raise _RefusedError("declarations are refused")


class _Builder:
    """Elements as the EVTX library gives them: dicts by name, attributes and text under names of their own.

    `<Data Name="a">b</Data>` is `a` with the text `b`.
    """

    def __init__(self) -> None:
        self.root: dict[str, Any] = {}  # Any: as `windows_event.Element`
        self._open: list[tuple[str, dict[str, Any], list[str]]] = [("", self.root, [])]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if len(self._open) > DEPTH_MAX:
            raise _RefusedError("elements lie too deep")
        inner: dict[str, Any] = {}  # Any: as above
        if name == "Data" and "Name" in attributes:
            name = attributes["Name"] or name
            attributes = {key: value for key, value in attributes.items() if key != "Name"}
        kept = {key: _number(value) if key in _NUMBER_ATTRIBUTES else value for key, value in attributes.items()}
        if kept:
            inner[ATTRIBUTES] = kept
        self._open.append((name, inner, []))

    def end(self, _name: str) -> None:
        """An element ends."""
        name, inner, texts = self._open.pop()
        text = "".join(texts)
        value: Any = inner  # Any: as above
        if not inner.keys() - {ATTRIBUTES}:
            value = _number(text) if name in _NUMBERS and self._open[-1][0] == "System" else text
            if inner:
                value = {**inner, TEXT: value} if text.strip() else inner
            elif not text.strip() and name != "Data" and self._open[-1][0] != "EventData":
                value = None
        elif text.strip():
            inner[TEXT] = text
        parent = self._open[-1][1]
        if name in parent:
            held = parent[name]
            parent[name] = [*held, value] if isinstance(held, list) else [held, value]
        else:
            parent[name] = value

    def text(self, text: str) -> None:
        """Text of the element that is open."""
        self._open[-1][2].append(text)


def _number(text: str) -> int | str:
    return int(text) if _INTEGER.match(text) else text
