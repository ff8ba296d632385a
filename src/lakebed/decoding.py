"""Typed JSON and MessagePack: the one way to msgspec's decoders of types.

msgspec works out what it needs of a type when it first meets it, keeps that at the type, and shows it to other threads
before it is complete: two threads that decode their first report or checkpoint at once may end the process. So decoders
are made one at a time here, and kept. No other module gives a type to msgspec.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

import msgspec

if TYPE_CHECKING:
    from typing_extensions import Buffer

T = TypeVar("T")

_making = threading.Lock()
_json: dict[object, msgspec.json.Decoder[object]] = {}
_msgpack: dict[object, msgspec.msgpack.Decoder[object]] = {}


def json_decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    """The decoder of JSON texts of this type."""
    decoder = _json.get(kind)
    if decoder is None:
        with _making:
            decoder = _json.setdefault(kind, msgspec.json.Decoder(kind))
    return decoder  # type: ignore[return-value] # what was kept for a type decodes it


def from_json(data: Buffer | str, kind: type[T]) -> T:
    """A JSON text as a value of this type. Raises what msgspec raises."""
    return json_decoder(kind).decode(data)


def from_msgpack(data: Buffer, kind: type[T]) -> T:
    """MessagePack as a value of this type. Raises what msgspec raises."""
    decoder = _msgpack.get(kind)
    if decoder is None:
        with _making:
            decoder = _msgpack.setdefault(kind, msgspec.msgpack.Decoder(kind))
    return decoder.decode(data)  # type: ignore[return-value] # as above


def converted(value: object, kind: type[T]) -> T:
    """Dicts and lists as a value of this type. Raises what msgspec raises."""
    json_decoder(kind)  # so that the type is complete
    return msgspec.convert(value, kind)
