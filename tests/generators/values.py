"""Values that mean something to some function, so that most calls do not just give null."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.events import Num

REGEXES = ("[a-z]+", r"\d+", "(a)(b)?", "^x|y$", "(?P<key>[a-z]+)=([0-9]*)", "(?i)AB", "", "x*")
FORMATS = ("%Y-%m-%d %H:%M:%S", "%d/%b/%Y %I:%M %p", "%j %y", "%FT%T.%f%z", "%s", "%A %e %B %Y", "%a%L%N%u%w%Z%%")
NETWORKS = ("10.0.0.0/8", "::/0", "2001:db8::/32", "192.168.0.1")
PATHS = ("a", "a[0]", "a[1].b", "", "[0]", "b")
HALF_A_CHARACTER = "\ud800x"
"""It is in no query: query text is Unicode."""

TEXTS = (
    *("", "a", "abc", "Ab=12;ab=", "  x y\t", "Straße ÉÀ", "a,b,,c", "aaab", "%41%zz+", "x" * 300),
    *(HALF_A_CHARACTER, "ſK"),
    *("2026-01-15T10:14:02.5+02:00", "2026-01-15", "2024-02-29 23:59:60", "1970-01-01T00:00:00Z", "2261-12-31"),
    *("15/Jan/2026:10:14:02 +0100", "1768471207", "1768471207123", "15/Jan/2026 10:14 PM", "060 26"),
    "Thursday  1 May 2025",
    *("10.1.2.3", "192.168.0.1", "8.8.8.8", "::1", "2001:db8::5", "::ffff:10.0.0.1", "fe80::1%eth0"),
    *("224.0.0.1", "1.2.3"),
    *("https://u:p@WWW.Example.co.uk:8443/a/b%20c?x=1&y=a+b%21&x=2#f", "/p?q", "mailto:a@b.c"),
    *("http://[::1]:80/", "a.b.example.com"),
    *('{"a":[1,{"b":"x"}],"b":null}', "[1,2.0,2,null,true]", '["b","a"]', "[[1],[1.0]]", "{}", "[", "null"),
    '"\\u00e9"',
    *("aGVsbG8=", "aGk_", "YQ", "ZABpAHIA", "YQ===", "48656c6C6f", "0x41:42", "4"),
    *("12", "-0.50", "+7", ".5", "1e3", "0x1F", "007", "1e400", "true", "1h30m", "-2d", "15m", "1w"),
    *("+02:00", "Z", "a[0]"),
)
NUMBERS = (
    *("0", "-0.0", "1", "-1", "2", "2.5", "-2.5", "0.1", "1.50", "1e3", "60", "90", "181", "1000000000", "1e-7"),
    *("9007199254740993", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1768471207123456789"),
    *("170141183460469231731687303715884105727", "1e39", "123456789.987654321", "1e300", "-1e-300", "4294967296"),
)

values = st.one_of(
    st.sampled_from(TEXTS),
    st.sampled_from(NUMBERS).map(Num),
    st.integers(-(2**70), 2**70).map(lambda number: Num(str(number))),
    st.floats(allow_nan=False, allow_infinity=False, width=32).map(lambda number: Num(repr(number))),
    st.text(st.sampled_from("abxé=.,/: -+%0123456789"), max_size=8),
    st.none(),
    st.booleans(),
    st.just([Num("1"), "a", None, [Num("1.0")], True]),
)
