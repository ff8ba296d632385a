"""Random queries over hundreds of random events: the engine answers what the oracle does, however events are stored."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lakebed.errors import QueryError
from lakebed.query.compile import compile_query
from tests import engine, oracle
from tests.canonical import canonical
from tests.corpus import METADATA, Corpus
from tests.qtest import Case, Configuration, Options, answer_of, read_configurations

if TYPE_CHECKING:
    import random
    from pathlib import Path

QUERIES = 200
CORPORA = 3

FIFTY = engine.Layout(50, (("page_bytes", 512), ("page_rows", 8)))
CONFIGURATIONS = [
    *(c for c in read_configurations() if c.runner != "oracle" and not c.in_processes),
    Configuration("fifty_events", "engine", layout=FIFTY),
]


@pytest.mark.parametrize("size", [5, 40, 300])
def test_random_corpora(rng: random.Random, size: int) -> None:
    for _ in range(CORPORA):
        assert_agreement(Corpus.made_up(rng, size))


@pytest.mark.real_data
@pytest.mark.parametrize("pattern", ["cloudtrail-invictus/*.json", "panther-tests/*.ndjson"])
def test_real_events(rng: random.Random, sample_logs: Path, pattern: str) -> None:
    paths = sorted(sample_logs.glob(pattern))
    lines: list[str] = []
    for path in rng.sample(paths, min(8, len(paths))):
        lines += read_lines(path)
    corpus = Corpus.of(rng, tuple(rng.sample(lines, min(100, len(lines)))), METADATA)
    assert_agreement(corpus)


def read_lines(path: Path) -> list[str]:
    text = path.read_text()
    if path.suffix == ".json":
        return [json.dumps(record) for record in json.loads(text)["Records"]]
    return [line for line in text.splitlines() if line]


def assert_agreement(corpus: Corpus) -> None:
    """Many queries over one corpus, each under a configuration drawn for it."""
    engine.require_core()
    for _ in range(QUERIES):
        case = random_case(corpus)
        if not is_possible(case):
            continue
        expected = canonical(oracle.run(case.query, corpus.events, **case.options))
        configuration = corpus.rng.choice(CONFIGURATIONS)
        answered = canonical(answer_of(case, configuration))
        assert answered == expected, f"{case.query!r} {case.options} under {configuration}"


def random_case(corpus: Corpus) -> Case:
    options: Options = {"newest_first": corpus.rng.random() < 0.5}
    if corpus.rng.random() < 0.2:
        options["limit"] = corpus.rng.randrange(1, 9)
    return Case("random", 0, corpus.lines, corpus.query(), options)


def is_possible(case: Case) -> bool:
    """False when the query names one column twice in its answer."""
    try:
        compile_query(case.query, **case.options)
    except QueryError as error:
        if "comes twice" not in error.message:
            raise
        return False
    return True
