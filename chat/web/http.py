"""Serves the web client: its files, one page for every view, and the headers that fence it in."""

import gzip
import hashlib
import posixpath
import re
from dataclasses import dataclass
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import protocol
from chat.settings import Settings

_HERE = Path(__file__).parent / "static"
_CLIENT = Path(protocol.__file__).parent / "clients" / "javascript"

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
_IMPORTED = re.compile(r'^(?:import|\}|import .*)(?: from)? "(\.[^"]+)";$', re.MULTILINE)
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_FIRST = "no-cache"

_CONTENT_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)
_HEADERS = {
    "Content-Security-Policy": "; ".join(_CONTENT_POLICY),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(self), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class _File:
    """A file in memory, also compressed where that makes it smaller."""

    body: bytes
    media_type: str
    etag: str
    compressed: bytes | None

    @classmethod
    def of(cls, body: bytes, suffix: str) -> "_File":
        digest = hashlib.sha256(body).hexdigest()[:16]
        compressed = gzip.compress(body, mtime=0)
        smaller = compressed if len(compressed) < 0.9 * len(body) else None
        return cls(body, _TYPES[suffix], f'W/"{digest}"', smaller)

    def answer(self, request: Request, cache: str) -> Response:
        headers = {"ETag": self.etag, "Cache-Control": cache, "Vary": "Accept-Encoding"}
        if request.headers.get("If-None-Match") == self.etag:
            return Response(status_code=304, headers=headers)
        body = self.body
        if self.compressed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
            body, headers["Content-Encoding"] = self.compressed, "gzip"
        return Response(body, media_type=self.media_type, headers=headers)


def _read_all() -> dict[str, bytes]:
    places = {path.relative_to(_HERE).as_posix(): path for path in _HERE.rglob("*")}
    places |= {f"protocol/{path.name}": path for path in _CLIENT.glob("*.js")}
    return {
        name: path.read_bytes() for name, path in sorted(places.items()) if path.suffix in _TYPES
    }


def _needed_at_once(files: dict[str, bytes]) -> set[str]:
    """Name the modules that the first one imports, and theirs, and Danish; no later ones."""
    needed: set[str] = set()
    names = ["app.js", "words/da.js"]
    while names:
        name = names.pop()
        if name not in needed:
            needed.add(name)
            folder = posixpath.dirname(name)
            imported = _IMPORTED.findall(files[name].decode())
            names += [posixpath.normpath(posixpath.join(folder, path)) for path in imported]
    return needed


class WebClient:
    """The files of the web client, read once; their address changes whenever one of them does.

    So a browser keeps them for ever and asks for none twice, and no page mixes two versions.
    """

    def __init__(self, *, demo: bool) -> None:
        """Read every file. `demo` tells the page that mail is shown at /demo/mailbox."""
        files = _read_all()
        digest = hashlib.sha256()
        for name, body in files.items():
            digest.update(name.encode() + b"\0" + body)
        self.version = digest.hexdigest()[:12]
        self._page = _File.of(self._fill(files, demo), ".html")
        self._files = {name: _File.of(body, Path(name).suffix) for name, body in files.items()}

    def _fill(self, files: dict[str, bytes], demo: bool) -> bytes:
        static = f"/static/{self.version}"
        preloads = "\n".join(
            f'    <link rel="modulepreload" href="{static}/{name}">'
            for name in sorted(_needed_at_once(files))
        )
        page = files["index.html"].decode()
        page = page.replace("{static}", static).replace("{preloads}", preloads.strip())
        return page.replace("{demo}", "yes" if demo else "no").encode()

    async def file(self, request: Request) -> Response:
        """Answer with a file: for ever under its version, checked each time under any other."""
        found = self._files.get(request.path_params["path"])
        if found is None:
            raise HTTPException(404)
        current = request.path_params["version"] == self.version
        return found.answer(request, _FOR_EVER if current else _ASK_FIRST)

    async def service_worker(self, request: Request) -> Response:
        """Answer with the service worker, at the root: it acts for what is below its own place."""
        return self._files["service-worker.js"].answer(request, _ASK_FIRST)

    async def page(self, request: Request) -> Response:
        """Answer with the one page; which view it shows, the page reads from the address."""
        if request.url.path.startswith(("/api/", "/static/")):
            raise HTTPException(404)
        return self._page.answer(request, _ASK_FIRST)


def routes(settings: Settings) -> list[BaseRoute]:
    """Give the routes of the web client; they answer every GET, so mount them last."""
    client = WebClient(demo=settings.demo)
    return [
        Route("/service-worker.js", client.service_worker, methods=["GET"]),
        Route("/static/{version}/{path:path}", client.file, methods=["GET"]),
        Route("/{path:path}", client.page, methods=["GET"]),
    ]


class SecurityHeaders:
    """Adds to every HTTP answer the headers that keep strangers' content out (ASGI middleware).

    An answer that brings its own value of a header keeps it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; HTTP answers get the headers on their way out."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_fenced(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_fenced)
