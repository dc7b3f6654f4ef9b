"""OpenAPI 3.1 of what is asked for over HTTP, made from the tables of operations and errors.

Pictures are not JSON and so stand outside the table: their two paths, and those of health, are
written here by hand.
"""

from typing import Any

from msgspec import Struct

from protocol.golden.examples import REPLIES, REQUESTS
from protocol.messages import VERSION, Problem
from protocol.operations import OPERATIONS, Access, Operation
from protocol.resources import Id, Picture
from protocol.schema import (
    GUIDE,
    SUMMARY,
    TITLE,
    Json,
    as_on_the_wire,
    components_of,
    errors,
    inline,
    ref,
)

PICTURE_TYPES = ("image/jpeg", "image/png", "image/webp")

_NO_AUTHENTICATION: list[Json] = []
_AUTHENTICATION: list[Json] = [{"bearer": []}, {"cookie": []}]


def openapi() -> Json:
    """Describe what is asked for over HTTP."""
    rows = [row for row in OPERATIONS.values() if row.path]
    schemas = components_of(
        [Problem, Picture, *(row.request for row in rows), *(row.reply for row in rows)]
    )
    paths: dict[str, Json] = {}
    for row in rows:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": TITLE,
            "summary": SUMMARY,
            "description": GUIDE,
            "version": f"{VERSION}.0.0",
        },
        "servers": [{"url": "/"}],
        "paths": paths | _pictures() | _health(),
        "components": {
            "schemas": schemas,
            "responses": {"Problem": _answer("What was refused, and why.", Problem)},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "For apps."},
                "cookie": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "__Host-samtale",
                    "description": "For browsers; named `samtale` on plain http of loopback.",
                },
            },
        },
        "x-errors": errors(),
    }


def _operation(row: Operation, schemas: Json) -> Json:
    schema = schemas[row.request.__name__]
    example = as_on_the_wire(REQUESTS[row.name])
    in_path = [name for name in schema["properties"] if f"{{{name}}}" in row.path]
    elsewhere = [name for name in schema["properties"] if name not in in_path]
    in_query = elsewhere if row.method in {"GET", "DELETE"} else []
    described: Json = {
        "operationId": row.name,
        "summary": row.summary,
        "tags": [row.name.partition(".")[0]],
        "security": _security(row.access),
        "x-access": row.access.value,
        "parameters": [
            *(_parameter(name, "path", schema, example) for name in in_path),
            *(_parameter(name, "query", schema, example) for name in in_query),
        ],
        "responses": {
            str(row.status): _answer("Done.", row.reply, as_on_the_wire(REPLIES[row.name])),
            "default": {"$ref": "#/components/responses/Problem"},
        },
    }
    if elsewhere and not in_query:
        body = _without(schema, in_path) if in_path else ref(row.request)
        content = {
            "schema": body,
            "example": {name: example[name] for name in elsewhere if name in example},
        }
        described["requestBody"] = {
            "required": bool(schema["required"]),
            "content": {"application/json": content},
        }
    return described


def _security(access: Access) -> list[Json]:
    return _NO_AUTHENTICATION if access is Access.PUBLIC else _AUTHENTICATION


def _parameter(name: str, place: str, schema: Json, example: Json) -> Json:
    parameter = {
        "name": name,
        "in": place,
        "required": name in schema["required"],
        "schema": schema["properties"][name],
    }
    given = example.get(name)
    return parameter if given is None else parameter | {"example": given}


def _without(schema: Json, names: list[str]) -> Json:
    """Give the schema of a request whose other fields stand elsewhere."""
    return schema | {
        "properties": {key: each for key, each in schema["properties"].items() if key not in names},
        "required": [key for key in schema["required"] if key not in names],
    }


def _answer(description: str, kind: type[Struct], example: Any = None) -> Json:
    content = {"schema": ref(kind)} | ({} if example is None else {"example": example})
    return {"description": description, "content": {"application/json": content}}


def _pictures() -> dict[str, Json]:
    picture = {"name": "picture", "in": "path", "required": True, "schema": inline(Id)}
    size = {
        "name": "size",
        "in": "query",
        "required": False,
        "schema": {"enum": ["full", "thumb"], "default": "full"},
    }
    raw: dict[str, Json] = {kind: {} for kind in PICTURE_TYPES}
    problem = {"default": {"$ref": "#/components/responses/Problem"}}
    upload = {
        "operationId": "picture.upload",
        "summary": "Upload a picture of at most 5 MiB and 12 megapixels.",
        "tags": ["picture"],
        "security": _AUTHENTICATION,
        "x-access": Access.ACTIVE.value,
        "requestBody": {"required": True, "content": raw},
        "responses": {"201": _answer("Stored, without its metadata.", Picture)} | problem,
    }
    fetch = {
        "operationId": "picture.get",
        "summary": "A picture, or a small one of it.",
        "tags": ["picture"],
        "security": _AUTHENTICATION,
        "x-access": Access.ACTIVE.value,
        "parameters": [picture, size],
        "responses": {
            "200": {"description": "The picture.", "content": {"image/webp": {}}},
            "206": {"description": "A range of it.", "content": {"image/webp": {}}},
            "304": {"description": "It has not changed."},
            "416": {"description": "There is no such range."},
        }
        | problem,
    }
    return {
        "/api/v1/pictures": {"post": upload},
        "/api/v1/pictures/{picture}": {"get": fetch},
    }


def _health() -> dict[str, Json]:
    def probe(name: str, summary: str) -> Json:
        return {
            "get": {
                "operationId": name,
                "summary": summary,
                "tags": ["health"],
                "security": _NO_AUTHENTICATION,
                "responses": {
                    "200": {"description": "Yes.", "content": {"text/plain": {}}},
                    "503": {"description": "No.", "content": {"text/plain": {}}},
                },
            }
        }

    return {
        "/healthz": probe("health.live", "Whether the process is alive."),
        "/readyz": probe("health.ready", "Whether it can serve: its storage answers."),
    }
