"""The engine, as Python sees it. Every call that works on bytes releases the GIL."""

from collections.abc import Sequence
from typing import Literal

from typing_extensions import Buffer

__version__: str

class CoreError(Exception):
    """Raised by the engine; `kind` is one of "corrupt", "limit", "plan", "input"."""

    kind: str

class Transform:
    """What is done to each event of a source; immutable, shared by all of its objects."""

    def __init__(self, program: bytes, tables: Sequence[tuple[bytes, Buffer]] = ()) -> None:
        """`program` and, of each table, header and data: docs/transform-program.md. Raises `CoreError` ("input") when something
        of it means nothing; the error says in which step or table."""

class SourceSettings:
    """How a source is to be read; immutable, shared by all of its objects."""

    def __init__(self, json: bytes, transform: Transform | None = None) -> None:
        """`json`: {"format": str | null, "source_type": str | null, "columns": [str], "time": [{"field": str | null, "regex":
        str | null, "format": str | null, "zone": str | null}], "time_fields": [str], "zone": str | null}; each may be left out.
        Raises `CoreError` ("input") when something of it means nothing."""

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
        settings: SourceSettings | None = None,
    ) -> None:
        """Starts a source object. Without settings all is found by content."""

    def begin_member(self, settings: SourceSettings | None = None) -> None:
        """What is fed from here on is a text of its own, as a member of an archive is; its events are of the same object."""

    def feed(self, data: Buffer) -> bool:
        """Takes the next bytes of the object as stored (compressed or not). True: the segment is full, call `take_segment`."""

    def end_object(self) -> bytes:
        """Ends the object. JSON: {"events", "raw_bytes", "format", "source_type", "compression", "unparsed_lines", "invalid_utf8",
        "duplicate_keys", "transform_errors", "discarded", "damage": null | {"offset": int, "reason": str}, "encoding" (utf-8,
        utf-16le, …), "time_sources": {"field": n, "format": n, "previous": n, "object": n, "zone_assumed": n (of all these),
        "year_inferred": n}}."""

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
    def group_times(self) -> list[tuple[int, int]]:
        """Earliest and latest event time of each row group, in ns; groups are in the segment's order, and may overlap."""

    @property
    def cached_bytes(self) -> int:
        """About what the reader holds in memory; grows while searches use it."""

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

class Merge:
    """Several segments of one index into one, without parsing. Asks for byte ranges and is fed; no I/O of its own. Not thread-safe.

    Events come out as they went in, with all that is known of them. After an error of `feed` the merge is of no more use.
    `CoreError` of kind "limit": the inputs are too much for one segment."""

    memory_bytes: int
    """About what is held for the output."""
    def __init__(self, *, index: str, page_bytes: int = 2097152, page_rows: int = 8192) -> None: ...
    def add(self, reader: SegmentReader, *, dead_objects: Sequence[int] = (), deletions: Sequence[bytes] = ()) -> None:
        """The next input; objects stand in the output in the order of the inputs. Events of dead objects are left out, and those
        that pass one of `deletions`: filters of plans (JSON), or {"filter": …, "since_ns": int | null, "until_ns": int | null}."""

    def needs(self) -> list[tuple[int, int, int]]:
        """The (number of the input, offset, length) ranges wanted now, in order; empty when all was read."""

    def feed(self, buffers: Sequence[Buffer]) -> None:
        """The bytes of the ranges last asked for, in the same order."""

    def finish(self) -> Segment | None:
        """The segment, once all was read; None when no event is left. `raw_bytes` add up, in proportion where events were left out."""

    def moved(self) -> list[tuple[int, list[int]]]:
        """Once all was read, of each input: the number in the output of its first object that is still there (the others follow
        it), and the numbers in the input of those that are not: dead ones, and ones that were given up half-way."""

    def deleted_events(self) -> int:
        """Events that `deletions` left out, those of dead objects not counted."""

