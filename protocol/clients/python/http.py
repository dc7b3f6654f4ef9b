"""Operations over HTTP, in a thread of their own: nothing but the standard library."""

import asyncio
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from protocol.clients.python.outcome import Interrupted, Refusal
from protocol.codec import decode_problem
from protocol.errors import Language
from protocol.operations import OPERATIONS, Operation
from protocol.requests import Request

TIMEOUT_S = 30


class Http:
    """Calls operations of one server, one connection each. `url` is the server's origin."""

    def __init__(self, url: str, token: str | None = None, language: Language = "da") -> None:
        self._url = urlsplit(url)
        self.token = token
        self._language = language

    async def call(self, operation: str, request: Request) -> Any:
        """Do an operation; gives its reply, of the type in the table.

        Raises `Refusal`; `Interrupted` when there was no answer: it is unknown whether it was
        done.
        """
        row = OPERATIONS[operation]
        target, body = place(row, request)
        status, answer = await asyncio.to_thread(self._exchange, row.method, target, body)
        if status >= 400:
            raise Refusal(decode_problem(answer))
        return msgspec.json.decode(answer, type=row.reply)

    def _exchange(self, method: str, target: str, body: bytes | None) -> tuple[int, bytes]:
        secure = self._url.scheme == "https"
        kind = HTTPSConnection if secure else HTTPConnection
        connection = kind(self._url.netloc, timeout=TIMEOUT_S)
        headers: dict[str, str] = {"Accept-Language": self._language}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            connection.request(method, target, body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, HTTPException) as error:
            raise Interrupted from error
        finally:
            connection.close()


def place(row: Operation, request: Request) -> tuple[str, bytes | None]:
    """Place each field of a request: in the path if it stands there, else in the query or body."""
    fields = msgspec.to_builtins(request)
    in_path = {name: fields.pop(name) for name in tuple(fields) if f"{{{name}}}" in row.path}
    path = row.path.format(**{name: quote(str(value), safe="") for name, value in in_path.items()})
    if row.method in {"POST", "PUT", "PATCH"}:
        return path, msgspec.json.encode(fields)
    given = {name: _text(value) for name, value in fields.items() if value is not None}
    return (f"{path}?{urlencode(given)}" if given else path), None


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
