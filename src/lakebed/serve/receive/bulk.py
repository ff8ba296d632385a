"""Elasticsearch's `_bulk`: pairs of an action and a document, and an answer for each of them.

Documents become events; `_index` and `_id` of the action stand at their top, where Elasticsearch lets no document have
such names. `create` and `index` both add: events are never changed here, so `update` and `delete` are refused, each for
itself, as a data stream does. An `_id` that was stored a moment ago is not stored again (`recent_ids.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import msgspec

from lakebed.decoding import json_decoder
from lakebed.serve.receive.documents import BYTE_ORDER_MARK, is_json, with_members
from lakebed.serve.receive.event_lines import json_line

if TYPE_CHECKING:
    from collections.abc import Iterator

Verb = Literal["create", "index", "update", "delete"]


class BulkError(Exception):
    """A body that cannot be cut into actions: refused as a whole."""


@dataclass(frozen=True)
class Refusal:
    """Why one action is not carried out, as Elasticsearch says it."""

    status: int
    kind: str
    reason: str


NOT_JSON = Refusal(400, "document_parsing_exception", "failed to parse: the document is no JSON object")
TOO_LONG = Refusal(413, "document_parsing_exception", "failed to parse: the document is larger than one may be")
ONLY_ADDS = Refusal(400, "illegal_argument_exception", "only write ops with an op_type of create or index are allowed")
NO_INDEX = Refusal(400, "action_request_validation_exception", "Validation Failed: 1: index is missing;")
KNOWN_ID = Refusal(409, "version_conflict_engine_exception", "version conflict, document already exists")


@dataclass(frozen=True)
class Action:
    """One action of a body; either a line or a refusal. `document` is as it was sent."""

    verb: Verb
    index: str
    id: str | None
    document: bytes = b""
    line: bytes = b""
    refusal: Refusal | None = None


class _Target(msgspec.Struct):
    index: str | None = msgspec.field(name="_index", default=None)
    id: str | int | None = msgspec.field(name="_id", default=None)


class _Order(msgspec.Struct):
    create: _Target | None = None
    index: _Target | None = None
    update: _Target | None = None
    delete: _Target | None = None


_order = json_decoder(_Order)
_VERBS: tuple[Verb, ...] = ("create", "index", "update", "delete")


def bulk_actions(body: bytes, arrival: bytes, line_bytes: int, default_index: str | None) -> Iterator[Action]:
    """The actions of a body, in order. `default_index` is that of the path. Raises `BulkError`."""
    lines = iter(enumerate(body.removeprefix(BYTE_ORDER_MARK).split(b"\n"), 1))
    for number, line in lines:
        if not line.strip():
            continue
        verb, target = _read_order(line, number)
        index = target.index or default_index or ""
        found_id = None if target.id is None else str(target.id)
        if verb == "delete":
            yield Action(verb, index, found_id, refusal=ONLY_ADDS)
            continue
        following = next(lines, None)
        if following is None:
            raise BulkError(f"line [{number}]: the document that belongs to the action is missing")
        document = following[1].strip()
        refusal = _refusal(verb, index, document, line_bytes)
        if refusal is not None:
            yield Action(verb, index, found_id, refusal=refusal)
        else:
            yield Action(verb, index, found_id, document, _line(document, arrival, index, found_id))


def _read_order(line: bytes, number: int) -> tuple[Verb, _Target]:
    try:
        order = _order.decode(line)
    except (msgspec.DecodeError, RecursionError):
        raise BulkError(f"Malformed action/metadata line [{number}], expected an object with an action") from None
    told: list[tuple[Verb, _Target]] = [
        (verb, target) for verb in _VERBS if (target := getattr(order, verb)) is not None
    ]
    if len(told) != 1:
        raise BulkError(f"Malformed action/metadata line [{number}], expected one of [create, delete, index, update]")
    return told[0]


def _refusal(verb: Verb, index: str, document: bytes, line_bytes: int) -> Refusal | None:
    if verb == "update":
        return ONLY_ADDS
    if not index:
        return NO_INDEX
    if len(document) > line_bytes:
        return TOO_LONG
    return None if document.startswith(b"{") and is_json(document) else NOT_JSON


def _line(document: bytes, arrival: bytes, index: str, found_id: str | None) -> bytes:
    members = b'"_index":' + msgspec.json.encode(index)
    if found_id is not None:
        members += b',"_id":' + msgspec.json.encode(found_id)
    return with_members(json_line(document, arrival), members)


def answer_item(action: Action) -> dict[str, dict[str, object]]:
    """What the answer says of an action; one that has no refusal was stored."""
    shown: dict[str, object] = {"_index": action.index, "_id": action.id or ""}
    if action.refusal is None:
        shards = {"total": 1, "successful": 1, "failed": 0}
        stored = {
            "_version": 1,
            "result": "created",
            "_shards": shards,
            "_seq_no": 0,
            "_primary_term": 1,
            "status": 201,
        }
        return {action.verb: shown | stored}
    refusal = action.refusal
    return {action.verb: shown | {"status": refusal.status, "error": {"type": refusal.kind, "reason": refusal.reason}}}
