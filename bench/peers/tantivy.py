"""tantivy: a JSON field with positions, the event stored, as a log search built on it would have."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import orjson
import tantivy
from isal import igzip

from bench.measure import Report, folder_bytes, run_side

if TYPE_CHECKING:
    from pathlib import Path

    from bench.corpus import Truth

WRITER_BYTES = 500_000_000
THREADS = 2


def run(report: Report, corpus: Path, truth: Truth, work: Path) -> None:
    """Adds every event, then asks."""
    report.version = tantivy.__version__.removeprefix("tantivy v").partition(",")[0]
    folder = work / "tantivy"
    folder.mkdir(parents=True)
    schema = tantivy.SchemaBuilder()
    schema.add_json_field("e", stored=True, tokenizer_name="default", index_option="position")
    index = tantivy.Index(schema.build(), path=str(folder))

    def ingest() -> None:
        writer = index.writer(WRITER_BYTES, THREADS)
        for path in sorted(corpus.glob("*.gz")):
            for event in orjson.loads(igzip.decompress(path.read_bytes()))["Records"]:
                document = tantivy.Document()
                document.add_json("e", event)
                writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()

    report.once("ingest", ingest)
    report.facts["size_bytes"] = folder_bytes(folder)
    index.reload()
    searcher = index.searcher()

    def count(query: tantivy.Query) -> int:
        return int(searcher.search(query, 100, count=True).count)

    for name, text in {
        "needle": f"e.userIdentity.accessKeyId:{truth.key}",
        "absent": f"e.userIdentity.accessKeyId:{truth.absent}",
        "field": f'e.sourceIPAddress:"{truth.address}"',
    }.items():
        query = index.parse_query(text, ["e"])
        report.warm(name, partial(count, query))


if __name__ == "__main__":
    run_side("tantivy", run)
