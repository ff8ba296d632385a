"""The engine, as Python sees it. Every call that works on bytes releases the GIL."""

from collections.abc import Sequence

from typing_extensions import Buffer

__version__: str

class CoreError(Exception):
    """Raised by the engine; `kind` is one of "corrupt", "limit", "plan", "input"."""

    kind: str

class Builder:
    """Turns source objects into segments. Holds one segment in memory; not thread-safe; one per worker."""

    def __init__(
        self, *, index: str, segment_bytes: int = ..., page_bytes: int = ..., page_rows: int = ...
    ) -> None: ...
    def begin_object(
        self,
        url: str,
        *,
        modified_ns: int,
        received_ns: int,
        format: str | None = None,
        time_fields: Sequence[str] = (),
    ) -> None:
        """Starts a source object. `format` None means: found by content."""

    def feed(self, data: Buffer) -> bool:
        """Takes the next bytes of the object as stored (compressed or not). True: the segment is full, call `take_segment`."""

    def end_object(self) -> bytes:
        """Ends the object. JSON: {"events", "raw_bytes", "format", "compression", "unparsed_lines", "invalid_utf8", "duplicate_keys",
        "damage": null | {"offset": int, "reason": str}, "time_sources": {"field": n, "previous": n, "object": n}}."""

    def abort_object(self) -> None:
        """Drops what the object has put into the segment in memory, as if it had never begun."""

    def take_segment(self) -> Segment | None:
        """Closes the segment in memory and starts the next; None when it holds no event. May be called in the middle of an object."""

    @property
    def raw_bytes(self) -> int:
        """Uncompressed bytes that the segment in memory came from."""

class Segment:
    """A finished segment."""

    @property
    def data(self) -> bytes:
        """The file's bytes."""

    @property
    def address(self) -> bytes:
        """What a reader must know to open it without a read of its own; a few kB, kept in the catalog."""

    @property
    def summary(self) -> bytes:
        """JSON: {"events", "raw_bytes", "pages", "min_time_ns", "max_time_ns", "objects": [{"url", "events"}, …]}; an object's
        place in the list is its number in `dead_objects`."""

class SegmentReader:
    """What is known of one segment; shared by searches and threads, and caches what it has learned (schema, directories)."""

    def __init__(self, address: bytes, name: str) -> None:
        """`name` is used in errors only."""

    @property
    def groups(self) -> int:
        """Number of row groups; a search can be given a range of them."""

    @property
    def cached_bytes(self) -> int: ...

class LeafSearch:
    """The leaf part of one plan over one segment. Asks for byte ranges and is fed; no I/O of its own."""

    def __init__(
        self,
        plan: bytes,
        reader: SegmentReader,
        *,
        dead_objects: Sequence[int] = (),
        groups: tuple[int, int] | None = None,
    ) -> None: ...
    def needs(self) -> list[tuple[int, int]]:
        """The (offset, length) ranges wanted now, in order; empty when done."""

    def feed(self, buffers: Sequence[Buffer]) -> None:
        """The bytes of the ranges last asked for, in the same order."""

    def narrow(self, floor_ns: int) -> None:
        """Rows strictly older (newest first; strictly newer otherwise) than this are no longer wanted."""

    def take_rows(self) -> list[tuple[int, str, int, bytes]]:
        """Rows found since the last call: event time in ns, object URL, record number, the row as JSON. In the plan's order."""

    def partial(self) -> bytes:
        """The aggregate so far."""

    def cost(self) -> dict[str, int]:
        """Counts: pages, pages_read, groups, groups_read, events_scanned, events_matched, rounds, requests, bytes."""

    def explain(self) -> bytes:
        """JSON: what the index said: terms looked up and pages left."""

def merge_partials(plan: bytes, partials: Sequence[bytes]) -> bytes: ...
def finish_partial(plan: bytes, partial: bytes) -> bytes:
    """JSON: {"rows": [[by values…, function values…, row count], …]}; numbers are JSON numbers, exact."""

def aggregate_names() -> list[str]: ...
def format_names() -> list[str]: ...
