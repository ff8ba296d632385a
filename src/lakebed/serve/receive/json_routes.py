"""`POST /v1/logs/<source>`: events as JSON, one a line, in an array, or one after another; or as plain text.

What is no JSON becomes a message and is counted in the answer; a body of which nothing is JSON is refused, unless it is
sent as `text/plain`: then every line is kept as it is, for the engine to find its format.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from lakebed.serve.receive.body import BodyError
from lakebed.serve.receive.documents import documents
from lakebed.serve.receive.event_lines import json_line, text_line
from lakebed.serve.receive.receiver import BadTokenError
from lakebed.serve.receive.requests import Handler, Refused
from lakebed.serve.receive.syslog_frames import plain_lines

if TYPE_CHECKING:
    from starlette.requests import Request

    from lakebed.serve.receive.batches import Shape
    from lakebed.serve.receive.receiver import Receiver

ID_CHARACTERS_MAX = 200
"""Of an `Idempotency-Key`: a UUID has 36."""

_KEY = re.compile(rf"[\x21-\x7e]{{1,{ID_CHARACTERS_MAX}}}")


class JsonLogs(Handler):
    """Newline JSON with a bearer token."""

    endpoint = "json"

    async def take(self, request: Request, source: str, body: bytes) -> Response:
        """See `Handler.take`."""
        if request.path_params["source"] != source:
            raise BadTokenError
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        shape: Shape = "text" if kind == "text/plain" else "json"
        lines, not_json = self._text(body) if shape == "text" else self._json(body)
        is_known = await self._store(source, shape, lines, body, request.headers.get("idempotency-key"))
        answer: dict[str, object] = {"accepted": len(lines), "not_json": not_json}
        return _json_response(200, answer | ({"duplicate": True} if is_known else {}))

    def refuse(self, request: Request, refused: Refused) -> Response:
        """See `Handler.refuse`."""
        return _json_response(refused.status, {"error": refused.text}, refused.headers)

    def _json(self, body: bytes) -> tuple[list[bytes], int]:
        arrival = self.receiver.arrival()
        lines: list[bytes] = []
        not_json = 0
        for number, piece in enumerate(documents(body), 1):
            if len(piece.text) > self.receiver.settings.line_bytes:
                raise BodyError(413, f"event {number} is longer than {self.receiver.settings.line_bytes} bytes")
            not_json += not piece.is_json
            lines.append(json_line(piece.text, arrival) if piece.is_json else text_line(piece.text, arrival))
        if not_json and not_json == len(lines):
            raise BodyError(400, "nothing in the body is JSON; plain text is taken as 'Content-Type: text/plain'")
        return lines, not_json

    def _text(self, body: bytes) -> tuple[list[bytes], int]:
        lines = plain_lines(body)
        if any(len(line) > self.receiver.settings.line_bytes for line in lines):
            raise BodyError(413, f"a line is longer than {self.receiver.settings.line_bytes} bytes")
        return lines, 0

    async def _store(self, source: str, shape: Shape, lines: list[bytes], body: bytes, key: str | None) -> bool:
        """Whether the same was stored before, under the id that the client gave."""
        receiver = self.receiver
        if key is None or not lines:
            await receiver.store(source, shape, lines)
            return False
        if not _KEY.fullmatch(key):
            raise BodyError(400, f"the Idempotency-Key is not 1 to {ID_CHARACTERS_MAX} visible characters")
        name = (source, "json", key)
        known = receiver.recent_ids.find(name, body)
        if known is not None:
            await asyncio.shield(known)
            return True
        if receiver.recent_ids.has(name):
            raise BodyError(422, "the Idempotency-Key was used for another body")
        await receiver.store(source, shape, lines, lambda outcome: receiver.recent_ids.begin(name, body, outcome))
        return False


def _json_response(status: int, content: object, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(content) + b"\n", status, headers, "application/json")


def json_routes(receiver: Receiver) -> list[Route]:
    """The routes of this protocol."""
    return [Route("/v1/logs/{source}", JsonLogs(receiver).answer, methods=["POST"])]
