"""Bodies are read within their limits, and unpacked as they come."""

from __future__ import annotations

import asyncio
import gzip
import random
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakebed.serve.receive.body import BodyError, BodyLimits, read_body
from lakebed.serve.receive.budget import Budget, BusyError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LIMITS = BodyLimits(body_bytes=2_000_000, decompressed_bytes=4_000_000, seconds=30)


def read(
    chunks: list[bytes], encoding: str = "gzip", limits: BodyLimits = LIMITS, budget: Budget | None = None
) -> bytes:
    async def come() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    async def main() -> bytes:
        with (budget or Budget(10**9)).reserve() as reservation:
            return await read_body(come(), encoding, limits, reservation)

    return asyncio.run(main())


@given(
    st.lists(st.binary(max_size=100_000), min_size=1, max_size=4), st.integers(1, 70_000), st.sampled_from([0, 1, 9])
)
def test_members_of_gzip_however_they_are_cut(members: list[bytes], step: int, level: int) -> None:
    packed = b"".join(gzip.compress(member, level) for member in members)
    assert read([packed[at : at + step] for at in range(0, len(packed), step)]) == b"".join(members)


def test_output_that_is_left_within_the_library_is_read() -> None:
    body = b"a" * 65_536 * 3
    packed = gzip.compress(body)
    for cut in range(1, len(packed)):
        assert read([packed[:cut], packed[cut:]]) == body


@pytest.mark.parametrize("encoding", ["", "identity", "GZIP", "x-gzip"])
def test_encodings(encoding: str) -> None:
    packed = gzip.compress(b"body")
    assert read([packed, b""], encoding) == (packed if encoding in {"", "identity"} else b"body")
    assert read([], encoding) == b""


PACKED = gzip.compress(random.Random(7).randbytes(50_000))


@pytest.mark.parametrize(
    ("chunks", "encoding", "status", "message"),
    [
        ([b"x" * 2_000_001], "", 413, "the body is larger than 2000000 bytes"),
        ([b"x" * 1_000_000] * 3, "identity", 413, "the body is larger than 2000000 bytes"),
        ([b"plain"], "gzip", 400, "the body is no gzip"),
        ([zlib.compress(b"x")], "gzip", 400, "the body is no gzip"),
        ([PACKED[:-1]], "gzip", 400, "the body is gzip that is cut off"),
        ([PACKED[:20]], "gzip", 400, "the body is gzip that is cut off"),
        ([PACKED[:-6] + b"xxxxxx"], "gzip", 400, "the body is no gzip"),
        ([PACKED + b"rest"], "gzip", 400, "the body is no gzip"),
        ([gzip.compress(b"x" * 4_500_000, 0)[:1_900_000], b""], "gzip", 400, "the body is gzip that is cut off"),
        (
            [gzip.compress(random.Random(7).randbytes(10_000).hex().encode() * 250)],
            "gzip",
            413,
            "the body unpacks to more than 4000000 bytes",
        ),
        ([gzip.compress(b"0" * 3_000_000)], "gzip", 413, "the body unpacks to more than 500 times its size"),
        ([b"x"], "br", 415, "the content encoding is neither gzip nor identity"),
        ([b"x"], "gzip, gzip", 415, "the content encoding is neither gzip nor identity"),
    ],
)
def test_bodies_that_are_refused(chunks: list[bytes], encoding: str, status: int, message: str) -> None:
    budget = Budget(10**9)
    with pytest.raises(BodyError) as caught:
        read(chunks, encoding, budget=budget)
    assert (caught.value.status, str(caught.value)) == (status, message)
    assert budget.held_bytes == 0


def test_a_bomb_is_held_in_memory_no_further_than_its_limit() -> None:
    budget = Budget(10**9)
    bomb = gzip.compress(b"0" * 500_000_000, 9)
    reservation = budget.reserve()

    async def come() -> AsyncIterator[bytes]:
        yield bomb

    async def main() -> None:
        with pytest.raises(BodyError, match=r"more than 500 times|more than 4000000"):
            await read_body(come(), "gzip", LIMITS, reservation)

    asyncio.run(main())
    assert 0 < budget.held_bytes <= LIMITS.decompressed_bytes


def test_a_body_that_drips_is_given_up() -> None:
    async def come() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.Event().wait()

    async def main() -> None:
        with Budget(100).reserve() as reservation:
            await read_body(come(), "", BodyLimits(10, 10, seconds=0.01), reservation)

    with pytest.raises(BodyError) as caught:
        asyncio.run(main())
    assert (caught.value.status, str(caught.value)) == (408, "the body did not come within 0.01 s")


def test_a_body_that_finds_no_room_gives_back_what_it_held() -> None:
    budget = Budget(100)
    with pytest.raises(BusyError):
        read([b"x" * 60, b"y" * 60], "", budget=budget)
    assert budget.held_bytes == 0
    assert read([b"x" * 60, b"y" * 40], "", budget=budget) == b"x" * 60 + b"y" * 40
