"""Freezes a sample of the catalog: run once when its files change, never to make a test pass.

Damaged objects before and after a checkpoint, as in version 1; then between two more a merge, a replaced object, an
expiry, a deletion that one segment is free of.

usage: python -m tests.frozen.freeze_catalog tests/frozen/catalog_v3
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from lakebed.catalog.catalog import Catalog
from lakebed.catalog.changes import Changes
from lakebed.catalog.checkpoint import write_checkpoint
from lakebed.catalog.entries import Damage, Deletion, Move
from lakebed.storage.local import LocalStore
from tests.lakes import SECOND, segment, source


def freeze(folder: Path) -> None:
    """Writes the lake's catalog; its segments are made up."""
    store = LocalStore(folder)
    catalog = Catalog(store)
    catalog.open_for_writing()
    for number, name in enumerate(("early", "late")):
        new = segment(2)
        cut = source(f"s3://logs/{name}.gz", ((new.key, 0),), damage=Damage(100 + number, f"cut {name}"))
        whole = source(f"s3://logs/{name}.json", ((new.key, 1),))
        catalog.commit(Changes("index", [new], [cut, whole]))
        if name == "early":
            write_checkpoint(store, catalog.state, "f" * 32)
    more(store, catalog)
    catalog.commit(Changes("index", [segment(1)]))


def more(store: LocalStore, catalog: Catalog) -> None:
    """What version 2 has."""
    ours = [segment(2), segment(1), segment(1, index="old")]
    for number, new in enumerate(ours):
        urls = [f"s3://logs/{number}/{place}" for place in range(new.objects)]
        records = [source(url, ((new.key, place),), index=new.key.split("/")[1]) for place, url in enumerate(urls)]
        catalog.commit(Changes("index", [new], records))
    write_checkpoint(store, catalog.state, "e" * 32)
    first, second, old = (new.key for new in ours)
    merged = msgspec.structs.replace(segment(3), swept=catalog.snapshot.number)
    moves = [Move(first, merged.key, 0), Move(second, merged.key, 2)]
    catalog.commit(Changes("merge", [merged], remove=[first, second], moves=moves))
    again = segment(1)
    replaced = source("s3://logs/1/0", ((again.key, 0),), version=2)
    catalog.commit(Changes("index", [again], [replaced]))
    catalog.commit(Changes("expire", remove=[old]))
    deletion = Deletion(0, "0f" * 8, "web", "a: 1", b'{"op":"all","of":[]}', 0, SECOND, "alice", "ticket 1")
    catalog.commit(Changes("delete", deletions=[deletion]))
    catalog.commit(Changes("sweep", swept={merged.key: catalog.snapshot.number}))
    write_checkpoint(store, catalog.state, "d" * 32)


if __name__ == "__main__":
    freeze(Path(sys.argv[1]))
