"""What endpoints over HTTP share: authorization, body, and errors in the words of each protocol."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from starlette.requests import ClientDisconnect
from starlette.responses import Response

from lakebed import config
from lakebed.errors import StorageError
from lakebed.serve.receive.body import BodyError, read_body
from lakebed.serve.receive.budget import BusyError
from lakebed.serve.receive.receiver import (
    BadAuthorizationError,
    BadTokenError,
    NoTokenError,
    QueryTokenError,
    StoppingError,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from lakebed.serve.receive.receiver import Receiver

Reason = Literal[
    "no token", "bad authorization", "bad token", "query token", "busy", "stopping", "not stored", "body", "internal"
]

RETRY = {"Retry-After": str(config.RECEIVE_RETRY_AFTER_S)}


@dataclass(frozen=True)
class Refused:
    """Why a request is not taken. `text` is for the client and holds nothing of what it sent."""

    status: int
    reason: Reason
    text: str
    headers: dict[str, str] = field(default_factory=dict)


_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="lakebed", Basic realm="lakebed"'}

_REFUSALS: dict[type[Exception], Refused] = {
    NoTokenError: Refused(401, "no token", "a token is wanted: 'Authorization: Bearer TOKEN'", _CHALLENGE),
    BadAuthorizationError: Refused(401, "bad authorization", "the authorization is of no known kind", _CHALLENGE),
    BadTokenError: Refused(403, "bad token", "the token is not valid here"),
    QueryTokenError: Refused(400, "query token", "tokens in the query string are not enabled"),
    BusyError: Refused(503, "busy", "too much is waiting to be written, come again", RETRY),
    StoppingError: Refused(503, "stopping", "the receiver is shutting down, come again", RETRY),
    StorageError: Refused(503, "not stored", "the events could not be stored, come again", RETRY),
}


class Handler:
    """An endpoint: `take` does the work and `refuse` tells in its own words why not."""

    endpoint = ""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver

    async def take(self, request: Request, source: str, body: bytes) -> Response:
        """The answer to a request that may send; returns when its events are durable."""
        raise NotImplementedError

    def refuse(self, request: Request, refused: Refused) -> Response:
        """The answer to a request that is not taken."""
        raise NotImplementedError

    def query_token(self, request: Request) -> str | None:
        """The token in the query string, where the protocol has such."""
        return None

    async def answer(self, request: Request) -> Response:
        """Answers a request, whatever happens."""
        response = await self._taken_or_refused(request)
        self.receiver.counts.requests[self.endpoint, response.status_code] += 1
        return response

    async def _taken_or_refused(self, request: Request) -> Response:
        receiver = self.receiver
        try:
            source = receiver.source_of(request.headers.get("authorization"), self.query_token(request))
            with receiver.budget.reserve() as reservation:
                encoding = request.headers.get("content-encoding", "")
                body = await read_body(request.stream(), encoding, receiver.limits, reservation)
                return await self.take(request, source, body)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        except BodyError as error:
            headers = {"Connection": "close"} if error.status in {408, 413} else {}
            return self.refuse(request, Refused(error.status, "body", str(error), headers))
        except tuple(_REFUSALS) as error:
            refused = next(found for kind, found in _REFUSALS.items() if isinstance(error, kind))
            return self.refuse(request, refused)
        except Exception as error:  # noqa: BLE001 - told to the client without a word of it, and to the operator
            receiver.on_error(self.endpoint, error)
            return self.refuse(request, Refused(500, "internal", "internal error"))


def guarded(
    receiver: Receiver, endpoint: str, answer: Callable[[Request], Awaitable[Response]]
) -> Callable[[Request], Awaitable[Response]]:
    """A small endpoint without a body, whose answer is counted."""

    @functools.wraps(answer)
    async def counted(request: Request) -> Response:
        response = await answer(request)
        receiver.counts.requests[endpoint, response.status_code] += 1
        return response

    return counted
