"""Freezes a sample of the catalog: run once when its files change, never to make a test pass.

A lake of three commits, with damaged objects before and after its checkpoint.

usage: python -m tests.frozen.freeze_catalog tests/frozen/catalog_v2
"""

from __future__ import annotations

import sys
from pathlib import Path

from lakebed.catalog.catalog import Catalog
from lakebed.catalog.changes import Changes
from lakebed.catalog.checkpoint import write_checkpoint
from lakebed.catalog.entries import Damage
from lakebed.storage.local import LocalStore
from tests.lakes import segment, source


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


if __name__ == "__main__":
    freeze(Path(sys.argv[1]))
