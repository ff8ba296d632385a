"""Elasticsearch's `_bulk`, and the calls that its shippers make before they send anything.

`GET /` says a version and the header by which Elastic's clients know their product. Templates, policies and pipelines
that a shipper wants to set up are acknowledged and mean nothing here.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from lakebed.serve.receive.bulk import KNOWN_ID, Action, BulkError, answer_item, bulk_actions
from lakebed.serve.receive.requests import Handler, Refused

if TYPE_CHECKING:
    from starlette.requests import Request

    from lakebed.serve.receive.receiver import Receiver

VERSION = "8.17.0"
"""What shippers of today expect; those that want a newer one say so."""

_PRODUCT = {"X-Elastic-Product": "Elasticsearch"}

_SETUP = (
    "/_license",
    "/_xpack",
    "/_cluster/health",
    "/_nodes/{rest:path}",
    "/_cat/{rest:path}",
    "/_ilm/policy/{rest:path}",
    "/_index_template/{rest:path}",
    "/_component_template/{rest:path}",
    "/_template/{rest:path}",
    "/_ingest/pipeline/{rest:path}",
    "/_data_stream/{rest:path}",
    "/_alias/{rest:path}",
)
"""Read and written by shippers when they start."""

_KNOWN: dict[str, object] = {
    "/_license": {"license": {"status": "active", "uid": "lakebed", "type": "basic", "mode": "basic"}},
    "/_xpack": {"license": {"status": "active", "uid": "lakebed", "type": "basic", "mode": "basic"}, "features": {}},
    "/_cluster/health": {"cluster_name": "lakebed", "status": "green", "timed_out": False, "number_of_nodes": 1},
}


class _Elastic(Handler):
    def refuse(self, request: Request, refused: Refused) -> Response:
        """See `Handler.refuse`."""
        kinds = {401: "security_exception", 403: "security_exception", 503: "es_rejected_execution_exception"}
        # shippers keep what is answered with 429 and come again; some drop it at 503
        status = 429 if refused.reason == "busy" else refused.status
        return _error(status, kinds.get(refused.status, "illegal_argument_exception"), refused.text, refused.headers)


class Bulk(_Elastic):
    """Pairs of actions and documents."""

    endpoint = "bulk"

    async def take(self, request: Request, source: str, body: bytes) -> Response:
        """See `Handler.take`."""
        started = time.monotonic()
        receiver = self.receiver
        index = request.path_params.get("index")
        try:
            actions = list(bulk_actions(body, receiver.arrival(), receiver.settings.line_bytes, index))
        except BulkError as error:
            return _error(400, "illegal_argument_exception", str(error))
        if not actions:
            return _error(400, "parse_exception", "request body is required")
        items = await self._store(source, actions)
        has_errors = any("error" in item for answer in items for item in answer.values())
        took = int((time.monotonic() - started) * 1000)
        return _answer(200, {"took": took, "errors": has_errors, "items": items})

    async def _store(self, source: str, actions: list[Action]) -> list[dict[str, dict[str, object]]]:
        """Stores what is new, and waits for what another request is storing under the same id."""
        recent = self.receiver.recent_ids
        lines: list[bytes] = []
        new: dict[tuple[str, ...], bytes] = {}
        waited_for: list[asyncio.Future[None]] = []
        items: list[dict[str, dict[str, object]]] = []
        for action in actions:
            shown = action
            if action.refusal is None and action.id is not None:
                name = (source, "bulk", action.index, action.id)
                known = recent.find(name, action.document)
                is_known = known is not None or new.get(name) == action.document
                if known is not None:
                    waited_for.append(known)
                if action.verb == "create" and (is_known or name in new or recent.has(name)):
                    shown = replace(action, refusal=KNOWN_ID)
                elif not is_known:
                    new[name] = action.document
                    lines.append(action.line)
            elif action.refusal is None:
                lines.append(action.line)
            items.append(answer_item(shown))
        await self.receiver.store(source, "bulk", lines, lambda outcome: self._begin(new, outcome))
        for known in waited_for:
            await asyncio.shield(known)
        return items

    def _begin(self, new: dict[tuple[str, ...], bytes], outcome: asyncio.Future[None]) -> None:
        for name, document in new.items():
            self.receiver.recent_ids.begin(name, document, outcome)


class Setup(_Elastic):
    """What shippers ask and set up first."""

    endpoint = "bulk setup"

    async def take(self, request: Request, source: str, body: bytes) -> Response:
        """See `Handler.take`."""
        path = request.url.path
        if path == "/":
            return _answer(200, _hello())
        if request.method not in {"GET", "HEAD"}:
            return _answer(200, {"acknowledged": True})
        if path in _KNOWN:
            return _answer(200, _KNOWN[path])
        if path.startswith(("/_nodes/", "/_cat/")):
            return _answer(200, {"nodes": {}} if path.startswith("/_nodes/") else [])
        return _error(404, "resource_not_found_exception", "nothing of this kind is kept here")


def _hello() -> dict[str, object]:
    version = {
        "number": VERSION,
        "build_flavor": "default",
        "build_type": "tar",
        "build_hash": "0" * 40,
        "build_date": "2024-12-11T00:00:00.000000000Z",
        "build_snapshot": False,
        "lucene_version": "9.12.0",
        "minimum_wire_compatibility_version": "7.17.0",
        "minimum_index_compatibility_version": "7.0.0",
    }
    return {
        "name": "lakebed",
        "cluster_name": "lakebed",
        "cluster_uuid": "lakebed-receive-000000",
        "version": version,
        "tagline": "You Know, for Search",
    }


def _error(status: int, kind: str, reason: str, headers: dict[str, str] | None = None) -> Response:
    cause = {"type": kind, "reason": reason}
    return _answer(status, {"error": {"root_cause": [cause], **cause}, "status": status}, headers)


def _answer(status: int, content: object, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(content), status, _PRODUCT | (headers or {}), "application/json")


def bulk_routes(receiver: Receiver) -> list[Route]:
    """The routes of this protocol."""
    bulk, setup = Bulk(receiver), Setup(receiver)
    routes = [Route("/_bulk", bulk.answer, methods=["POST", "PUT"])]
    routes += [Route("/{index}/_bulk", bulk.answer, methods=["POST", "PUT"])]
    routes += [Route("/{index}/{type}/_bulk", bulk.answer, methods=["POST", "PUT"])]  # with a type, as before version 7
    routes += [Route(path, setup.answer, methods=["GET", "HEAD", "PUT", "POST"]) for path in _SETUP]
    return [*routes, Route("/", setup.answer, methods=["GET", "HEAD"])]
