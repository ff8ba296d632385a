"""Steps that add what others know: lookup tables, threat lists, places and networks of addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakebed.query.suggest import did_you_mean
from lakebed.query.values import text_of
from lakebed.transform.expressions import call, column
from lakebed.transform.geoip import geoip_columns
from lakebed.transform.names import name_node, read_pattern, read_target
from lakebed.transform.place import counted
from lakebed.transform.tables import CIDR, EXACT, MATCHES, RowsTable, are_networks, network_text
from lakebed.transform.threats import DEFAULT_FIELDS, read_threats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakebed.query.lookup.file import LookupFile
    from lakebed.query.plan import Node, PlanValue
    from lakebed.transform.step_reader import StepReader

THREATS_INTO = "@ecs.threat.enrichments"
GEOIP_ON = ("@ecs.source.ip", "@ecs.destination.ip")


def lookup(step: StepReader) -> list[Node]:
    """`lookup = "assets.csv"`: columns of the row whose key is in a field of the event."""
    file = step.context.lookup_file(step.text("lookup"), step.at("lookup"))
    on = step.patterns("on")
    into = step.target("into", file.name.rpartition(".")[0] or file.name)
    number, available = _mmdb(step, file) if file.is_mmdb else _rows(step, file)
    columns: list[PlanValue] = [
        [target, _way(source) if file.is_mmdb else source] for target, source in _chosen(step, available)
    ]
    return [{"do": "lookup", "table": number, "on": on, "into": into, "columns": columns, "append": False}]


def _mmdb(step: StepReader, file: LookupFile) -> tuple[int, Sequence[str]]:
    for key in ("key", "match", "ignore_case"):
        if step.has(key):
            step.at(key).fail("a table by address has no keys to choose")
    available = file.by(["address"]).columns
    return step.context.add_table({"kind": "mmdb"}, file.data), available


def _way(column: str) -> str:
    """`a[0].b` as the engine has it in records of MMDB files: `a.0.b`."""
    return column.replace("[", ".").replace("]", "")


def _rows(step: StepReader, file: LookupFile) -> tuple[int, Sequence[str]]:
    rows = file.rows()
    key = _key(step, rows.columns)
    place = rows.columns.index(key)
    keyed = [(text_of(row[place]), row) for row in rows.rows if row[place] is not None]
    match = _match(step, [text for text, _ in keyed])
    others = [at for at in range(len(rows.columns)) if at != place]
    table = RowsTable([rows.columns[at] for at in others], match, ignore_case=step.flag("ignore_case"))
    for text, row in keyed:
        table.add(text, [row[at] for at in others])
    if table.doubled:
        step.context.notes.append(
            f"{step.place}: '{file.name}' has {counted(table.doubled, 'row')} whose key comes before: left out"
        )
    return table.add_to(step.context), table.columns


def _key(step: StepReader, columns: Sequence[str]) -> str:
    if step.has("key"):
        key = step.text("key")
        if key not in columns:
            step.at("key").fail(f'the table has no column "{key}"{did_you_mean(key, columns)}')
        return key
    last = step.texts("on")[0].rpartition(".")[2]
    return last if last in columns else columns[0]


def _match(step: StepReader, keys: Sequence[str]) -> str:
    if not step.has("match"):
        return CIDR if are_networks(keys) else EXACT
    match = step.text("match")
    if match not in MATCHES:
        step.at("match").fail(f'wanted "exact" or "cidr", found "{match}"')
    wrong = next((key for key in keys if network_text(key) is None), None) if match == CIDR else None
    if wrong is not None:
        step.at("match").fail(f'wanted addresses and networks as keys, found "{wrong[:40]}"')
    return match


def _chosen(step: StepReader, available: Sequence[str]) -> list[tuple[str, str]]:
    """Name below `into` and column of the table."""
    if not step.has("columns"):
        pairs = [(name, name) for name in available]
    elif step.is_table("columns"):
        pairs = list(step.pairs("columns").items())
    else:
        pairs = [(name, name) for name in step.texts("columns")]
    at = step.at("columns")
    for target, source in pairs:
        if source not in available:
            at.fail(f'the table has no column "{source}" besides its key{did_you_mean(source, available)}')
        if step.has("columns"):
            read_target(target, at.of_key(target))
    return pairs


def threats(step: StepReader) -> list[Node]:
    """`threats = "bad.txt"`: what of an event is on a list of indicators."""
    name, at = step.text("threats"), step.at("threats")
    found = read_threats(step.context.indicators(name, at), name, at, step.context.surroundings.now)
    step.context.notes += [f"{at}: {note}" for note in found.notes]
    own = [read_pattern(text, step.at("on")) for text in step.texts("on")]
    nodes: list[Node] = []
    for kind, table in found.tables.items():
        on: list[PlanValue] = [*own] or [read_pattern(text, at) for text in DEFAULT_FIELDS[kind]]
        columns: list[PlanValue] = [[target, target] for target in table.columns]
        number = table.add_to(step.context)
        nodes.append(
            {"do": "lookup", "table": number, "on": on, "into": THREATS_INTO, "columns": columns, "append": True}
        )
    return nodes


def geoip(step: StepReader) -> list[Node]:
    """`geoip = "GeoLite2-City.mmdb"`: where addresses are, and whose network they are in."""
    name, at = step.text("geoip"), step.at("geoip")
    file = step.context.lookup_file(name, at)
    columns = geoip_columns(file, at)
    number = step.context.add_table({"kind": "mmdb"}, file.data)
    nodes: list[Node] = []
    for field in step.texts("on") or GEOIP_ON:
        read_target(field, step.at("on"))
        for part, finish in (("geo", _region), ("as", _network_number)):
            start = f"{part}."
            pairs: list[PlanValue] = [[to.removeprefix(start), path] for to, path in columns if to.startswith(start)]
            if pairs:
                into = _beside(field, part)
                on: list[PlanValue] = [name_node(field)]
                found: Node = {"do": "lookup", "table": number, "on": on, "into": into, "columns": pairs}
                nodes += [{**found, "append": False}, {"do": "set", "fields": [finish(into)]}]
    return nodes


def _beside(field: str, part: str) -> str:
    """`source.geo` for `source.ip`; `src_geo` for `src`: nothing above it could tell two of them apart."""
    above, dot, _ = field.rpartition(".")
    return f"{above}.{part}" if dot else f"{field}_{part}"


def _region(geo: str) -> Node:
    """ECS says a region with its country, `US-CA`; the files say `CA`."""
    name = f"{geo}.region_iso_code"
    region = column(name)
    joined = call("string.concat", column(f"{geo}.country_iso_code"), {"text": "-"}, region)
    is_done = call("string.contains", region, {"text": "-"})
    return {"name": name, "value": call("if", call("not", is_done), joined, region)}


def _network_number(system: str) -> Node:
    """A number in ECS; some files say `AS64500`."""
    name = f"{system}.number"
    number = column(name)
    digits = call("string.to_number", call("string.substring", number, {"number": "2"}))
    return {"name": name, "value": call("if", call("string.starts_with", number, {"text": "AS"}), digits, number)}
