"""Commit files: `catalog/<number>.json`, one for each change of the lake.

JSON, because a person reads them in an incident: `jq` works on them. Each ends in a line with the checksum of the line
before, since a commit that is cut short or altered must not be taken for another one. Binary addresses are base64.
"""

from __future__ import annotations

import re
import zlib

import msgspec

from lakebed.catalog.entries import NewSegment, SourceRecord
from lakebed.errors import CatalogError

CATALOG_FOLDER = "catalog/"
FORMAT_VERSION = 1

_COMMIT_KEY = re.compile(r"catalog/(\d{20})\.json")
_CHECKPOINT_KEY = re.compile(r"catalog/(\d{20})\.checkpoint")


class CommitFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One atomic change: all of it is visible, or nothing.

    `writer` and `token` tell the writer whose commit it is when the answer to its create was lost.
    `dead` gives the whole new list of dead objects for segments that were there before.
    `sources` gives what is true of these source objects from now on.
    """

    version: int
    number: int
    writer: str
    token: str
    time_ns: int
    action: str
    add: tuple[NewSegment, ...] = ()
    remove: tuple[str, ...] = ()
    dead: dict[str, tuple[int, ...]] = {}
    sources: tuple[SourceRecord, ...] = ()


_decode = msgspec.json.Decoder(CommitFile).decode


def commit_key(number: int) -> str:
    """Where commit `number` is.

    >>> commit_key(7)
    'catalog/00000000000000000007.json'
    """
    return f"{CATALOG_FOLDER}{number:020}.json"


def checkpoint_key(number: int) -> str:
    """Where the checkpoint after commit `number` is."""
    return f"{CATALOG_FOLDER}{number:020}.checkpoint"


def parse_key(key: str) -> tuple[str, int] | None:
    """("commit" or "checkpoint", number) for such keys, None for others."""
    for kind, pattern in (("commit", _COMMIT_KEY), ("checkpoint", _CHECKPOINT_KEY)):
        found = pattern.fullmatch(key)
        if found:
            return kind, int(found[1])
    return None


def encode_commit(commit: CommitFile) -> bytes:
    """The file's bytes."""
    line = msgspec.json.encode(commit)
    return line + b'\n{"crc32":"%08x"}\n' % zlib.crc32(line)


def decode_commit(data: bytes, key: str) -> CommitFile:
    """Reads a commit file; raises `CatalogError` that names it when it is damaged or too new."""
    line, _, rest = data.partition(b"\n")
    if rest != b'{"crc32":"%08x"}\n' % zlib.crc32(line):
        raise CatalogError(f"commit '{key}' is damaged: its checksum line does not fit its content")
    try:
        found = _decode(line)
    except (msgspec.MsgspecError, ValueError) as error:
        raise CatalogError(f"commit '{key}' cannot be read: {error}; was it written by a newer lakebed?") from error
    if found.version != FORMAT_VERSION:
        raise CatalogError(f"commit '{key}' has format version {found.version}; this lakebed reads {FORMAT_VERSION}")
    if parse_key(key) != ("commit", found.number):
        raise CatalogError(f"commit '{key}' says that it is number {found.number}")
    return found
