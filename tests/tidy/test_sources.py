"""The tidy tests measure what they say they measure."""

from __future__ import annotations

from tests.tidy.sources import Function, python_functions, rust_functions


def test_python_functions_are_measured_from_signature_to_last_line() -> None:
    text = "def a():\n    return 1\n\nclass B:\n    async def c(self):\n        x = 1\n        return x\n"
    assert python_functions(text) == [Function("a", 1, 2), Function("c", 5, 3)]


def test_rust_functions_are_measured_past_strings_characters_lifetimes_and_arrays() -> None:
    text = """
trait T { fn declared(&self, x: [u8; 4]) -> u8; }
fn plain<'a>(x: &'a str) -> [u8; 2] {
    // }
    let _ = ("}", '}', b'{', r#"}"}"#, "\\"}");
    match x { "a" => { [1; 2] } _ => [0, 0] }
}
"""
    assert rust_functions(text) == [Function("plain", 3, 5)]
