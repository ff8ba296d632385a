"""One indexing worker: objects in, committed segments out.

A source object is either wholly in the lake or not at all. So a segment taken in the middle of an object waits, written
but not committed, until the object ends; and one commit makes the waiting segments visible together with the record of
every object in them. A worker that is killed loses what it had not committed: the files are orphans, the next run does
the objects again.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from lakebed import config
from lakebed.catalog.changes import Changes
from lakebed.catalog.describe import describe_segment, read_summary
from lakebed.catalog.entries import Damage, Flaws, NewSegment, SourceRecord, segment_key, source_digest, source_version
from lakebed.errors import LakebedError, LimitError, StorageError, TransientStorageError
from lakebed.ingest.memory import resident_bytes
from lakebed.ingest.opening.front import Opening
from lakebed.ingest.settings import SourceSettings
from lakebed.ingest.totals import Counter, ObjectReport, opened_report
from lakebed.native import Builder, EngineSettings, engine_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typing_extensions import Buffer

    from lakebed.catalog.catalog import Catalog
    from lakebed.ingest.discover import SourceObject
    from lakebed.storage.store import Store

OBJECT_ATTEMPTS = 3
"""Times that an object is read from its start when its store fails in between; requests are retried below that."""

SETTINGS_KEPT = 1000
"""Settings of members that are kept compiled: one for each channel of Windows in an object, some hundred."""


@dataclass(frozen=True)
class IndexSettings:
    """What all workers of a run share."""

    index: str
    source: SourceSettings = field(default_factory=SourceSettings)
    segment_bytes: int = config.SEGMENT_BYTES
    commit_seconds: float = config.COMMIT_SECONDS


@dataclass
class _Object:
    """An object that is being read, or was read and waits for its commit."""

    source: SourceObject
    seen: bytes | None
    parts: list[tuple[str, int]] = field(default_factory=list)
    report: ObjectReport | None = None


@dataclass(frozen=True)
class Known:
    """The version of an object that the lake had when its bytes were read; None: it had none."""

    version: bytes | None


@dataclass(frozen=True)
class IndexedObject:
    """An object that was read to its end, and what became of it."""

    source: SourceObject
    report: ObjectReport


@dataclass(frozen=True)
class Ready:
    """Objects whose segments are written, and the changes that make them visible when they are committed."""

    changes: Changes
    objects: tuple[IndexedObject, ...]


class Stopped(Exception):  # noqa: N818 - a signal between threads of a run, not an error
    """The run was cancelled."""


class IndexWorker:
    """Owns one builder. Used by one thread.

    `hand_over` gets what is ready to be committed, and is responsible for it from then on; without it the worker
    commits by itself. `failed` is told of each object that cannot be read; nothing of it will be committed. So every
    object comes to one end: in a `Ready`, in a `failed`, or in the exception that `index` or `finish` raises.
    """

    def __init__(
        self,
        store: Store,
        catalog: Catalog,
        settings: IndexSettings,
        counter: Counter,
        *,
        hand_over: Callable[[Ready], None] | None = None,
        failed: Callable[[SourceObject, LakebedError], None] = lambda _object, _error: None,
        is_stopped: Callable[[], bool] = lambda: False,
        clock_ns: Callable[[], int] = time.time_ns,
        resident_bytes: Callable[[], int] = resident_bytes,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._settings = settings
        self._counter = counter
        self._hand_over = hand_over or self._commit_at_once
        self._tell_failed = failed
        self._is_stopped = is_stopped
        self._clock_ns = clock_ns
        self._resident_bytes = resident_bytes
        self._monotonic = monotonic
        self._source_settings = settings.source.for_engine()
        self._compiled_settings: dict[SourceSettings, EngineSettings] = {}
        self._builder = Builder(index=settings.index, segment_bytes=settings.segment_bytes)
        self._segments: list[NewSegment] = []
        self._finished: dict[str, _Object] = {}
        self._committed_at = self._oldest_at = monotonic()

    def holds(self, url: str) -> bool:
        """Whether an object of this address waits for its commit; `index` would take a second one for the same."""
        return url in self._finished

    def index(self, source: SourceObject, known: Known | None = None) -> None:
        """Indexes one object; commits when it is time to. An object that cannot be read is counted as failed.

        `known` is what the lake had before the object was read, for those who read it earlier; without it the worker
        looks. Raises `StorageError` when the lake cannot be written, and `Stopped`.
        """
        if source.url in self._finished:
            self._counter.unchanged(source.info.size_bytes)
            return
        for attempt in range(OBJECT_ATTEMPTS):
            seen = known.version if known else self._catalog.known_version(self._settings.index, source.url)
            current = _Object(source, seen)
            try:
                self._read(current)
                break
            except _LakeError as error:
                raise error.cause from error
            except TransientStorageError as error:
                self._abort(current)
                if attempt == OBJECT_ATTEMPTS - 1:
                    self._fail(source, error)
                    return
            except LakebedError as error:
                self._abort(current)
                self._fail(source, error)
                if self._is_overdue():
                    self.finish()
                return
            except BaseException:
                self._abort(current)
                raise
        self._finished[source.url] = current
        self._commit_if_due(current)

    def finish(self) -> None:
        """Commits what is left, or hands it over."""
        self._take(None)
        self._commit()

    def _fail(self, source: SourceObject, error: LakebedError) -> None:
        self._counter.failed(source.url, str(error))
        self._tell_failed(source, error)

    def _read(self, current: _Object) -> None:
        source, builder = current.source, self._builder
        opening = Opening(self._stream(source), self._settings.source)
        with engine_errors(source.url):
            builder.begin_object(
                source.url,
                modified_ns=source.info.modified_ns,
                received_ns=self._clock_ns(),
                settings=self._source_settings,
            )
            with contextlib.closing(opening.members()) as members:
                for number, member in enumerate(members):
                    if number or member.settings is not None:
                        builder.begin_member(self._compiled(member.settings))
                    for chunk in member.chunks:
                        self._feed(current, chunk)
            report = msgspec.json.decode(builder.end_object(), type=ObjectReport)
        self._check_time(source)
        current.report = opened_report(report, opening.findings)
        self._counter.ended(source.url, current.report)

    def _stream(self, source: SourceObject) -> Iterator[Buffer]:
        for chunk in source.store.stream(source.info, config.STREAM_CHUNK_BYTES):
            if self._is_stopped():
                raise Stopped
            self._counter.read(len(memoryview(chunk)))
            yield chunk

    def _feed(self, current: _Object, chunk: Buffer) -> None:
        if self._is_stopped():
            raise Stopped
        is_full = self._builder.feed(chunk)
        # A little over is better than a cut through an object, which makes a small segment of its rest.
        self._check_time(current.source)
        overshoot = self._settings.segment_bytes + self._settings.segment_bytes // 4
        if (is_full and self._builder.raw_bytes >= overshoot) or self._is_memory_short(config.INGEST_URGENT_BYTES):
            self._take_in_the_middle(current)

    def _is_overdue(self) -> bool:
        """Whether a segment waits for its commit for so long that it may soon be taken for garbage."""
        return bool(self._segments) and self._monotonic() - self._oldest_at > config.UNCOMMITTED_MAX_S

    def _check_time(self, source: SourceObject) -> None:
        if self._is_overdue():
            hours = config.UNCOMMITTED_MAX_S // 3600
            raise LimitError(f"'{source.url}' was not read within {hours} hours (limit UNCOMMITTED_MAX_S)")

    def _compiled(self, settings: SourceSettings | None) -> EngineSettings:
        """The engine's settings; archives have many members that are read alike."""
        if settings is None:
            return self._source_settings
        if len(self._compiled_settings) >= SETTINGS_KEPT:
            self._compiled_settings.clear()
        if settings not in self._compiled_settings:
            self._compiled_settings[settings] = settings.for_engine()
        return self._compiled_settings[settings]

    def _is_memory_short(self, limit_bytes: int) -> bool:
        return self._builder.raw_bytes >= config.SEGMENT_BYTES_MIN and self._resident_bytes() > limit_bytes

    def _abort(self, current: _Object) -> None:
        """As if the object had never begun: out of memory, and dead in segments that were written meanwhile."""
        self._builder.abort_object()
        dead = dict(current.parts)
        for place, segment in enumerate(self._segments):
            if segment.key in dead:
                numbers = tuple(sorted({*segment.dead, dead[segment.key]}))
                self._segments[place] = msgspec.structs.replace(segment, dead=numbers)

    def _take_in_the_middle(self, current: _Object) -> None:
        try:
            self._take(current)
        except StorageError as error:
            raise _LakeError(error) from error

    def _take(self, current: _Object | None) -> None:
        """Closes the segment in memory and writes it. `current` is the object that is in the middle of it."""
        with engine_errors(self._settings.index):
            segment = self._builder.take_segment()
        if segment is None:
            return
        summary = read_summary(segment.summary)
        created = time.strftime("%Y%m%dT%H%M%S", time.gmtime(self._clock_ns() // 1_000_000_000))
        key = segment_key(self._settings.index, created, secrets.randbits(64))
        data, address = segment.data, segment.address
        del segment  # it holds the file's bytes too
        if not self._segments:
            self._oldest_at = self._monotonic()
        try:
            self._store.put(key, data)
        except StorageError:
            self._remove_uncommitted()
            raise
        dead: list[int] = []
        for number, known in enumerate(summary.objects):
            owner = current if current and current.source.url == known.url else self._finished.get(known.url)
            if owner is None:
                dead.append(number)  # an object that was aborted keeps its place in the list
            else:
                owner.parts.append((key, number))
        self._segments.append(describe_segment(key, len(data), address, summary, tuple(dead)))

    def _remove_uncommitted(self) -> None:
        """Removes segments that no commit will name, since a full disk has no room for what nobody can see.

        Not when a commit failed: it may have gone through although its answer says otherwise.
        """
        for segment in self._segments:
            with contextlib.suppress(StorageError):
                self._store.delete(segment.key)
        self._segments = []
        self._finished = {}

    def _commit_if_due(self, last: _Object) -> None:
        """An object that was cut is committed with its rest at its end: else a cut could wait for the next for ever."""
        is_full = self._builder.raw_bytes >= self._settings.segment_bytes
        is_full = is_full or self._is_memory_short(config.INGEST_EARLY_BYTES)
        is_late = self._monotonic() - self._committed_at >= self._settings.commit_seconds
        if last.parts or is_full or is_late or len(self._finished) >= config.PENDING_OBJECTS_MAX:
            self.finish()

    def _commit(self) -> None:
        self._committed_at = self._monotonic()
        if not self._segments and not self._finished:
            return
        done = list(self._finished.values())
        records = [_record(self._settings.index, one) for one in done]
        seen = {source_digest(self._settings.index, one.source.url): one.seen for one in done if one.seen}
        changes = Changes("index", self._segments, records, seen)
        objects = tuple(IndexedObject(one.source, one.report) for one in done if one.report is not None)
        self._hand_over(Ready(changes, objects))
        self._segments = []
        self._finished = {}

    def _commit_at_once(self, ready: Ready) -> None:
        outcome = self._catalog.commit(ready.changes)
        added = outcome.commit.add if outcome.commit else ()
        self._counter.committed(
            recorded=outcome.recorded,
            replaced=outcome.replaced,
            duplicates=outcome.duplicates,
            segments=len(added),
            lake_bytes=sum(segment.size_bytes for segment in added),
        )


class _LakeError(Exception):
    """Carries a failure to write the lake past the handlers for failures to read a source."""

    def __init__(self, cause: StorageError) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _record(index: str, one: _Object) -> SourceRecord:
    report, info = one.report, one.source.info
    assert report is not None, "an object waits for its commit only when it was read to its end"
    damage = Damage(report.damage.offset, report.damage.reason) if report.damage else None
    return SourceRecord(
        index,
        one.source.url,
        info.size_bytes,
        info.modified_ns,
        source_version(info.size_bytes, info.modified_ns, info.etag),
        report.events,
        tuple(one.parts),
        damage,
        Flaws(report.unparsed_lines, report.invalid_utf8, report.skipped_members, report.transform_errors),
        report.discarded,
    )
