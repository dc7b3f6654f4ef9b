"""HTTP: turns a request into a use case's input and its answer, or refusal, into a response.

One adapter for every row of the published table; features with bodies that are not JSON (uploads)
bring endpoints of their own and use `scope_of` and the same refusals.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal

import structlog
from msgspec import Struct, structs
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from chat.scope import Actor, Clock, Scope
from chat.settings import Settings
from protocol.codec import decode_request, encode_data, encode_problem
from protocol.errors import Language, Refused
from protocol.operations import OPERATIONS, Operation
from protocol.resources import Session

log = structlog.get_logger(__name__)

UseCase = Callable[[Scope, Any], Awaitable[Struct]]
JSON = "application/json"
SAFE = {"GET", "HEAD", "OPTIONS"}


def allowed_origins(settings: Settings) -> frozenset[str]:
    """List the origins whose pages may use a cookie here: exact, no wildcards.

    On a loopback address its two usual names are one place.
    """
    origins = {settings.base_url, *settings.origins}
    if settings.base_url.startswith("http://127.0.0.1:"):
        origins.add(settings.base_url.replace("127.0.0.1", "localhost", 1))
    return frozenset(origins)


def cookie_name(settings: Settings) -> str:
    """Name the session cookie: `__Host-` wherever there is TLS, plain on http (loopback only)."""
    return "__Host-samtale" if settings.base_url.startswith("https:") else "samtale"


class Endpoints:
    """The HTTP adapter."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        authenticate: Callable[[str, int], Awaitable[Actor | None]],
        use_cases: Mapping[str, UseCase],
    ) -> None:
        self._limit = settings.limits.body_bytes
        self._clock = clock
        self._authenticate = authenticate
        self._use_cases = use_cases
        self._origins = allowed_origins(settings)
        self._cookie = cookie_name(settings)
        self._secure = settings.base_url.startswith("https:")

    def routes(self) -> list[BaseRoute]:
        """Make a route of every row that has a place in HTTP; literal paths come first."""
        rows = sorted(
            (row for row in OPERATIONS.values() if row.path), key=lambda row: "{" in row.path
        )
        return [Route(row.path, self._endpoint(row), methods=[row.method]) for row in rows]

    def _endpoint(self, row: Operation) -> Callable[[Request], Awaitable[Response]]:
        use_case = self._use_cases[row.name]

        async def endpoint(request: Request) -> Response:
            scope = await self.scope_of(request)
            scope.require(row.access, guests=row.guests)
            body = await read_body(request, self._limit)
            parsed = decode_request(
                row, dict(request.path_params), request.query_params.multi_items(), body
            )
            answer = await use_case(scope, parsed)
            return self._respond(row, parsed, answer)

        return endpoint

    async def scope_of(self, request: Request) -> Scope:
        """Tell who acts, by bearer token or cookie.

        Raises `Refused`: `not_authenticated` for a bearer token that is not valid, `bad_origin`
        for another site's page that would change something.
        """
        now = self._clock()
        address = request.client.host if request.client else ""
        scope = Scope(now, language_of(request), None, address)
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            actor = await self._authenticate(token.strip(), now)
            if actor is None:
                raise Refused("not_authenticated")
            return Scope(now, scope.language, actor, address)
        origin = request.headers.get("origin")
        if request.method not in SAFE and origin is not None and origin not in self._origins:
            raise Refused("bad_origin")
        cookie = request.cookies.get(self._cookie)
        actor = await self._authenticate(cookie, now) if cookie else None
        return Scope(now, scope.language, actor, address)

    def _respond(self, row: Operation, parsed: Any, answer: Struct) -> Response:
        token = None
        if isinstance(answer, Session) and parsed.kind == "browser":
            token, answer = answer.token, structs.replace(answer, token=None)
        response = Response(encode_data(answer), row.status, media_type=JSON)
        response.headers["cache-control"] = "no-store"
        if token is not None and isinstance(answer, Session):
            max_age = (answer.expires_at - self._clock()) // 1_000
            self._set_cookie(response, token, max_age)
        elif row.name in {"session.end", "session.end_all"}:
            self._set_cookie(response, "", 0)
        return response

    def _set_cookie(self, response: Response, value: str, max_age: int) -> None:
        response.set_cookie(
            self._cookie,
            value,
            max_age=max_age,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )


async def read_body(request: Request, limit: int) -> bytes:
    """Read a body of at most `limit` bytes. Raises `too_large` before it reads more."""
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length) > limit:
        raise Refused("too_large")
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise Refused("too_large")
        parts.append(part)
    return b"".join(parts)


def language_of(request: Request) -> Language:
    """Choose the language of texts: Danish unless English is asked for first."""
    wished = request.headers.get("accept-language", "").lower()
    first: Literal["da", "en"] = "en" if wished.startswith("en") else "da"
    return first


async def on_refused(request: Request, error: Exception) -> Response:
    """Answer a refusal with its documented body."""
    assert isinstance(error, Refused), "registered for refusals only"
    response = Response(
        encode_problem(error, language_of(request)), error.error.status, media_type=JSON
    )
    response.headers["cache-control"] = "no-store"
    if error.retry_after_ms is not None:
        response.headers["retry-after"] = str(-(-error.retry_after_ms // 1_000))
    return response


class Problems:
    """Answers what went wrong over HTTP, and counts it by the code of the error in `rejects`."""

    def __init__(self, rejects: Counter[str]) -> None:
        self._rejects = rejects

    async def refused(self, request: Request, error: Exception) -> Response:
        """Answer a refusal with its documented body."""
        assert isinstance(error, Refused), "registered for refusals only"
        self._rejects[error.code] += 1
        return await on_refused(request, error)

    async def failed(self, request: Request, error: Exception) -> Response:
        """Answer a fault of ours: the outcome is unknown. The log is told, not the person."""
        route = getattr(request.scope.get("route"), "path", "")
        log.error("request_failed", route=route, exc_info=error)
        return await self.refused(request, Refused("internal", retry_after_ms=1_000))
