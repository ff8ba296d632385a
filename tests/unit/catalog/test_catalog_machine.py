"""Any sequence of commits by several handles, with failures, refreshes and reopening, against a plain model."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from lakebed import config
from lakebed.catalog.catalog import Catalog
from lakebed.catalog.changes import Changes
from lakebed.catalog.entries import SourceRecord, source_version
from lakebed.errors import StorageError
from lakebed.storage.faults import FaultRates, FaultStore
from lakebed.storage.local import LocalStore
from tests.lakes import SECOND, segment, source

HANDLES = 3
Model = dict[str, tuple[int, frozenset[tuple[str, int]]]]
URLS = [f"u{number}" for number in range(6)]


class CatalogMachine(RuleBasedStateMachine):
    """`model` has for each object its version and the (segment, number) parts that hold it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="lakebed-catalog-")
        self.store = LocalStore(Path(self.folder.name))
        self.model: Model = {}
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(config, "CHECKPOINT_COMMITS", 3)
        self.seed = 0

    def teardown(self) -> None:
        self.patch.undo()
        self.folder.cleanup()

    @initialize()
    def create(self) -> None:
        Catalog(self.store).open_for_writing()
        self.handles = [self.open() for _ in range(HANDLES)]

    def open(self) -> Catalog:
        """A handle whose requests fail now and then, with or without having done their work."""
        self.seed += 1
        rates = FaultRates(throttled=0.05, lost_answer=0.15)
        faulty = FaultStore(self.store, FaultRates(), self.seed)
        catalog = Catalog(faulty, sleep=lambda _: None)
        faulty._rates = rates
        return catalog

    @rule(
        handle=st.integers(0, HANDLES - 1),
        objects=st.lists(st.tuples(st.sampled_from(URLS), st.integers(1, 4)), min_size=1, max_size=4),
        spans=st.booleans(),
    )
    def index(self, handle: int, objects: list[tuple[str, int]], spans: bool) -> None:
        """Objects in one segment, or each in two."""
        segments = [segment(len(objects)) for _ in range(2 if spans else 1)]
        records = [
            source(url, tuple((one.key, place) for one in segments), version=version)
            for place, (url, version) in enumerate(objects)
        ]
        before = dict(self.model)
        try:
            self.handles[handle].commit(Changes("index", segments, records))
        except StorageError:
            self.resolve(before, records)
            return
        self.expect(records)

    def expect(self, records: list[SourceRecord]) -> None:
        for record in records:
            version = record.modified_ns // SECOND
            known = self.model.get(record.url)
            if known is None or version > known[0]:
                self.model[record.url] = (version, frozenset(record.parts))

    def resolve(self, before: Model, records: list[SourceRecord]) -> None:
        """After an error the commit was made as a whole or not at all."""
        found = self.live(Catalog(self.store))
        self.expect(records)
        if found != self.expected():
            self.model = before

    @rule(handle=st.integers(0, HANDLES - 1))
    def refresh(self, handle: int) -> None:
        try:
            self.handles[handle].refresh()
        except StorageError:
            return

    @rule(handle=st.integers(0, HANDLES - 1))
    def reopen(self, handle: int) -> None:
        self.handles[handle] = self.open()

    def expected(self) -> set[tuple[str, int]]:
        return {part for _, parts in self.model.values() for part in parts}

    def live(self, catalog: Catalog) -> set[tuple[str, int]]:
        return {
            (entry.key, number)
            for entry in catalog.snapshot.entries()
            for number in range(entry.objects)
            if number not in entry.dead
        }

    @invariant()
    def a_fresh_reader_sees_the_model(self) -> None:
        if not hasattr(self, "handles"):
            return
        catalog = Catalog(self.store)
        assert self.live(catalog) == self.expected()
        for url in URLS:
            known = self.model.get(url)
            for version in range(1, 5):
                is_indexed = catalog.is_indexed("web", url, source_version(100, version * SECOND, None))
                assert is_indexed == (known is not None and known[0] == version)


TestCatalogMachine = CatalogMachine.TestCase
TestCatalogMachine.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
