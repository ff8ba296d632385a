"""Tables beside a transform: lookups, and places and networks of addresses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import lakebed
from lakebed.errors import UsageError
from lakebed.query.lookup import limits
from lakebed.transform.context import Context, EngineTable
from tests import mmdb
from tests.transform.programs import compiled, steps_of

if TYPE_CHECKING:
    from pathlib import Path

ASSETS = "ip,owner,site\n192.0.2.1,bob,office\n198.51.100.9,eve,\n192.0.2.1,carol,home\n"
NETWORKS = "net,zone,number\n10.0.0.0/8,inside,1\n10.1.0.0/16,lab,2.50\n2001:db8::/32,six,3\n"

CITY = {
    "city": {"names": {"en": "Milton", "de": "Milton"}},
    "continent": {"code": "NA", "names": {"en": "North America"}},
    "country": {"iso_code": "US", "names": {"en": "United States"}},
    "location": {"latitude": 47.25, "longitude": -122.31, "time_zone": "America/Los_Angeles"},
    "postal": {"code": "98354"},
    "subdivisions": [{"iso_code": "WA", "names": {"en": "Washington"}}],
}


def rows(table: EngineTable) -> tuple[dict[str, Any], list[Any]]:
    return json.loads(table.header), [json.loads(line) for line in table.data.splitlines()]


def header(match: str, *columns: str, ignore_case: bool = False) -> dict[str, Any]:
    return {"kind": "rows", "match": match, "columns": list(columns), "ignore_case": ignore_case}


def looked_up(into: str, columns: list[list[str]], *on: str, table: int = 0) -> dict[str, Any]:
    names = [{"parts": [name]} for name in on]
    return {"do": "lookup", "table": table, "on": names, "into": into, "columns": columns, "append": False}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "assets.csv").write_text(ASSETS)
    (tmp_path / "networks.csv").write_text(NETWORKS)
    (tmp_path / "users.jsonl").write_text('{"id": 7, "name": {"first": "Eve"}}\n{"id": null, "name": "none"}\n')
    (tmp_path / "City.mmdb").write_bytes(mmdb.write({"203.0.113.0/24": CITY}, "GeoLite2-City"))
    return tmp_path


def test_a_lookup_has_the_rows_of_the_file(folder: Path) -> None:
    found = compiled("[[step]]\nlookup = 'assets.csv'\non = 'source.ip'\n", folder)
    assert steps_of(found) == [looked_up("assets", [["owner", "owner"], ["site", "site"]], "source.ip")]
    assert [rows(table) for table in found.tables] == [
        (header("exact", "owner", "site"), [["192.0.2.1", ["bob", "office"]], ["198.51.100.9", ["eve", None]]])
    ]
    assert found.notes == ["'t.toml', line 1, step 1: 'assets.csv' has 1 row whose key comes before: left out"]


def test_networks_are_found_by_address(folder: Path) -> None:
    found = compiled("[[step]]\nlookup = 'networks.csv'\non = ['src', 'dst']\n", folder)
    assert steps_of(found) == [looked_up("networks", [["zone", "zone"], ["number", "number"]], "src", "dst")]
    assert [rows(table)[0] for table in found.tables] == [header("cidr", "zone", "number")]
    assert found.tables[0].data.splitlines()[1] == b'["10.1.0.0/16",["lab",2.50]]'


def test_what_is_said_of_a_lookup_holds(folder: Path) -> None:
    text = """[[step]]
