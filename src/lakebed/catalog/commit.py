"""Commits: `catalog/<number>.json.gz`, one for each change of the lake. How they are written: commit_lines.py."""

from __future__ import annotations

import re

import msgspec

from lakebed.catalog.entries import Deletion, Move, NewSegment, SourceRecord

CATALOG_FOLDER = "catalog/"
FORMAT_VERSION = 1

REBUILD = "rebuild"
"""The action of a commit that says nothing itself: the checkpoint of its number is a new catalog."""

_COMMIT_KEY = re.compile(r"catalog/(\d{20})\.json\.gz")
_CHECKPOINT_KEY = re.compile(r"catalog/(\d{20})\.checkpoint")


class CommitFile(msgspec.Struct, frozen=True):
    """One atomic change: all of it is visible, or nothing.

    `writer` and `token` tell the writer whose commit it is when the answer to its create was lost.
    `dead` gives the whole new list of dead objects for segments that were there before.
    `sources` gives what is true of these source objects from now on.
    `moves` says where the objects of removed segments went; `swept` gives the new `swept` of segments.
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
    moves: tuple[Move, ...] = ()
    deletions: tuple[Deletion, ...] = ()
    swept: dict[str, int] = {}


def commit_key(number: int) -> str:
    """Where commit `number` is.

    >>> commit_key(7)
    'catalog/00000000000000000007.json.gz'
    """
    return f"{CATALOG_FOLDER}{number:020}.json.gz"


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
