"""Splunk's HTTP Event Collector: `/services/collector` with its event, raw, health and ack endpoints.

A request is answered when its events are durable, with or without a channel. So an `ackId` is only ever given for what
is stored, and asking for one is answered with true, also after a restart, or by another receiver: nothing must be
remembered, and no client sends again what is safe.
"""

from __future__ import annotations

import secrets
import uuid
from typing import TYPE_CHECKING

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from lakebed.decoding import json_decoder
from lakebed.serve.receive import hec
from lakebed.serve.receive.requests import Handler, Reason, Refused, guarded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from lakebed.serve.receive.receiver import Receiver

ACK_IDS_MAX = 100_000
"""In one question; clients ask for some hundred."""

_RANDOM_BITS = 10
"""Below the milliseconds of an ack id: two receivers behind one address must not give the same to one channel. Together
they stay below 2^53, which clients in JavaScript can read."""

_REPLIES: dict[Reason, hec.Reply] = {
    "no token": hec.NO_TOKEN,
    "bad authorization": hec.BAD_AUTHORIZATION,
    "bad token": hec.BAD_TOKEN,
    "query token": hec.NO_QUERY_TOKENS,
    "busy": hec.BUSY,
    "stopping": hec.STOPPING,
    "not stored": hec.BUSY,
    "internal": hec.FAILED,
}


class _Question(msgspec.Struct):
    acks: list[int]


_question = json_decoder(_Question)


class _Collector(Handler):
    """What the endpoints that take a token have in common."""

    def refuse(self, request: Request, refused: Refused) -> Response:
        """See `Handler.refuse`."""
        if refused.reason == "body":
            code = hec.TOO_LARGE.code if refused.status == 413 else hec.BAD_DATA.code
            return _response(hec.Reply(refused.status, code, refused.text), headers=refused.headers)
        return _response(_REPLIES[refused.reason], headers=refused.headers)

    def query_token(self, request: Request) -> str | None:
        """See `Handler.query_token`."""
        return request.query_params.get("token")


class Events(_Collector):
    """Events in their envelopes, or raw lines."""

    def __init__(self, receiver: Receiver, endpoint: str) -> None:
        super().__init__(receiver)
        self.endpoint = endpoint
        self._last_ack_id = 0

    async def take(self, request: Request, source: str, body: bytes) -> Response:
        """See `Handler.take`."""
        arrival, line_bytes = self.receiver.arrival(), self.receiver.settings.line_bytes
        try:
            channel = _channel(request)
            told = request.query_params if self.endpoint == "hec raw" else None
            lines = await self.receiver.work(body, lambda: _lines(body, arrival, line_bytes, told))
        except hec.HecError as error:
            more = {} if error.number is None else {"invalid-event-number": error.number}
            return _response(error.reply, more)
        await self.receiver.store(source, "hec", lines)
        return _response(hec.SUCCESS, {} if channel is None else {"ackId": self._next_ack_id()})

    def _next_ack_id(self) -> int:
        now = int(self.receiver.clock() * 1000) << _RANDOM_BITS
        self._last_ack_id = max(self._last_ack_id + 1, now + secrets.randbits(_RANDOM_BITS))
        return self._last_ack_id


class Acks(_Collector):
    """Whether what was answered with an `ackId` is stored: always."""

    endpoint = "hec ack"

    async def take(self, request: Request, source: str, body: bytes) -> Response:
        """See `Handler.take`."""
        try:
            if _channel(request) is None:
                return _response(hec.NO_CHANNEL)
            asked = _question.decode(body).acks
        except hec.HecError as error:
            return _response(error.reply)
        except (msgspec.DecodeError, RecursionError):
            return _response(hec.BAD_DATA)
        if len(asked) > ACK_IDS_MAX:
            return _response(hec.BAD_DATA)
        return Response(msgspec.json.encode({"acks": {str(one): True for one in asked}}), 200, None, "application/json")


def _lines(body: bytes, arrival: bytes, line_bytes: int, told: Mapping[str, str] | None) -> list[bytes]:
    """`told` is the query string of a raw request; None: events in their envelopes."""
    if told is None:
        return hec.event_lines(body, arrival, line_bytes)
    return hec.raw_lines(body, arrival, line_bytes, told)


def _channel(request: Request) -> str | None:
    given = request.headers.get("x-splunk-request-channel") or request.query_params.get("channel")
    if not given:
        return None
    try:
        return str(uuid.UUID(given))
    except ValueError:
        raise hec.HecError(hec.BAD_CHANNEL) from None


def _response(reply: hec.Reply, more: dict[str, int] | None = None, headers: dict[str, str] | None = None) -> Response:
    content = {"text": reply.text, "code": reply.code} | (more or {})
    return Response(msgspec.json.encode(content), reply.status, headers, "application/json")


def hec_routes(receiver: Receiver) -> list[Route]:
    """The routes of this protocol, under all of its names."""

    async def health(_request: Request) -> Response:
        if receiver.is_stopping:
            return _response(hec.STOPPING)
        return _response(hec.HEALTHY if receiver.is_healthy else hec.UNHEALTHY)

    events, raw, acks = Events(receiver, "hec event"), Events(receiver, "hec raw"), Acks(receiver)
    base = "/services/collector"
    routes = [Route(base + end, events.answer, methods=["POST"]) for end in ("", "/event", "/event/1.0")]
    routes += [Route(base + end, raw.answer, methods=["POST"]) for end in ("/raw", "/raw/1.0")]
    routes.append(Route(base + "/ack", acks.answer, methods=["POST"]))
    counted = guarded(receiver, "hec health", health)
    routes += [Route(base + end, counted, methods=["GET"]) for end in ("/health", "/health/1.0")]
    return routes
