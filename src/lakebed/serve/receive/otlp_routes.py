"""`POST /v1/logs`: OTLP over HTTP, as JSON or protocol buffers, answered in what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from lakebed.serve.receive.body import BodyError
from lakebed.serve.receive.otlp import OtlpError, json_logs, protobuf_logs
from lakebed.serve.receive.requests import Handler, Refused

if TYPE_CHECKING:
    from starlette.requests import Request

    from lakebed.serve.receive.receiver import Receiver

JSON = "application/json"
PROTOBUF = "application/x-protobuf"

_CODES = {400: 3, 401: 16, 403: 7, 413: 3, 415: 3, 429: 8, 500: 13, 503: 14}
"""Of gRPC, which the body of an error tells."""


class OtlpLogs(Handler):
    """An export of log records."""

    endpoint = "otlp"

    async def take(self, request: Request, source: str, body: bytes) -> Response:
        """See `Handler.take`."""
        now_ns, line_bytes = int(self.receiver.clock() * 1e9), self.receiver.settings.line_bytes
        kind = _kind(request)
        try:
            if kind == JSON:
                logs = json_logs(body, line_bytes, now_ns)
            elif kind == PROTOBUF:
                logs = protobuf_logs(body, line_bytes, now_ns)
            else:
                raise BodyError(415, f"the content type is neither {PROTOBUF} nor {JSON}")
        except OtlpError as error:
            raise BodyError(400, str(error)) from None
        await self.receiver.store(source, "otlp", logs.lines)
        message = f"a record with its resource is longer than {line_bytes} bytes" if logs.rejected else ""
        return Response(_success(kind, logs.rejected, message), 200, None, kind)

    def refuse(self, request: Request, refused: Refused) -> Response:
        """See `Handler.refuse`."""
        kind = _kind(request)
        code = _CODES.get(refused.status, 2)
        if kind == PROTOBUF:
            text = refused.text.encode()
            content = b"\x08" + bytes([code]) + b"\x12" + _varint(len(text)) + text  # google.rpc.Status
            return Response(content, refused.status, refused.headers, kind)
        content = msgspec.json.encode({"code": code, "message": refused.text})
        return Response(content, refused.status, refused.headers, JSON)


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _success(kind: str, rejected: int, message: str) -> bytes:
    """`ExportLogsServiceResponse`, with what was left out, if anything was."""
    if kind == JSON:
        partial = {"rejectedLogRecords": str(rejected), "errorMessage": message}
        return msgspec.json.encode({"partialSuccess": partial} if rejected else {})
    if not rejected:
        return b""
    text = message.encode()
    inner = b"\x08" + _varint(rejected) + b"\x12" + _varint(len(text)) + text
    return b"\x0a" + _varint(len(inner)) + inner


def _varint(number: int) -> bytes:
    """An unsigned number as protocol buffers write it.

    >>> _varint(300)
    b'\\xac\\x02'
    """
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def otlp_routes(receiver: Receiver) -> list[Route]:
    """The routes of this protocol."""
    return [Route("/v1/logs", OtlpLogs(receiver).answer, methods=["POST"])]
