"""Pictures over HTTP: raw bytes in, WebP out, with entity tags and ranges (RFC 9110)."""

import re
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.media.model import MEDIA_TYPE, Unsatisfiable, byte_range
from chat.media.service import File, Media
from chat.scope import Scope
from protocol.codec import encode_data
from protocol.errors import Refused
from protocol.ids import decode_id
from protocol.resources import ID_PATTERN

ScopeOf = Callable[[Request], Awaitable[Scope]]

PATH = "/api/v1/pictures"

# What was uploaded by one person is never run in another's browser, whatever is in it; and what is
# erased is in no browser's cache after 24 hours (G7).
HEADERS = {
    "Accept-Ranges": "bytes",
    "Cache-Control": "private, max-age=86400, immutable",
    "Content-Disposition": "inline",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Vary": "Cookie, Authorization",
    "X-Content-Type-Options": "nosniff",
}


def routes(
    media: Media, scope_of: ScopeOf, require_room: Callable[[], None] = lambda: None
) -> list[Route]:
    """Give the routes: POST a picture's bytes, GET it or (`?size=thumb`) its thumbnail.

    They raise `Refused` for whoever adapts the application's errors. `require_room` raises it
    before an upload while the disk is short of room.
    """

    async def upload(request: Request) -> Response:
        scope = await scope_of(request)
        require_room()
        picture = await media.upload(scope, request.stream())
        return Response(encode_data(picture), 201, media_type="application/json")

    async def fetch(request: Request) -> Response:
        scope = await scope_of(request)
        size = request.query_params.get("size", "full")
        if size not in ("full", "thumb"):
            raise Refused("invalid_field", field="size")
        picture = _id(request.path_params["picture"])
        file = await media.fetch(scope, picture, thumb=size == "thumb")
        return _answer(file, request)

    return [
        Route(PATH, upload, methods=["POST"]),
        Route(PATH + "/{picture}", fetch, methods=["GET"]),
    ]


def _id(text: str) -> int:
    if not re.fullmatch(ID_PATTERN, text):
        raise Refused("not_found")
    return decode_id(text)


def _answer(file: File, request: Request) -> Response:
    headers = {**HEADERS, "ETag": file.etag}
    if _matches(request.headers.get("if-none-match", ""), file.etag):
        return Response(status_code=304, headers=headers)
    if request.headers.get("if-range", file.etag) != file.etag:
        return Response(file.body, 200, headers, MEDIA_TYPE)
    size = len(file.body)
    try:
        part = byte_range(request.headers.get("range", ""), size)
    except Unsatisfiable:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    if part is None:
        return Response(file.body, 200, headers, MEDIA_TYPE)
    first, last = part
    headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return Response(file.body[first : last + 1], 206, headers, MEDIA_TYPE)


def _matches(if_none_match: str, etag: str) -> bool:
    """Compare weakly, as RFC 9110 section 13.1.2 has it."""
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return etag in tags or "*" in tags
