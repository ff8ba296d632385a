"""Builds docs/formats.md: the frame docs/formats.in.md, and what the parsers say of themselves.

python -m tests.formats.page    # writes the page
"""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path

from lakebed import _core

ROOT = Path(__file__).resolve().parents[2]
FRAME = ROOT / "docs" / "formats.in.md"
PAGE = ROOT / "docs" / "formats.md"
PARSERS = ROOT / "crates" / "core" / "src" / "parse"

HEADER = "<!-- Made by scripts/formats-page from formats.in.md and the parsers' own words; change those. -->\n\n"

OPENED = {
    "bzip2, xz, lz4, snappy": "compressions",
    "zip": "zip_archive",
    "tar": "tar_archive",
    "EVTX": "evtx_file",
    "XML of Windows events": "windows_xml",
    "Parquet": "parquet",
    "Avro": "avro",
}
"""What opens an object before the engine reads it: title and module."""


def render() -> str:
    """The text of the page."""
    sections = {
        "formats": "\n\n".join(f"### {name}\n\n{words}" for name, words in formats().items()),
        "opened": "\n\n".join(f"### {title}\n\n{_docstring(module)}" for title, module in OPENED.items()),
        "windows": _docstring("windows_event"),
    }
    text = FRAME.read_text()
    for name, section in sections.items():
        text = text.replace(f"<!-- {name} -->", section)
    return HEADER + text


def formats() -> dict[str, str]:
    """The words of each format that the engine knows, in its order."""
    words = {}
    for path in sorted(PARSERS.rglob("*.rs")):
        source = path.read_text()
        name = re.search(r"const NAME: &'static str = \"([^\"]+)\";", source)
        if name and source.startswith(f"//! `{name[1]}`"):
            words[name[1]] = _module_words(source)
    return {one["name"]: words.get(one["name"], "") for one in json.loads(_core.formats())}


def _module_words(source: str) -> str:
    """The comment at the start of a Rust file, without the name of the format."""
    lines = []
    for line in source.splitlines():
        if not line.startswith("//!"):
            break
        lines.append(line.removeprefix("//!").removeprefix(" "))
    return _one_line_each("\n".join(lines)).split(": ", 1)[1]


def _docstring(module: str) -> str:
    found = importlib.import_module(f"lakebed.ingest.opening.{module}")
    assert found.__doc__ is not None
    return _one_line_each(found.__doc__.strip())


def _one_line_each(text: str) -> str:
    """Paragraphs and items of lists as one line each: how they are broken in the code is of no meaning here."""
    return re.sub(r"\n(?!\n|[-|] )[ ]*", " ", re.sub(r"\n{2,}", "\0", text)).replace("\0", "\n\n")


if __name__ == "__main__":
    PAGE.write_text(render())