class Grep:
    """A plan over raw source objects, one after the other, without a segment. Not thread-safe; one per worker."""

    def __init__(
        self,
        plan: bytes,
        *,
        wanted: Literal["count", "text", "plan"],
        limit: int | None = None,
        takes_binary: bool = False,
    ) -> None:
        """`wanted`: of what passes only the count, the records' own text, or what the plan asks for (rows or partials).
        `limit`: most events of one object; the plan's own limit and order are the caller's."""

    def begin_object(
        self,
        url: str,
        *,
        modified_ns: int,
        received_ns: int,
        settings: SourceSettings | None = None,
    ) -> None:
        """Starts a source object. Without settings all is found by content."""

    def begin_member(self, settings: SourceSettings | None = None) -> None:
        """What is fed from here on is a text of its own, as a member of an archive is; its events are of the same object."""

    def feed(self, data: Buffer) -> bool:
        """Takes the next bytes of the object as stored. True: no more of it is wanted, call `end_object`."""

    def settle(self) -> None:
        """Tells what has come so far as if no more came soon: for a pipe that is slower than its reader."""

    def end_object(self) -> bytes:
        """Ends the object. JSON: {"matched", "raw_bytes", "compression", "format" (empty: nothing in it could match, so it was not
        parsed), "events" (parsed), "is_binary" (left out), "damage": null | {"offset": int, "reason": str}}."""

    @property
    def matched(self) -> int:
        """Events of the object that passed so far."""

    def take_text(self) -> bytes:
        """The records found since the last call, one a line: as they stand, or as JSON when they have several lines there."""

    def take_rows(self) -> list[tuple[int, str, int, bytes]]:
        """Rows found since the last call, as `LeafSearch.take_rows`, in the order of the source."""

    def take_partials(self) -> list[bytes]:
        """Partials of the plan's aggregate since the last call; those of an object are complete when it has ended."""

class Decompressor:
    """The engine's reader of gzip and zstd, with its limits; what is neither passes through. For one stream."""

    def __init__(self) -> None: ...
    def feed(self, data: Buffer) -> bytes:
        """What the next bytes decode to: up to a thousand times as much, so feed little at once. Nothing after a damage."""

    def finish(self) -> bytes:
        """The end of the stream; what was still waiting."""

    @property
    def damage(self) -> tuple[int, str] | None:
        """Offset in the compressed bytes and reason, once decoding has stopped."""

class Expression:
    """A compiled scalar expression, as docs/search-plan.md has it. `CoreError` of kind "plan" says what is wrong with it."""

    def __init__(self, json: Buffer) -> None: ...
    def columns(self) -> list[str]:
        """The columns that it reads, each once, in the order of a row's values."""

    def patterns(self) -> list[bytes]:
        """The patterns over names of columns that it reads, as JSON; a row has the array of each one's values after its columns."""

    def evaluate(self, rows: Buffer) -> bytes:
        """`rows`: a JSON array of rows, each an array of the values of `columns`, then of `patterns`. JSON array of one value a row."""

class Regex:
    """A regular expression of the engine, for filters that run outside of it: linear time, within the engine's limits."""

    def __init__(self, pattern: str, ignore_case: bool = False) -> None: ...
    def finds(self, text: str) -> bool:
        """Whether it matches anywhere in the text."""

    def groups(self, text: str) -> list[str | None] | None:
        """The first match: its groups from 1 on, None for one that took no part. None when there is no match."""

    def names(self) -> list[str | None]:
        """The names of the groups from 1 on."""

class Patterns:
    """Templates of texts with their counts. Bounded; not for several threads at once."""

    def __init__(self) -> None: ...
    def push(self, texts: Buffer) -> None:
        """A JSON array of strings; null is no text."""

    def partial(self) -> bytes:
        """What was seen so far."""

    def merge(self, partial: Buffer) -> None:
        """Adds the `partial` of another."""

    def finish(self, limit: int) -> bytes:
        """JSON: {"rows": [[pattern, count, example], …], "notes": […]}, the most frequent first."""

class Fields:
    """What the fields of events hold, for one or two sets of events. Bounded; not for several threads at once."""

    def __init__(self) -> None: ...
    def push(self, events: Buffer, side: int = 0) -> None:
        """JSON objects, one on each line, for the set A (0) or B (1)."""

    def partial(self) -> bytes:
        """What was seen so far."""

    def merge(self, partial: Buffer) -> None:
        """Adds the `partial` of another."""

    def summary(self) -> bytes:
        """JSON: {"events": n, "rows": [[field, count, distinct, types, min, max, top], …], "notes": […]}; `top` is JSON text."""

    def delta(self, limit: int) -> bytes:
        """JSON: {"events": [a, b], "rows": [[field, value, count in A, count in B, score], …], "notes": […]}; a value null: missing."""

def scalar_functions() -> bytes:
    """The functions of expressions. JSON: [{"name", "family", "parameters": "text, start[, length]", "least", "most": int | null,
    "doc", "examples": [["math.abs(-1)", 1], …]}, …]. `most` null: any number."""

class RowAggregate:
    """The aggregate of a plan over rows that the caller has; its partial is like those of leaf parts. Thread-safe."""

    def __init__(self, plan: bytes) -> None: ...
    def columns(self) -> list[str]:
        """Names of the columns that `push` wants the values of."""

    def push(self, rows: Buffer) -> None:
        """Adds rows: a JSON array of arrays, each with a scalar (null, boolean, number, string) for each column."""

    def partial(self) -> bytes:
        """The aggregate so far."""

