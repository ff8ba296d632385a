"""Files of threats: which indicators are found in them, and what is told of the rest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lakebed.errors import UsageError
from lakebed.transform.limits import INDICATORS_MAX
from lakebed.transform.stix import parse_pattern
from tests.transform.programs import compiled

if TYPE_CHECKING:
    from pathlib import Path

MD5, SHA1, SHA256 = "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "0" * 64


def found(folder: Path, name: str, data: str, more: str = "") -> tuple[dict[str, list[dict[str, Any]]], list[str]]:
    """The rows of each kind by the first field that they are looked for in, without nulls; and the notes."""
    (folder / name).write_text(data)
    context = compiled(f"[[step]]\nthreats = '{name}'\n{more}", folder)
    tables: dict[str, list[dict[str, Any]]] = {}
    for step in context.steps:
        assert (step["do"], step["into"], step["append"]) == ("lookup", "@ecs.threat.enrichments", True)
        table = context.tables[step["table"]]  # type: ignore[index] # JSON
        header = json.loads(table.header)
        assert step["columns"] == [[name, name] for name in header["columns"]]
        first = step["on"][0]["parts"][0]  # type: ignore[index,call-overload] # JSON
        rows = [json.loads(line) for line in table.data.splitlines()]
        told = [
            {"key": key, **{n: v for n, v in zip(header["columns"], values, strict=True) if v is not None}}
            for key, values in rows
        ]
        tables[f"{first} {header['match']}{' any case' if header['ignore_case'] else ''}"] = told
    start = "'t.toml', line 1, step 1, \"threats\": "
    assert all(note.startswith(start) for note in context.notes)
    return tables, [note.removeprefix(start) for note in context.notes]


def row(key: str, kind: str, field: str, **about: str) -> dict[str, Any]:
    told = {"indicator.type": kind, "indicator.name": key, "feed.name": "bad", **about}
    return {"key": key, **told, **({field: key} if field else {})}


def test_a_list_holds_indicators_of_all_kinds(tmp_path: Path) -> None:
    text = f"""# feed of the day
203.0.113.7   # command and control
198.51.100.0/24
2001:db8::1
evil.example
sub.Evil[.]example.
hxxps://evil.example/a#b
{MD5.upper()}
{SHA1}
{SHA256}
spy[@]evil.example

