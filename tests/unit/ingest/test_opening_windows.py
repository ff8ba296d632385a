"""Events of Windows: one shape from EVTX and XML, every event that can be read, and the damage of the others told."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

import pytest

from lakebed import config
from lakebed.ingest.opening.front import Opening
from lakebed.ingest.opening.windows_event import flat_event, source_type_of
from lakebed.ingest.settings import SourceSettings
from tests.evtx_files import CHUNK_BYTES, RECORDS_AT, dense_chunk
from tests.opened import SIZES, damages, opened, pieces_of, zipped

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from lakebed.ingest.opening.front import Findings

Event = dict[str, Any]  # Any: values of JSON

LOGON = """<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>\
<Provider Name='Microsoft-Windows-Security-Auditing' Guid='{54849625-5478-4994-a5ba-3e3b0328c30d}'/>\
<EventID>4624</EventID><Version>2</Version><Level>0</Level><Keywords>0x8020000000000000</Keywords>\
<TimeCreated SystemTime='2026-01-02T03:04:05.6789012Z'/><EventRecordID>42</EventRecordID><Correlation/>\
<Execution ProcessID='668' ThreadID='700'/><Channel>Security</Channel><Computer>dc1.example.com</Computer><Security/>\
</System><EventData><Data Name='TargetUserName'>alice &amp; bob</Data><Data Name='LogonType'>3</Data>\
<Data Name='Level'>own</Data><Data Name='Empty'></Data></EventData>\
<RenderingInfo Culture='en-US'><Message>An account was logged on.</Message><Level>Information</Level></RenderingInfo>\
</Event>"""
LOGON_FLAT: Event = {
    "Provider_Name": "Microsoft-Windows-Security-Auditing",
    "Provider_Guid": "{54849625-5478-4994-a5ba-3e3b0328c30d}",
    "EventID": 4624,
    "Version": 2,
    "Level": 0,
    "Keywords": "0x8020000000000000",
    "TimeCreated": "2026-01-02T03:04:05.6789012Z",
    "EventRecordID": 42,
    "Execution_ProcessID": 668,
    "Execution_ThreadID": 700,
    "Channel": "Security",
    "Computer": "dc1.example.com",
    "TargetUserName": "alice & bob",
    "LogonType": "3",
    "EventData_Level": "own",
    "Empty": "",
    "RenderingInfo_Culture": "en-US",
    "Message": "An account was logged on.",
    "RenderingInfo_Level": "Information",
}
SERVICE = """<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System>
  <Provider Name="Service Control Manager"/><EventID Qualifiers="16384">7036</EventID><Channel>System</Channel>
