"""Typed decoding, alone and by many threads at once."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec
import pytest

from lakebed.decoding import converted, from_json, from_msgpack

if TYPE_CHECKING:
    from collections.abc import Callable


class Point(msgspec.Struct):
    x: int
    y: list[int] = []


DECODE: list[Callable[[object], Point]] = [
    lambda value: from_json(msgspec.json.encode(value), Point),
    lambda value: from_msgpack(msgspec.msgpack.encode(value), Point),
    lambda value: converted(value, Point),
]

RACE = """
import sys, threading, msgspec
from lakebed.decoding import converted, from_json, from_msgpack

sys.setswitchinterval(1e-6)
THREADS, KINDS = 8, 150
def kind(number):
    inner = msgspec.defstruct(f"Inner{number}", [("a", list[int]), ("b", dict[str, int])], array_like=True)
    fields = [("one", inner), ("many", list[inner]), ("c", int | None)]
    return msgspec.defstruct(f"Outer{number}", fields, array_like=True)
kinds = [kind(number) for number in range(KINDS)]
value = [[[1], {}], [[[1], {}]], 1]
text, packed = msgspec.json.encode(value), msgspec.msgpack.encode(value)
start, right = threading.Barrier(THREADS), []
def decode(number):
    for kind in kinds:
        start.wait()
        decoded = (from_json(text, kind), from_msgpack(packed, kind), converted(value, kind))[number % 3]
        right.append(decoded.c == 1 and decoded.many[0].a == [1])
threads = [threading.Thread(target=decode, args=(number,)) for number in range(THREADS)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert right == [True] * (THREADS * KINDS)
"""


@pytest.mark.parametrize("decode", DECODE, ids=["json", "msgpack", "converted"])
def test_what_fits_and_what_does_not(decode: Callable[[object], Point]) -> None:
    assert decode({"x": 1, "y": [2]}) == Point(1, [2])
    with pytest.raises(msgspec.ValidationError, match=r"Expected `int`, got `str` - at `\$\.x`"):
        decode({"x": "1"})


def test_threads_that_meet_a_type_for_the_first_time() -> None:
    """Half of a type's decoder must not be seen: msgspec alone ends such a process by a segmentation fault."""
    done = subprocess.run([sys.executable, "-c", RACE], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
