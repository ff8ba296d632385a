"""A file fits in one reading, a function on a screen (STYLE.md)."""

from __future__ import annotations

from tests.tidy.sources import against_ratchet, files, python_functions, relative, rust_functions

FILE_LINES = 400
FUNCTION_LINES = 60


def test_files_fit_in_one_reading() -> None:
    found = {relative(path): path.read_text().count("\n") for path in files(".py", ".rs", ".pyi")}
    assert against_ratchet("file_lines", found, FILE_LINES) == []


def test_functions_fit_on_a_screen() -> None:
    found: dict[str, int] = {}
    for path in files(".py", ".rs"):
        measure = python_functions if path.suffix == ".py" else rust_functions
        for function in measure(path.read_text()):
            name = f"{relative(path)}::{function.name}"
            found[name] = max(found.get(name, 0), function.length)
    assert against_ratchet("function_lines", found, FUNCTION_LINES) == []
