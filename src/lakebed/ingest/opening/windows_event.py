"""Events of Windows in one shape, whatever form they come in: the flat one that Sigma's rules for Windows want.

- Elements of `System` stand under their own names: `EventID`, `Channel`, `Computer`, `EventRecordID`, `Level`, …;
  their attributes as `Element_Attribute`: `Provider_Name`, `Execution_ProcessID`, `Security_UserID`. The one exception
  is `TimeCreated`, which is its `SystemTime`, the event's time.
- Values of `EventData` stand beside them under their names, without spaces: `Image`, `CommandLine`, `TargetUserName`.
  Those without a name are `Data`, an array if there are several. Of `UserData` the element in it is left out, what it
  holds stands at the top too; deeper elements stay objects.
- A name that `System` has already gets its section before it: `EventData_Level`.
- The rendered message is `Message`; the other texts of `RenderingInfo` are `RenderingInfo_Level` and so on.
- Empty elements are left out. Values are as the source has them: numbers where EVTX has numbers, text from XML except
  the numbers of `System`; GUIDs are in braces in XML and not in EVTX.

`@lb.source_type` is `windows:` with the channel in lower case: `windows:security`,
`windows:microsoft-windows-sysmon/operational`.
"""

from __future__ import annotations

from typing import Any

ATTRIBUTES, TEXT = "#attributes", "#text"
"""Names that attributes and text of an element have where it is a dict, as the EVTX library has it."""

CHANNEL_CHARACTERS_MAX = 200

_SIMPLE = frozenset({str, int, float, bool})

_RENDERED = {"Message": "Message"}

Element = Any
"""None, a text, a number, or a dict of elements by name; several of one name are a list."""


def flat_event(event: Element) -> dict[str, Any]:
    """The shape above, of what stands in `Event`.

    >>> event_id = {"#text": 7036, "#attributes": {"Qualifiers": 1}}
    >>> system = {"EventID": event_id, "Channel": "System", "Correlation": None}
    >>> flat_event({"System": system, "EventData": {"param 1": "BITS", "Channel": "a"}})
    {'EventID': 7036, 'EventID_Qualifiers': 1, 'Channel': 'System', 'param1': 'BITS', 'EventData_Channel': 'a'}
    """
    flat: dict[str, Any] = {}
    if not isinstance(event, dict):
        return flat
    system = event.get("System")
    if isinstance(system, dict):
        for name, value in system.items():
            if type(value) in _SIMPLE:
                flat[name] = value
            else:
                _put_element(flat, name, value)
    for section, content in event.items():
        if section in {"System", ATTRIBUTES} or content is None:
            continue
        if section == "UserData" and isinstance(content, dict):
            inner = [value for name, value in content.items() if name != ATTRIBUTES]
            for element in inner:
                _put_section(flat, section, element)
        else:
            _put_section(flat, section, content)
    return flat


def source_type_of(channel: object) -> str:
    """What `@lb.source_type` is for events of a channel.

    >>> source_type_of("Security"), source_type_of(None)
    ('windows:security', 'windows:evtx')
    """
    if not isinstance(channel, str) or not channel or not channel.isprintable():
        return "windows:evtx"
    return f"windows:{channel[:CHANNEL_CHARACTERS_MAX].lower()}"


def _put_element(flat: dict[str, Any], name: str, value: Element) -> None:
    """An element of `System`: its text and its attributes."""
    if not isinstance(value, dict):
        if value is not None:
            flat[name] = value
        return
    attributes = value.get(ATTRIBUTES) or {}
    if name == "TimeCreated" and "SystemTime" in attributes:
        flat[name] = attributes["SystemTime"]
        return
    if value.get(TEXT) is not None:
        flat[name] = value[TEXT]
    for attribute, text in attributes.items():
        if text not in {None, ""}:
            flat[f"{name}_{attribute}"] = text
    inner = {key: element for key, element in value.items() if key not in {ATTRIBUTES, TEXT}}
    if inner:
        flat[name] = _plain(inner)


def _put_section(flat: dict[str, Any], section: str, content: Element) -> None:
    """What stands in `EventData` and its like."""
    if not isinstance(content, dict):
        if content not in {None, ""} if not isinstance(content, list) else content:
            _put(flat, section, section, _plain(content))
        return
    for name, value in content.items():
        # Nearly all are so, and the rest of this takes half of the time that an event takes.
        if type(value) in _SIMPLE and section == "EventData" and name not in flat and name.isidentifier():
            flat[name] = value
            continue
        if name == ATTRIBUTES:
            for attribute, text in value.items():
                if attribute != "xmlns" and not attribute.startswith("xmlns:"):
                    _put(flat, section, f"{section}_{attribute}", text)
            continue
        name = name.replace(" ", "") or "Data"  # noqa: PLW2901 - the same name, as it is written here
        plain = _plain(value)
        if plain is None:
            continue
        if section == "RenderingInfo":
            name = _RENDERED.get(name, f"{section}_{name}")  # noqa: PLW2901 - as above
        _put(flat, section, name if name != TEXT else section, plain)


def _put(flat: dict[str, Any], section: str, name: str, value: Any) -> None:  # Any: a value of JSON
    key = name if name not in flat else f"{section}_{name}"
    if key in flat:
        held = flat[key]
        flat[key] = [*held, value] if isinstance(held, list) else [held, value]
    else:
        flat[key] = value


def _plain(value: Element) -> Any:  # Any: a value of JSON
    """An element without its attributes' mark: `#text` alone is the text."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    attributes = {key: text for key, text in (value.get(ATTRIBUTES) or {}).items() if not key.startswith("xmlns")}
    inner = {key: _plain(element) for key, element in value.items() if key not in {ATTRIBUTES, TEXT}}
    text = value.get(TEXT)
    if not inner and (text is not None or not attributes):
        return text
    return {**attributes, **inner, **({"text": text} if text is not None else {})}
