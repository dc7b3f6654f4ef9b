"""The calendar file by the personal link, for a calendar that can only follow an address."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.scope import Scope
from chat.snaksammen.links import Links

ScopeOf = Callable[[Request], Awaitable[Scope]]

PATH = "/samtale/{token}/samtale.ics"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Disposition": 'attachment; filename="samtale.ics"',
    "X-Content-Type-Options": "nosniff",
}


def routes(links: Links, scope_of: ScopeOf) -> list[Route]:
    """Give the route: GET the file (RFC 5545); whoever adapts errors answers `Refused`."""

    async def calendar(request: Request) -> Response:
        scope = await scope_of(request)
        file = await links.calendar(scope, request.path_params["token"])
        return Response(file, headers=HEADERS, media_type="text/calendar; charset=utf-8")

    return [Route(PATH, calendar, methods=["GET"])]