</System><EventData><Data>BITS</Data><Data>running</Data><Binary>4200</Binary></EventData></Event>"""
SERVICE_FLAT: Event = {
    "Provider_Name": "Service Control Manager",
    "EventID": 7036,
    "EventID_Qualifiers": 16384,
    "Channel": "System",
    "Data": ["BITS", "running"],
    "Binary": "4200",
}


def read(data: bytes, piece_bytes: int = 1 << 18) -> tuple[list[Event], Findings]:
    members, findings = opened(data, piece_bytes=piece_bytes)
    return [json.loads(line) for _, text in members for line in text.splitlines()], findings


@pytest.mark.parametrize("piece_bytes", SIZES)
@pytest.mark.parametrize(
    "text",
    [
        f"{LOGON}\n{SERVICE}\n",
        LOGON + SERVICE,
        f'<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<Events>\n{LOGON}\r\n{SERVICE}</Events>\n',
        f"\ufeff<Events>{LOGON}<!-- between -->{SERVICE}</Events>",
    ],
    ids=["lines", "joined", "document", "marked"],
)
def test_xml_in_its_shapes(text: str, piece_bytes: int) -> None:
    events, findings = read(text.encode(), piece_bytes)
    assert events == [LOGON_FLAT, SERVICE_FLAT]
    assert (findings.format, findings.damages, findings.unparsed) == ("windows-xml", [], 0)


@pytest.mark.parametrize("piece_bytes", [3, 1000])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_xml_in_utf_16(encoding: str, piece_bytes: int) -> None:
    assert read(f"\ufeff{LOGON}".encode(encoding), piece_bytes)[0] == [LOGON_FLAT]


def test_a_damaged_event_is_kept_as_a_message_and_costs_no_other() -> None:
    broken = "<Event xmlns='x'><System><EventID>1</System></Event>"
    cut = "<Event xmlns='x'><System><EventID>5</EventID>"
    events, findings = read(f"{LOGON}\n{broken}\nnoise\n{SERVICE}\n{cut}{SERVICE}\ntail".encode())
    assert events == [
        LOGON_FLAT,
        {"message": broken},
        {"message": "noise"},
        SERVICE_FLAT,
        {"message": cut},
        SERVICE_FLAT,
        {"message": "tail"},
    ]
    assert findings.unparsed == 4


@pytest.mark.parametrize(
    "declaration",
    ['<!DOCTYPE Event [<!ENTITY a "aaaa">]>', '<!DOCTYPE Event SYSTEM "file:///etc/passwd">'],
)
def test_declarations_are_refused(declaration: str) -> None:
    inside = LOGON.replace("<System>", f"{declaration}<System>", 1)
    events, findings = read(f"{LOGON}{declaration}{SERVICE}{inside}".encode())
    assert events == [LOGON_FLAT, {"message": declaration}, SERVICE_FLAT, {"message": inside}]
    assert findings.unparsed == 2


def test_entities_and_depth_are_refused() -> None:
    entity = LOGON.replace("alice &amp; bob", "&a;")
    deep = LOGON.replace("alice &amp; bob", "<a>" * 60 + "</a>" * 60)
    events, findings = read(f"{entity}{deep}".encode())
    assert events == [{"message": entity}, {"message": deep}]
    assert findings.unparsed == 2


def test_an_event_without_end_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "OPENING_RECORD_BYTES_MAX", 5000)
    start = LOGON.partition("<EventData>")[0]
    events, _ = read((start + "x" * 20_000).encode(), 1000)
    assert "".join(event["message"] for event in events) == start + "x" * 20_000
    assert max(len(event["message"]) for event in events) <= 6000


def test_user_data_and_other_shapes() -> None:
    system = {"EventID": 8003, "Channel": "AppLocker"}
    inner = {"#attributes": {"xmlns": "x"}, "PolicyName": "EXE", "File": {"Path": "a", "Hash": None}}
    event = {
        "System": system,
        "UserData": {"RuleAndFileData": inner},
        "EventData": {"#attributes": {"Name": "X"}, "A B": {"#text": "c"}},
    }
    assert flat_event(event) == {
        "EventID": 8003,
        "Channel": "AppLocker",
        "PolicyName": "EXE",
        "File": {"Path": "a", "Hash": None},
        "EventData_Name": "X",
        "AB": "c",
    }
    for nothing in (None, "text", 5, {"System": None}, {"EventData": ""}):
        assert flat_event(nothing) == {}


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        ("Security", "windows:security"),
        ("Microsoft-Windows-Sysmon/Operational", "windows:microsoft-windows-sysmon/operational"),
        ("", "windows:evtx"),
        (5, "windows:evtx"),
        ("a\nb", "windows:evtx"),
    ],
)
def test_the_source_type_is_the_channel(channel: object, expected: str) -> None:
    assert source_type_of(channel) == expected


def test_a_text_for_each_run_of_a_channel() -> None:
    text = f"{LOGON}{LOGON}{SERVICE}{LOGON}".encode()
    opening = Opening([text], SourceSettings())
    seen = [
        (member.settings and member.settings.source_type, len(b"".join(map(bytes, member.chunks)).splitlines()))
        for member in opening.members()
    ]
    assert seen == [("windows:security", 2), ("windows:system", 1), ("windows:security", 1)]
    named = Opening([text], SourceSettings(source_type="mine", time_fields=("at",), format="text"))
    settings = [member.settings for member in named.members() if list(member.chunks)]
    assert settings == [SourceSettings(source_type="mine", time_fields=("at",), format="json")] * 3


@pytest.fixture(scope="module")
def evtx(sample_logs: Path) -> bytes:
    """A header and one chunk with one record."""
    folder = sample_logs / "sigma-regression"
    return min(folder.glob("**/proc_creation*/*.evtx")).read_bytes()


def copies(evtx: bytes, *counts: int) -> bytes:
    """A file whose chunks have so many records, numbered through."""
    chunks, first = [], 1
    for count in counts:
        chunks.append(dense_chunk(evtx[4096:], count, first))
        first += count
    return evtx[:4096] + b"".join(chunks)


@pytest.mark.real_data
@pytest.mark.parametrize("piece_bytes", [1000, 1 << 20])
def test_all_records_of_all_chunks(evtx: bytes, piece_bytes: int) -> None:
    ((one,), _) = read(evtx)
    events, findings = read(copies(evtx, 20, 1, 7) + bytes(CHUNK_BYTES), piece_bytes)
    assert events == [one] * 28
    assert (findings.format, findings.damages) == ("evtx", [])


@pytest.mark.real_data
def test_a_chunk_that_is_none_costs_no_other(evtx: bytes) -> None:
    data = bytearray(copies(evtx, 5, 5, 5))
    data[4096 + CHUNK_BYTES : 4096 + CHUNK_BYTES + 8] = b"garbage!"
    events, findings = read(bytes(data))
    assert len(events) == 10
    assert damages(findings) == [(4096 + CHUNK_BYTES, "an EVTX chunk is damaged: it does not begin as one")]


@pytest.mark.real_data
@pytest.mark.parametrize("what", ["mark", "size", "content", "tables"])
def test_a_damaged_record_costs_no_other(evtx: bytes, what: str) -> None:
    data = bytearray(copies(evtx, 10, 5))
    starts = records_of(data[4096 : 4096 + CHUNK_BYTES])
    at = 4096 + starts[4]
    if what == "mark":
        data[at : at + 4] = b"\xff" * 4
    elif what == "size":
        struct.pack_into("<I", data, at + 4, 0xFFFFFFF0)
    elif what == "content":
        data[at + 24 : at + 60] = b"\xff" * 36
    else:
        data[4096 + 128 : 4096 + 512] = b"\xff" * 384
    events, findings = read(bytes(data))
    # Where only the marks around a record are wrong, they can be made right.
    assert len(events) == (14 if what == "content" else 15)
    assert findings.damages
    assert all(
        offset == 4096 and reason.startswith("an EVTX chunk is damaged: ") for offset, reason in damages(findings)
    )


def records_of(chunk: bytes | bytearray) -> list[int]:
    """Where records start."""
    starts, at = [], RECORDS_AT
    while chunk[at : at + 4] == b"**\0\0":
        starts.append(at)
        at += struct.unpack_from("<I", chunk, at + 4)[0]
    return starts


@pytest.mark.real_data
def test_a_cut_file_gives_what_precedes(evtx: bytes) -> None:
    data = copies(evtx, 8, 8)
    starts = records_of(data[4096 + CHUNK_BYTES :])
    cut = 4096 + CHUNK_BYTES + starts[3] + 40
    events, findings = read(data[:cut])
    assert len(events) == 8 + 3
    assert damages(findings)[-1] == (cut, "ends in the middle of an EVTX chunk")
    events, findings = read(data[:2000])
    assert (events, damages(findings)) == ([], [(2000, "ends in the middle of an EVTX header")])


@pytest.mark.real_data
def test_a_wrong_header_does_not_matter(evtx: bytes) -> None:
    data = copies(evtx, 3)
    assert len(read(data[:8] + b"\xff" * 4088 + data[4096:])[0]) == 3


@pytest.mark.real_data
def test_random_damage_never_fails(evtx: bytes, rng: random.Random) -> None:
    dice = rng
    whole = copies(evtx, 6, 6)
    for _ in range(100):
        data = bytearray(whole)
        for _ in range(dice.choice([1, 5, 100])):
            data[dice.randrange(4096, 4096 + 20_000)] = dice.randrange(256)
        events, _ = read(bytes(data))
        assert len(events) >= 6, "the second chunk is whole"


@pytest.mark.real_data
def test_evtx_in_a_zip(evtx: bytes) -> None:
    members, findings = opened(zipped([("logs/Sysmon.evtx", copies(evtx, 4)), ("a.log", b"line\n")]))
    assert [(name, text.count(b"\n")) for name, text in members] == [("logs/Sysmon.evtx", 4), ("a.log", 1)]
    assert (findings.format, findings.compression, findings.damages) == ("evtx", "zip", [])


def test_pieces() -> None:
    assert list(pieces_of(b"abcde", 2)) == [b"ab", b"cd", b"e"]
