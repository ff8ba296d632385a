"""Labels reach every event, and take nothing away but what calls itself by their name."""

from __future__ import annotations

import json

import pytest

from lakebed.errors import UsageError
from lakebed.ingest.parsed import ParsedObject
from lakebed.ingest.settings import SourceSettings
from lakebed.transform import limits
from lakebed.transform.load import load_transform

LABELS = {"env": "prod", "team.name": "blue"}
ADDED = {"env": "prod", "team": {"name": "blue"}}


def labelled(text: str, *transforms: str) -> tuple[list[object], int]:
    """The events, and how many of them could not be transformed."""
    settings = SourceSettings(transform=load_transform(*transforms, labels=LABELS))
    parsed = ParsedObject("file:///a", [text.encode()], settings, modified_ns=0)
    events = [json.loads(event.json) for event in parsed]
    return events, parsed.report.transform_errors


@pytest.mark.parametrize(
    ("event", "labels"),
    [
        ('{"a": 1}', ADDED),
        ('{"a": 1, "labels": {"k": "v"}}', {"k": "v", **ADDED}),
        (
            '{"a": 1, "labels": {"env": "forged", "team": {"lead": "eve"}}}',
            {"env": "prod", "team": {"lead": "eve", "name": "blue"}},
        ),
        ('{"a": 1, "labels": "bug"}', {"value": "bug", **ADDED}),
        ('{"a": 1, "labels": ["bug", "ui"]}', {"value": ["bug", "ui"], **ADDED}),
        ('{"a": 1, "labels": [{"name": "bug"}]}', {"value": [{"name": "bug"}], **ADDED}),
        ('{"a": 1, "labels": []}', {"value": [], **ADDED}),
        ('{"a": 1, "labels": {}}', {"value": {}, **ADDED}),
        ('{"a": 1, "labels": null}', {"value": None, **ADDED}),
    ],
)
def test_every_event_has_them(event: str, labels: object) -> None:
    assert labelled(event) == ([{"a": 1, "labels": labels}], 0)


def test_text_has_them_too() -> None:
    assert labelled("hello\n") == ([{"message": "hello", "labels": ADDED}], 0)


def test_they_come_after_the_transforms(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("t") / "t.toml"
    path.write_text("[[step]]\nsplit = 'items'\nlift = true\n[[step]]\ndrop = 'labels'\n")
    found = labelled('{"labels": "x", "items": [{"n": 1}, {"n": 2}]}', str(path))
    assert found == ([{"n": 1, "labels": ADDED}, {"n": 2, "labels": ADDED}], 0)


def test_an_event_that_cannot_be_transformed_has_none(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("t") / "t.toml"
    path.write_text("[[step]]\nparse_json = 'log'\n")
    assert labelled('{"log": "no json"}', str(path)) == ([{"log": "no json"}], 1)


def test_limits(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("t") / "t.toml"
    names = ", ".join(f"a{place} = 'b{place}'" for place in range(limits.ENGINE_STEPS_MAX - 1))
    path.write_text(f"[[step]]\nrename = {{ {names} }}\n")
    load_transform(path)
    with pytest.raises(UsageError) as caught:
        load_transform(path, labels=LABELS)
    assert str(caught.value) == "the transforms have more than 1,000 steps with the labels"
    with pytest.raises(UsageError) as caught:
        load_transform(labels={})
    assert str(caught.value) == "wanted the name of a transform, found none"
