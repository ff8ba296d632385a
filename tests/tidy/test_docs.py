"""Docs stay in step with the code: what they name exists, and what exists is named."""

from __future__ import annotations

import re
import tomllib

from tests.tidy.sources import ROOT, files, relative

LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]+)(?:#[^)]*)?\)")
CODE_PATH = re.compile(r"`((?:src|crates|tests|docs|bench|demo|fuzz|scripts)(?:/[\w.*<>-]+)*/?)`")


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{relative(path)}: {target}"
        for path in files(".md")
        for target in LINK.findall(path.read_text())
        if not (path.parent / target).exists()
    ]
    assert broken == []


def test_places_named_in_architecture_exist() -> None:
    named = CODE_PATH.findall((ROOT / "ARCHITECTURE.md").read_text())
    assert named, "ARCHITECTURE.md names no place in the code"
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_module_is_named_in_architecture() -> None:
    """One level deep: a folder or file directly below the engine's or the package's root."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    quiet = {"lib.rs", "__init__.py", "py.typed", "__main__.py"}
    parts = [p for p in files(".py", ".rs", ".pyi") if relative(p).startswith(("src/lakebed/", "crates/core/src/"))]
    below = {"/".join(relative(p).split("/")[: 3 if relative(p).startswith("src/") else 4]) for p in parts}
    missing = [
        m
        for m in sorted(below)
        if m.rsplit("/", 1)[-1] not in quiet and not m.endswith("_tests.rs") and f"`{m}`" not in text
    ]
    assert missing == []


def test_every_decision_record_is_numbered_once() -> None:
    numbers = [p.name.split("-")[0] for p in files(".md") if relative(p).startswith("docs/adr/")]
    assert len(set(numbers)) == len(numbers)
    assert all(re.fullmatch(r"\d{4}", number) for number in numbers)


def test_every_dependency_has_a_reason() -> None:
    """Named in the decision record on dependencies, which says what each is for."""
    record = (ROOT / "docs/adr/0002-dependencies.md").read_text()
    crate = tomllib.loads((ROOT / "crates/core/Cargo.toml").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    package = [
        *project["dependencies"],
        *(line for extra in project["optional-dependencies"].values() for line in extra),
    ]
    names = [*crate["dependencies"], *crate["dev-dependencies"], *(re.split(r"[<>=\[]", line)[0] for line in package)]
    assert [name for name in names if name not in record] == []