lookup = "users.jsonl"
on = "user.*"
key = "name.first"
into = "who.is"
columns = { number = "id" }
ignore_case = true
match = "exact"
"""
    found = compiled(text, folder)
    (step,) = steps_of(found)
    assert step == {
        **looked_up("who.is", [["number", "id"]]),
        "on": [{"parts": ["user.", {"star": 1}]}],
    }
    assert rows(found.tables[0]) == (header("exact", "id", "name", ignore_case=True), [["Eve", [7, None]]])


def test_columns_may_be_chosen(folder: Path) -> None:
    (step,) = compiled("[[step]]\nlookup = 'assets.csv'\non = 'a'\ncolumns = ['site']\n", folder).steps
    assert step["columns"] == [["site", "site"]]


def test_addresses_alone_are_texts_unless_said(folder: Path) -> None:
    text = "[[step]]\nlookup = 'assets.csv'\non = 'a'\n"
    assert rows(compiled(text, folder).tables[0])[0]["match"] == "exact"
    assert rows(compiled(text + "match = 'cidr'\n", folder).tables[0])[0]["match"] == "cidr"


def test_keys_are_as_the_engine_reads_them(folder: Path) -> None:
    (folder / "keys.csv").write_text("k,v\n10.0.0.1/255.0.0.0,1\n10.0.0.0/8,2\n")
    found = compiled("[[step]]\nlookup = 'keys.csv'\non = 'k'\n", folder)
    assert rows(found.tables[0]) == (header("cidr", "v"), [["10.0.0.0/8", [1]]])
    (folder / "keys.csv").write_text("k,v\nÉva,1\néva,2\nÉVA,3\n")
    found = compiled("[[step]]\nlookup = 'keys.csv'\non = 'k'\nignore_case = true\n", folder)
    assert rows(found.tables[0]) == (header("exact", "v", ignore_case=True), [["Éva", [1]], ["éva", [2]]])


def test_a_file_used_twice_is_one_table(folder: Path) -> None:
    found = compiled("[[step]]\nlookup = 'assets.csv'\non = 'a'\n[[step]]\nlookup = 'assets.csv'\non = 'b'\n", folder)
    assert [step["table"] for step in found.steps] == [0, 0]
    assert len(found.tables) == 1


def test_a_table_of_the_lake(folder: Path) -> None:
    with lakebed.open(folder / "lake") as lake:
        lake.lookups.add("people", folder / "users.jsonl")
        text = "[[step]]\nlookup = 'people'\non = 'id'\n"
        found = compiled(text, folder, lookups=lake.lookups.open)
        assert steps_of(found) == [looked_up("people", [["name.first", "name.first"], ["name", "name"]], "id")]
        with pytest.raises(UsageError) as caught:
            compiled(text.replace("people", "peple"), folder, lookups=lake.lookups.open)
    assert str(caught.value) == (
        f"'t.toml', line 1, step 1, \"lookup\": no file '{folder / 'peple'}', and no lookup table 'peple' in this lake"
        ': known are "people.jsonl"'
    )


def lookup_error(folder: Path, more: str) -> str:
    with pytest.raises(UsageError) as caught:
        compiled(f"[[step]]\n{more}\n", folder)
    return str(caught.value).replace(str(folder), "FOLDER")


def test_what_is_wrong_with_a_lookup_is_told(folder: Path) -> None:
    (folder / "bad.csv").write_text("a,b\n1\n")
    (folder / "assets.toml").write_text("")
    place = "'t.toml', line 1, step 1"
    assets = "lookup = 'assets.csv'\non = 'a'\n"
    for more, message in [
        ("lookup = 'assets.csv'", f'{place}: "lookup" wants "on" too: names of fields'),
        (
            "lookup = 'none.csv'\non = 'a'",
            f"{place}, \"lookup\": no file 'FOLDER/none.csv', and there is no lake here whose lookup table it could be",
        ),
        (
            "lookup = 'bad.csv'\non = 'a'",
            f"{place}, \"lookup\": 'bad.csv', line 2: wanted 2 cells as in the header, found 1",
        ),
        (
            "lookup = 'assets.toml'\non = 'a'",
            (
                f"{place}, \"lookup\": 'assets.toml' is no lookup table: wanted a name that ends with one of "
                ".csv, .json, .jsonl, .ndjson, .mmdb"
            ),
        ),
        (assets + "key = 'id'", f'{place}, "key": the table has no column "id": known are "ip", "owner", "site"'),
        (
            assets + "columns = ['ip']",
            f'{place}, "columns": the table has no column "ip" besides its key: known are "owner", "site"',
        ),
        (
            assets + "columns = { 'a[0]' = 'site' }",
            f'{place}, "columns", "a[0]": "a[0]" is an element of an array; arrays are made as a whole',
        ),
        (assets + "match = 'fuzzy'", f'{place}, "match": wanted "exact" or "cidr", found "fuzzy"'),
        (
            assets + "match = 'cidr'\nkey = 'owner'",
            f'{place}, "match": wanted addresses and networks as keys, found "bob"',
        ),
        (
            assets + "into = '@lb.x'",
            f'{place}, "into": "@lb.x" is no field of the event: it tells where the event is from',
        ),
        (
            "lookup = 'City.mmdb'\non = 'a'\nkey = 'ip'",
            f'{place}, "key": a table by address has no keys to choose',
        ),
    ]:
        assert lookup_error(folder, more) == message


def test_a_table_that_is_too_large_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lakebed.query.lookup.file.LOOKUP_BYTES_MAX", 10)
    assert limits.LOOKUP_BYTES_MAX > 10
    assert lookup_error(folder, "lookup = 'assets.csv'\non = 'a'") == (
        "'t.toml', line 1, step 1, \"lookup\": 'assets.csv' has 74 bytes; a table of its kind has at most 10"
    )


def test_an_mmdb_file_may_be_a_lookup(folder: Path) -> None:
    text = "[[step]]\nlookup = 'City.mmdb'\non = 'a'\n"
    text += "columns = { where = 'country.iso_code', part = 'subdivisions[0].iso_code' }"
    found = compiled(text, folder)
    columns = [["where", "country.iso_code"], ["part", "subdivisions.0.iso_code"]]
    assert steps_of(found) == [looked_up("City", columns, "a")]
    assert found.tables == [EngineTable(b'{"kind":"mmdb"}', (folder / "City.mmdb").read_bytes())]


def places(found: Context) -> list[tuple[str, list[list[str]]]]:
    """Where the lookups put what."""
    return [(step["into"], step["columns"]) for step in found.steps if step["do"] == "lookup"]  # type: ignore[misc] # JSON


def test_places_stand_beside_addresses(folder: Path) -> None:
    found = compiled("[[step]]\ngeoip = 'City.mmdb'\n", folder)
    columns = [
        ["continent_code", "continent.code"],
        ["continent_name", "continent.names.en"],
        ["country_iso_code", "country.iso_code"],
        ["country_name", "country.names.en"],
        ["region_iso_code", "subdivisions.0.iso_code"],
        ["region_name", "subdivisions.0.names.en"],
        ["city_name", "city.names.en"],
        ["postal_code", "postal.code"],
        ["timezone", "location.time_zone"],
        ["location.lat", "location.latitude"],
        ["location.lon", "location.longitude"],
    ]
    assert places(found) == [("@ecs.source.geo", columns), ("@ecs.destination.geo", columns)]
    assert [step["do"] for step in found.steps] == ["lookup", "set"] * 2
    assert found.steps[0]["on"] == [{"parts": ["@ecs.source.ip"]}]


@pytest.mark.parametrize(
    ("kind", "record", "geo", "system"),
    [
        ("GeoLite2-ASN", {"autonomous_system_number": 1}, "", "autonomous_system_number"),
        ("DBIP-ASN-Lite (compat=GeoLite2-ASN)", {"autonomous_system_number": 1}, "", "autonomous_system_number"),
        ("GeoLite2-Country", CITY, "country.iso_code", ""),
        ("GeoIP2-Enterprise", CITY, "country.iso_code", "traits.autonomous_system_number"),
        ("ipinfo lite", {"country_code": "US", "asn": "AS1"}, "country_code", "asn"),
        ("ipinfo generic_country_asn_free", {"country": "US", "asn": "AS1"}, "country", "asn"),
    ],
)
def test_layouts_of_files_are_known(tmp_path: Path, kind: str, record: object, geo: str, system: str) -> None:
    (tmp_path / "a.mmdb").write_bytes(mmdb.write({"203.0.113.0/24": record}, kind))
    found = compiled("[[step]]\ngeoip = 'a.mmdb'\non = ['src_ip', 'client.ip']\n", tmp_path)
    told = {into: dict(columns) for into, columns in places(found)}
    wanted = {"src_ip_geo": geo, "client.geo": geo, "src_ip_as": system, "client.as": system}
    assert {
        into: told.get(into, {}).get("country_iso_code" if "geo" in into else "number", "") for into in wanted
    } == wanted


def test_what_is_wrong_with_a_file_of_places_is_told(folder: Path) -> None:
    (folder / "a.mmdb").write_bytes(b"not a database")
    (folder / "b.mmdb").write_bytes(mmdb.write({"203.0.113.0/24": {"a": 1}}, "Test"))
    whole = mmdb.write({"203.0.113.0/24": CITY}, "GeoLite2-City")
    (folder / "c.mmdb").write_bytes(whole.replace(b"North", b"\xff\xff\xff\xff\xff"))
    place = "'t.toml', line 1, step 1"
    assert lookup_error(folder, "geoip = 'a.mmdb'").startswith(f"{place}, \"geoip\": 'a.mmdb' is no MMDB file: ")
    assert lookup_error(folder, "geoip = 'c.mmdb'").startswith(f"{place}, \"geoip\": 'c.mmdb' is damaged: ")
    assert lookup_error(folder, "geoip = 'b.mmdb'") == (
        f"{place}, \"geoip\": wanted GeoLite2 or GeoIP2 City, Country or ASN, or IPinfo Lite; 'b.mmdb' is 'Test'"
    )
    assert lookup_error(folder, "geoip = 'assets.csv'") == (
        f"{place}, \"geoip\": wanted an MMDB file, found 'assets.csv'"
    )
    assert lookup_error(folder, "geoip = 'City.mmdb'\non = 'a.*'") == (
        f'{place}, "on": wanted the name of one field, found the pattern "a.*"'
    )