class DistinctSketch:
    """How many different strings; the bytes are those of an Apache DataSketches `hll_sketch(14, HLL_8)`."""

    error: float
    """Nineteen of twenty estimates are as near as this, relative to the truth."""

    def __init__(self) -> None: ...
    @staticmethod
    def load(data: Buffer) -> DistinctSketch: ...
    def update(self, items: Sequence[str]) -> None: ...
    def merge(self, other: DistinctSketch) -> None: ...
    def dump(self) -> bytes: ...
    def estimate(self) -> float: ...

class QuantilesSketch:
    """Which number stands at a rank; the bytes are those of an Apache DataSketches `kll_doubles_sketch(400)`."""

    error: float
    """Ninety-nine of a hundred answers are as near as this to the rank asked for."""

    def __init__(self) -> None: ...
    @staticmethod
    def load(data: Buffer) -> QuantilesSketch: ...
    def update(self, numbers: Sequence[float]) -> None: ...
    def merge(self, other: QuantilesSketch) -> None: ...
    def dump(self) -> bytes: ...
    def quantile(self, rank: float) -> float | None: ...

class FrequentSketch:
    """Which strings are frequent; the bytes are those of an Apache DataSketches `frequent_strings_sketch(12)`."""

    def __init__(self) -> None: ...
    @staticmethod
    def load(data: Buffer) -> FrequentSketch: ...
    def update(self, items: Sequence[str]) -> None: ...
    def merge(self, other: FrequentSketch) -> None: ...
    def dump(self) -> bytes: ...
    def items(self) -> list[tuple[str, int, int]]:
        """Strings with the least and the most that their counts can be, most frequent first."""

    def error(self) -> int:
        """No count is farther off than this."""

def check_plan(plan: Buffer) -> None:
    """Raises what a search with this plan would raise before its first read: an unknown key, a regular expression that is none."""

def merge_partials(plan: bytes, partials: Sequence[bytes]) -> bytes:
    """Several partials of one plan in one; none gives the partial of no event. The order does not matter."""

def finish_partial(plan: bytes, partial: bytes, limit: int | None = None) -> bytes:
    """JSON: {"rows": [[by values…, function values…, row count], …], "notes": [text, …]}, most frequent group first, at most `limit`
    rows; numbers are JSON numbers. A note says where the answer is approximate, and its bound."""

def rank_partial(plan: bytes, partial: bytes, part: int, limit: int, least_first: bool) -> bytes:
    """As `finish_partial`, for groups that have all by values. Those with the same first `part` by values are a part; of each part
    the `limit` most (or least) frequent groups, equal ones by their values, part by part in the order of their values. Rows are
    [by values…, function values…, rows of the part, row count]."""

def aggregate_names() -> list[str]:
    """Names of the functions that a plan's aggregate may ask for."""

def formats() -> bytes:
    """JSON: [{"name", "sign" (what gives it away), "time_fields": [str]}] of all formats, in the order in which they are tried."""

def segment_address(tail: Buffer) -> tuple[bytes | None, int, int]:
    """The address in the last bytes of a segment file, and (offset, length) of the frame that lists its objects.

    A tail that is too short gives (None, bytes needed, 0): read so many from the end and ask again. `CoreError` of kind
    "corrupt" when this is no end of a segment."""

def segment_summary(address: Buffer, objects: Buffer) -> bytes:
    """What `Segment.summary` said, and "index", the index's name; from the address and the objects frame that
    `segment_address` pointed to."""

def search_outlook(search: LeafSearch) -> bytes:
    """JSON: what the search would cost from here on, told without reading a value: {"terms": [{"term", "pages": int | null}, …],
    "pages_in_time", "pages_left", "groups_left", "is_direct", "pages_known", "filter": {"requests", "bytes"}, "first_filter",
    "output"}. Feed the search what it needs of the term index, then (unless "is_direct") the schema and the directories; `filter`
    and `output` (at most: when every row passes) are of the pages whose directories are known."""

def index_terms(plan: Buffer) -> list[str]:
    """The tokens that the plan's filter asks the term index for; empty: the index cannot help."""

def schema_range(reader: SegmentReader) -> tuple[int, int]:
    """(offset, length) of the frame that `segment_fields` wants."""

def segment_fields(reader: SegmentReader, frame: Buffer | None = None) -> tuple[list[tuple[str, bool]], bool] | None:
    """The paths of a segment, with `[]` for array positions, each with whether others are below it; and whether these are all
    (a megabyte of names at most). None: the reader does not know its schema yet, and no frame is given. The reader keeps it."""

def directory_range(reader: SegmentReader, group: int) -> tuple[int, int] | None:
    """(offset, length) of the frame that `group_fields` wants; None when there is no such row group."""

def group_fields(reader: SegmentReader, group: int, frame: Buffer) -> tuple[list[tuple[str, str, int]], int]:
    """Of each field in a row group: path, kind ("text", "number", "boolean"), number of values; and the rows of the group."""
