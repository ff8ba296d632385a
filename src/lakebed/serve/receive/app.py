"""The endpoints over HTTP as one ASGI application; the server that is to come mounts the same routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette

from lakebed.serve.receive.bulk_routes import bulk_routes
from lakebed.serve.receive.hec_routes import hec_routes
from lakebed.serve.receive.json_routes import json_routes
from lakebed.serve.receive.otlp_routes import otlp_routes

if TYPE_CHECKING:
    from starlette.routing import Route

    from lakebed.serve.receive.receiver import Receiver


def receive_routes(receiver: Receiver) -> list[Route]:
    """All routes that take events. Those of Elasticsearch stand last: some of them begin with any name."""
    return [*otlp_routes(receiver), *json_routes(receiver), *hec_routes(receiver), *bulk_routes(receiver)]


def receive_app(receiver: Receiver) -> Starlette:
    """An application with nothing else."""
    return Starlette(routes=receive_routes(receiver))
