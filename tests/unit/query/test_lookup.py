"""Lookup tables: what is refused, and where; MMDB files; the tables of a lake."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

import lakebed
from lakebed.errors import NotFoundError, UsageError
from lakebed.query.lookup import limits
from lakebed.query.lookup.file import LookupFile
from lakebed.query.lookup.table import RowLookup, Rows, network_bits
from tests import mmdb
from tests.oracle_filter import in_network

if TYPE_CHECKING:
    import random
    from pathlib import Path

GEO = {
    "1.0.0.0/8": {"country": {"iso": "AU"}, "asn": 13335, "names": ["a", "b"]},
    "1.2.0.0/16": {"country": {"iso": "CN"}, "is_proxy": True, "latitude": 1.5},
    "2001:db8::/32": {"country": {"iso": "XX"}, "asn": 2**40},
}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "", "'a.csv', line 1: wanted a header of at least two columns, found 0"),
        ("a.csv", "x,y,x\n", "'a.csv', line 1, column 3: the name 'x' comes twice"),
        ("a.csv", "x,,z\n", "'a.csv', line 1, column 2: the column has no name"),
        ("a.csv", "x,y\n1,2\n3\n", "'a.csv', line 3: wanted 2 cells as in the header, found 1"),
        ("a.csv", 'x,y\n1,"2"3\n', "'a.csv', line 2: not CSV: ',' expected after '\"'"),
        ("a.csv", b"x,y\n1,\xff\n", "'a.csv', line 2, column 3: not UTF-8"),
        ("a.json", '[{"x": 1, "y": 2},\n {"x": 3,}]', "'a.json', line 2, column 10: not JSON: "),
        ("a.json", '[{"x": 1, "y": 2}, 7]', "'a.json', element 2: wanted an object, found 7"),
        ("a.jsonl", '{"x": 1, "y": 2}\n\n{"x": \n', "'a.jsonl', line 3, column 7: not JSON: "),
        ("a.json", '{"x": 1}', "'a.json': wanted objects with at least two members, found 1 objects"),
        ("a.mmdb", "nothing", "'a.mmdb' is no MMDB file: "),
        ("a.xml", "", "'a.xml' is no lookup table: wanted a name that ends with one of .csv, .json, .jsonl"),
        ("csv", "", "'csv' is no lookup table"),
    ],
)
def test_what_is_no_table(name: str, text: str | bytes, message: str) -> None:
    data = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(UsageError) as raised:
        LookupFile(name, data).check()
    assert str(raised.value).startswith(message)


def test_limits_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("csv_table", "json_table"):
        monkeypatch.setattr(f"lakebed.query.lookup.{module}.LOOKUP_ROWS_MAX", 2)
    with pytest.raises(UsageError, match=r"'a.csv', line 4: more than 2 rows"):
        LookupFile("a.csv", b"x,y\n1,2\n1,2\n1,2\n").check()
    with pytest.raises(UsageError, match=r"'a.json', element 3: more than 2 rows"):
        LookupFile("a.json", b'[{"x":1,"y":2},{"x":1},{"x":1}]').check()
    with pytest.raises(UsageError, match=r"wanted at most 256 columns, found 257"):
        LookupFile("a.csv", ",".join(f"c{n}" for n in range(257)).encode()).check()
    monkeypatch.setattr("lakebed.query.lookup.file.LOOKUP_BYTES_MAX", 8)
    with pytest.raises(UsageError, match=r"'a.csv' has 9 bytes; a table of its kind has at most 8"):
        LookupFile("a.csv", b"x,y\n1,22\n").check()
    assert limits.LOOKUP_ROWS_MAX == 1_000_000


def test_the_longest_prefix_wins_among_random_networks(rng: random.Random) -> None:
    networks: list[str] = []
    for _ in range(300):
        if rng.random() < 0.7:
            networks.append(f"10.{rng.randrange(4)}.{rng.randrange(4)}.0/{rng.randrange(0, 33)}")
        else:
            networks.append(f"2001:db8:{rng.randrange(4):x}::/{rng.randrange(0, 129)}")
    table = RowLookup(Rows(("net", "nth"), [[network, nth] for nth, network in enumerate(networks)]), ["net"], "t")
    for _ in range(300):
        address = f"10.{rng.randrange(4)}.{rng.randrange(4)}.{rng.randrange(256)}"
        if rng.random() < 0.3:
            address = f"2001:db8:{rng.randrange(5):x}::{rng.randrange(9)}"
        holding = [nth for nth, network in enumerate(networks) if in_network_loosely(address, network)]
        expected = min(holding, key=lambda nth: (-network_bits(networks[nth])[1], nth), default=None)
        found = table.find([address])
        assert (None if found is None else found.row["nth"]) == expected


def in_network_loosely(address: str, network: str) -> bool:
    import ipaddress

    return in_network(address, str(ipaddress.ip_network(network, strict=False)))


def test_two_columns_of_networks_are_refused() -> None:
    file = LookupFile("a.csv", b"x,y,z\n10.0.0.0/8,1.0.0.0/8,1\n")
    with pytest.raises(UsageError, match=r"""networks in several of the keys x, y"""):
        file.by(["x", "y"])


def test_mmdb() -> None:
    table = LookupFile("geo.mmdb", mmdb.write(GEO)).by(["whatever"])
    assert table.columns == ("country.iso", "asn", "names[0]", "names[1]", "is_proxy", "latitude")
    found: dict[str, Any] = {}
    for address in ("1.1.1.1", "1.2.3.4", "2001:db8::1%eth0", "9.9.9.9", "nonsense", ""):
        answer = table.find([address])
        found[address] = None if answer is None else dict(answer.row)
    assert found == {
        "1.1.1.1": {"country.iso": "AU", "asn": 13335, "names[0]": "a", "names[1]": "b"},
        "1.2.3.4": {"country.iso": "CN", "is_proxy": True, "latitude": 1.5},
        "2001:db8::1%eth0": {"country.iso": "XX", "asn": 2**40},
        "9.9.9.9": None,
        "nonsense": None,
        "": None,
    }


def test_a_damaged_mmdb_file_is_an_error_and_never_a_crash(rng: random.Random) -> None:
    data = mmdb.write(GEO)
    for _ in range(300):
        broken = bytearray(data)
        for _ in range(rng.randrange(1, 6)):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        try:
            table = LookupFile("geo.mmdb", bytes(broken[: rng.randrange(len(broken)) + 1])).by(["ip"])
            table.find(["1.2.3.4"])
        except UsageError:
            pass


def test_without_the_library_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "maxminddb", None)
    with pytest.raises(UsageError, match=r"'geo.mmdb' needs maxminddb: pip install 'lakebed\[mmdb\]'"):
        LookupFile("geo.mmdb", mmdb.write(GEO)).check()


@pytest.fixture
def lake(tmp_path: Path) -> lakebed.Lake:
    lines = [f'{{"time": "2026-01-01T00:00:0{n}Z", "ip": "1.{n}.0.1", "n": {n}}}\n' for n in range(4)]
    (tmp_path / "a.log").write_text("".join(lines))
    opened = lakebed.open(tmp_path / "lake")
    opened.index(tmp_path / "a.log", into="app")
    return opened


def test_tables_of_a_lake(lake: lakebed.Lake, tmp_path: Path) -> None:
    assert lake.lookups.list() == []
    (tmp_path / "t.csv").write_text("n,word\n1,one\n1,uno\n2,two\n")
    (tmp_path / "geo.mmdb").write_bytes(mmdb.write(GEO))
    added = lake.lookups.add("words", tmp_path / "t.csv")
    assert (added.name, added.size_bytes) == ("words.csv", 25)
    lake.lookups.add("geo", tmp_path / "geo.mmdb")
    assert [info.name for info in lake.lookups.list()] == ["geo.mmdb", "words.csv"]
    found = lake.search("n < 3 | lookup words n | lookup geo ip output country.iso as cc | table(n, word, cc)")
    assert [row.event for row in found if isinstance(row, lakebed.Row)] == [
        {"n": 2, "word": "two", "cc": "CN"},
        {"n": 1, "word": "one", "cc": "AU"},
        {"n": 0, "word": None, "cc": "AU"},
    ]
    assert found.notes == ["the lookup table 'words' has several rows for some keys: the first counts"]
    assert lake.lookups.open("words") is lake.lookups.open("words.csv"), "kept while it is the same"

    (tmp_path / "t.json").write_text('[{"n": 1, "word": "eins"}]')
    lake.lookups.add("words", tmp_path / "t.json")  # another format takes its place
    assert [info.name for info in lake.lookups.list()] == ["geo.mmdb", "words.json"]
    rows = list(lake.search("* | groupbycount(n) | lookup words n | where word: *"))
    assert rows == [{"n": 1, "@q.count": 1, "word": "eins"}]
    lake.lookups.remove("words")
    with pytest.raises(NotFoundError, match=r"""no lookup table 'words' in this lake: known are .geo.mmdb."""):
        list(lake.search("* | lookup words n"))


def test_what_cannot_be_a_table_of_a_lake(lake: lakebed.Lake, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("n,word\n1\n")
    with pytest.raises(UsageError, match=r"'words.csv', line 2: wanted 2 cells"):
        lake.lookups.add("words", tmp_path / "t.csv")
    with pytest.raises(UsageError, match=r"""not a name of a lookup table: '../x.csv'"""):
        lake.lookups.add("../x", tmp_path / "t.csv")
    with pytest.raises(UsageError, match=r"""cannot read '.*nothing.csv': no such file"""):
        lake.lookups.add("words", tmp_path / "nothing.csv")
    assert lake.lookups.list() == []
    with pytest.raises(NotFoundError, match=r"""it has none yet: `lakebed lookup add` adds one"""):
        list(lake.search("* | lookup words n"))


def test_columns_that_the_table_has_not(lake: lakebed.Lake, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("number,word\n1,one\n")
    lake.lookups.add("words", tmp_path / "t.csv")
    with pytest.raises(UsageError, match=r"""has no column 'numbr': did you mean "number"\?"""):
        list(lake.search("* | lookup words numbr = n"))
    with pytest.raises(UsageError, match=r"""has no column 'wurd': did you mean "word"."""):
        list(lake.search("* | lookup words number = n output wurd"))