203.0.113.7
what is it
{"a@" + "b." * 100_000 + "@"}
"""
    tables, notes = found(tmp_path, "bad.txt", text)
    assert tables == {
        "@ecs.source.ip cidr any case": [
            row("203.0.113.7", "ipv4-addr", "indicator.ip"),
            row("198.51.100.0/24", "ipv4-addr", ""),
            row("2001:db8::1", "ipv6-addr", "indicator.ip"),
        ],
        "@ecs.dns.question.name exact any case": [
            row("evil.example", "domain-name", "indicator.url.domain"),
            row("sub.Evil.example", "domain-name", "indicator.url.domain"),
        ],
        "@ecs.url.full exact": [row("https://evil.example/a#b", "url", "indicator.url.full")],
        "@ecs.file.hash. exact any case": [
            row(MD5, "file", "indicator.file.hash.md5"),
            row(SHA1, "file", "indicator.file.hash.sha1"),
            row(SHA256, "file", "indicator.file.hash.sha256"),
        ],
        "@ecs.user.email exact any case": [row("spy@evil.example", "email-addr", "indicator.email.address")],
    }
    assert notes == [
        "'bad.txt': 2 texts left out, no address, domain, URL, hash or mail address, such as \"what is it\" in line 14",
        "'bad.txt' has 1 indicator more than once",
    ]


@pytest.mark.parametrize("text", ["a.example\rb.example\r", "a.example\r\nb.example", "a.example\n\n\n  b.example  \n"])
def test_lines_end_as_they_do_anywhere(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.txt").write_bytes(text.encode())
    (table,) = compiled("[[step]]\nthreats = 'bad.txt'\n", tmp_path).tables
    assert [json.loads(line)[0] for line in table.data.splitlines()] == ["a.example", "b.example"]


def test_a_comment_begins_behind_a_blank(tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_text("https://evil.example/a#b # c\nhttps://evil.example/c#d\t#\n  # e\n")
    (table,) = compiled("[[step]]\nthreats = 'bad.txt'\n", tmp_path).tables
    assert [json.loads(line)[0] for line in table.data.splitlines()] == [
        "https://evil.example/a#b",
        "https://evil.example/c#d",
    ]


@pytest.mark.parametrize(("name", "feed"), [("in/bad", "bad"), ("in/bad.2026.txt", "bad.2026"), ("in/.bad", ".bad")])
def test_a_feed_is_called_as_its_file(tmp_path: Path, name: str, feed: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / name).write_text("203.0.113.7\n")
    (table,) = compiled(f"[[step]]\nthreats = '{name}'\n", tmp_path).tables
    header, row = json.loads(table.header), json.loads(table.data)
    assert row[1][header["columns"].index("feed.name")] == feed


def test_a_step_may_say_where_to_look(tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_text("203.0.113.7\nevil.example\n")
    context = compiled("[[step]]\nthreats = 'bad.txt'\non = ['src', 'dns.*']\n", tmp_path)
    assert [step["on"] for step in context.steps] == [[{"parts": ["src"]}, {"parts": ["dns.", {"star": 1}]}]] * 2


def test_what_nobody_says_of_an_indicator_takes_no_room(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("value,source\n203.0.113.7,\n203.0.113.8,feed\nevil.example,\n")
    context = compiled("[[step]]\nthreats = 'bad.csv'\n", tmp_path)
    shared = ["indicator.type", "indicator.name"]
    assert [json.loads(table.header)["columns"] for table in context.tables] == [
        [*shared, "indicator.provider", "feed.name", "indicator.ip"],
        [*shared, "feed.name", "indicator.url.domain"],
    ]


def test_a_csv_tells_more_of_its_indicators(tmp_path: Path) -> None:
    text = (
        "# made today\nid,Value,description,source,confidence,first_seen\n"
        '1,203.0.113.7,"c2, first",abuse,High,2026-01-01\n2,evil.example,,,,\n3,?,,,,\n'
    )
    about = {
        "indicator.description": "c2, first",
        "indicator.provider": "abuse",
        "indicator.confidence": "High",
        "indicator.first_seen": "2026-01-01",
    }
    tables, notes = found(tmp_path, "bad.csv", text)
    assert tables == {
        "@ecs.source.ip cidr any case": [row("203.0.113.7", "ipv4-addr", "indicator.ip", **about)],
        "@ecs.dns.question.name exact any case": [row("evil.example", "domain-name", "indicator.url.domain")],
    }
    assert notes == [
        "'bad.csv': 1 text left out, no address, domain, URL, hash or mail address, such as \"?\" in row 3"
    ]


def bundle(*objects: dict[str, Any]) -> str:
    return json.dumps({"type": "bundle", "id": "bundle--1", "objects": list(objects)})


def indicator(pattern: str, **more: Any) -> dict[str, Any]:  # Any: JSON
    return {
        "type": "indicator",
        "pattern_type": "stix",
        "pattern": pattern,
        "valid_from": "2026-01-01T00:00:00Z",
        **more,
    }


def test_a_stix_bundle(tmp_path: Path) -> None:
    text = bundle(
        {"type": "identity", "id": "identity--1", "name": "CERT"},
        {"type": "malware", "name": "worm"},
        indicator(
            "[ipv4-addr:value = '203.0.113.7' OR domain-name:value='evil.example'] OR "
            f"[file:hashes.'SHA-256' = '{SHA256}']",
            name="a worm",
            created_by_ref="identity--1",
            confidence=85,
        ),
        indicator(f"[file:hashes.MD5 = '{MD5}']", valid_until="2026-06-01T00:00:01Z"),
    )
    about = {
        "indicator.description": "a worm",
        "indicator.provider": "CERT",
        "indicator.confidence": "High",
        "indicator.first_seen": "2026-01-01T00:00:00Z",
    }
    assert found(tmp_path, "bad.json", text) == (
        {
            "@ecs.source.ip cidr any case": [row("203.0.113.7", "ipv4-addr", "indicator.ip", **about)],
            "@ecs.dns.question.name exact any case": [
                row("evil.example", "domain-name", "indicator.url.domain", **about)
            ],
            "@ecs.file.hash. exact any case": [
                row(SHA256, "file", "indicator.file.hash.sha256", **about),
                row(MD5, "file", "indicator.file.hash.md5", **{"indicator.first_seen": "2026-01-01T00:00:00Z"}),
            ],
        },
        [],
    )


def test_indicators_that_do_not_hold_are_counted(tmp_path: Path) -> None:
    good = "[ipv4-addr:value = '203.0.113.7']"
    text = bundle(
        indicator(good),
        indicator("[ipv4-addr:value = '203.0.113.8']", revoked=True),
        indicator("[ipv4-addr:value = '203.0.113.9']", valid_until="2026-06-01T00:00:00Z"),
        indicator("[ipv4-addr:value = '203.0.113.10']", valid_from="2026-06-01T00:00:01Z"),
        indicator("alert tcp any any", pattern_type="snort"),
        indicator("[process:name = 'x' AND process:pid = 5]"),
        indicator("[ipv4-addr:value = 'no address']"),
        {"type": "indicator"},
    )
    tables, notes = found(tmp_path, "bad.json", text)
    assert [one["key"] for rows in tables.values() for one in rows] == ["203.0.113.7"]
    (note,) = notes
    assert note == (
        "'bad.json' has indicators that are left out: 1 expired, 1 not valid yet, 1 revoked, 1 with a pattern of "
        "another language, 3 with a pattern that is not understood, such as "
        "[process:name = 'x' AND process:pid = 5]"
    )


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("[url:value = 'http://a/?x=\\'y\\''] or [ url:value='b' ]", [(("url",), "http://a/?x='y'"), (("url",), "b")]),
        ("[file:hashes.'SHA1' = 'A' OR file:hashes.SHA256 = 'B']", [(("hash",), "A"), (("hash",), "B")]),
        ("[network-traffic:dst_ref.value = '1.1.1.1']", [(("ip", "domain"), "1.1.1.1")]),
        ("[email-addr:value = 'a@b.c']", [(("email",), "a@b.c")]),
        ("", None),
        ("[]", None),
        ("[url:value = 'a' OR ]", None),
        ("[url:value = 'a'", None),
        ("[url:value = 'a'] OR", None),
        ("[url:value = 'a'] AND [url:value = 'b']", None),
        ("[url:value = 'a'] [url:value = 'b']", None),
        ("[url:value = 'a' AND url:value = 'b']", None),
        ("[url:value != 'a']", None),
        ("[url:value LIKE 'a']", None),
        ("[NOT url:value = 'a']", None),
        ("[url:value = 'a'] WITHIN 5 SECONDS", None),
        ("[([url:value = 'a'])]", None),
        ("[process:name = 'a']", None),
        ("[file:size = 'a']", None),
        ("[url:value = 'a\\x']", None),
        ("[url:value = 5]", None),
        ("x" * 100_001, None),
    ],
)
def test_patterns(pattern: str, expected: object) -> None:
    assert parse_pattern(pattern) == expected


def test_what_holds_no_indicator_is_an_error(tmp_path: Path) -> None:
    start = "'t.toml', line 1, step 1, \"threats\": "
    for data, message in [
        ("", "'bad.txt' has no indicator that is understood"),
        ("# nothing\n", "'bad.txt' has no indicator that is understood"),
        (
            "what\n",
            (
                "'bad.txt' has no indicator that is understood; 'bad.txt': 1 text left out, no address, domain, URL, "
                'hash or mail address, such as "what" in line 1'
            ),
        ),
        ("value,a\n203.0.113.7\n", "'bad.txt', row 1: wanted 2 cells as in the header, found 1"),
        ('value,a\n"203.0.113.7\n', "'bad.txt': not CSV: unexpected end of data"),
        ("{", "'bad.txt': not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("[]", '\'bad.txt\': wanted a STIX bundle, an object whose "type" is "bundle"'),
        ('{"type": "bundle", "objects": 1}', "'bad.txt': wanted an array as the bundle's \"objects\""),
        (
            bundle(indicator("[url:value = 'http://a.example/']", revoked=True)),
            "'bad.txt' has no indicator that is understood; 'bad.txt' has indicators that are left out: 1 revoked",
        ),
    ]:
        (tmp_path / "bad.txt").write_text(data)
        with pytest.raises(UsageError) as caught:
            compiled("[[step]]\nthreats = 'bad.txt'\n", tmp_path)
        assert str(caught.value) == start + message


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start = "'t.toml', line 1, step 1, \"threats\": "
    (tmp_path / "bad.txt").write_bytes(b"a.example\n\xff\n")
    (tmp_path / "many.txt").write_text("a.example\nb.example\n")
    for name, message in [
        ("none.txt", f"cannot read '{tmp_path / 'none.txt'}': no such file or directory"),
        ("bad.txt", "'bad.txt', line 2: not UTF-8"),
        ("many.txt", "'many.txt' has more than 1 indicators"),
    ]:
        monkeypatch.setattr("lakebed.transform.threats.INDICATORS_MAX", 1)
        with pytest.raises(UsageError) as caught:
            compiled(f"[[step]]\nthreats = '{name}'\n", tmp_path)
        assert str(caught.value) == start + message
    monkeypatch.setattr("lakebed.transform.context.INDICATORS_BYTES_MAX", 5)
    with pytest.raises(UsageError, match="has 20 bytes; a file of threats has at most 5"):
        compiled("[[step]]\nthreats = 'many.txt'\n", tmp_path)
    assert INDICATORS_MAX == 1_000_000
