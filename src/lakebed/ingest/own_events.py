"""Events that Lakebed makes itself, of what was done to a lake: a small segment, for the commit that does it.

They stand in no source object; the URL `lakebed:NAME` tells where they are from.
"""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

import msgspec

from lakebed import config
from lakebed.catalog.describe import describe_segment, read_summary
from lakebed.catalog.entries import segment_key
from lakebed.ingest.settings import SourceSettings
from lakebed.native import Builder, engine_errors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lakebed.catalog.entries import NewSegment
    from lakebed.storage.store import Store

TIME_FIELD = "time"


def write_own_events(
    store: Store, index: str, name: str, events: Sequence[Mapping[str, object]], time_ns: int
) -> NewSegment:
    """Writes the segment; a commit must add it. Each event has its time as RFC 3339 text in `time`.

    Raises `StorageError`.
    """
    assert events, "a segment without events cannot be made"
    builder = Builder(index=index, segment_bytes=config.SEGMENT_BYTES)
    settings = SourceSettings(format="json", source_type="lakebed", time_fields=(TIME_FIELD,)).for_engine()
    with engine_errors(name):
        builder.begin_object(f"lakebed:{name}", modified_ns=time_ns, received_ns=time_ns, settings=settings)
        builder.feed(msgspec.json.Encoder().encode_lines(list(events)))
        builder.end_object()
        segment = builder.take_segment()
    assert segment is not None, "there are events"
    created = time.strftime("%Y%m%dT%H%M%S", time.gmtime(time_ns // 1_000_000_000))
    key = segment_key(index, created, secrets.randbits(64))
    store.put(key, segment.data)
    return describe_segment(key, len(segment.data), segment.address, read_summary(segment.summary))
