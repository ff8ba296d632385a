"""The made-up logs of the benchmark are what they are called, and the same in every run."""

from __future__ import annotations

import itertools
import shutil
from typing import TYPE_CHECKING

import pytest

from bench.formats import build, make
from bench.indexing import RUNS, evtx_file, index_file, run
from bench.log_texts import ENVELOPES, FORMATS, events_in, in_envelopes
from bench.measure import Report
from tests.unit.test_bench_table import TRUTH

if TYPE_CHECKING:
    from pathlib import Path

SIZE = 60_000


@pytest.mark.parametrize("name", FORMATS)
def test_each_text_is_of_its_format(name: str) -> None:
    format_name, lines = FORMATS[name]
    text = make(lines(), SIZE)
    assert text == make(lines(), SIZE)
    assert len(text) >= SIZE
    headings = {"zeek": 7, "csv": 1, "w3c": 2, "vpcflow": 1}
    assert build(text, format_name) == text.count(b"\n") - headings.get(name, 0)


@pytest.mark.parametrize("name", ENVELOPES)
def test_envelopes_hold_the_same_events(name: str) -> None:
    envelope = ENVELOPES[name]
    events = list(itertools.islice(events_in(envelope), 2_500))
    wrapped = "".join(in_envelopes(envelope, iter(events))).encode()
    assert wrapped.count(b"\n") == 3
    assert build(wrapped, "json") - len(events) == (3 if name == "Kubernetes" else 0)


def test_what_is_measured_has_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bench.indexing.TEXT_BYTES", SIZE)
    monkeypatch.setenv("LAKEBED_TEST_DATA", "")
    report = Report("indexing")
    run(report, tmp_path, TRUTH, tmp_path)
    kinds = [f"index {name}, {form}" for name in ENVELOPES for form in ("lines", "envelopes")]
    assert list(report.timings) == ["gunzip + json.loads", *(f"index {name}" for name in FORMATS), *kinds]
    assert all(timing["runs"] >= RUNS for timing in report.timings.values())
    assert "indexing   index vpcflow" in capsys.readouterr().err


@pytest.mark.real_data
def test_evtx_is_full_of_real_records(sample_logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.indexing.EVTX_BYTES", 3 * 65_536)
    some = sorted((sample_logs / "sigma-regression").rglob("*.evtx"))[:3]
    for sample in some:
        shutil.copy(sample, tmp_path)
    monkeypatch.setenv("LAKEBED_TEST_DATA", str(tmp_path))
    path = evtx_file(tmp_path)
    assert path is not None
    assert path.stat().st_size == 4096 + 3 * 65_536
    assert index_file(path, 1) > 30
