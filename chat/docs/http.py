"""Serves the description of the wire, made once from the tables of `protocol`."""

from pathlib import Path

import msgspec
from starlette.endpoints import HTTPEndpoint
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.docs.page import STYLE_PATH, page
from protocol.asyncapi import asyncapi
from protocol.openapi import openapi

_HEADERS = {
    "Cache-Control": "public, max-age=300",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
}


def routes() -> list[Route]:
    """Give the routes of `/openapi.json`, `/asyncapi.json`, `/docs` and its style."""
    openapi_document, asyncapi_document = openapi(), asyncapi()
    style = Path(__file__).with_name("docs.css").read_bytes()
    return [
        Route("/openapi.json", _fixed(_json(openapi_document), "application/json")),
        Route("/asyncapi.json", _fixed(_json(asyncapi_document), "application/json")),
        Route("/docs", _fixed(page(openapi_document, asyncapi_document).encode(), "text/html")),
        Route(STYLE_PATH, _fixed(style, "text/css")),
    ]


def _json(document: dict[str, object]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document), indent=2)


def _fixed(content: bytes, media_type: str) -> type[HTTPEndpoint]:
    """Make an endpoint that always gives the same content."""

    class Fixed(HTTPEndpoint):
        async def get(self, request: Request) -> Response:
            return Response(content, headers=_HEADERS, media_type=media_type)

    return Fixed
