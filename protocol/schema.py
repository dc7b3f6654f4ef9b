"""OpenAPI 3.1 and AsyncAPI 3.0, made from the tables of operations, events, errors and closes.

Both are plain dictionaries, ready to be written as JSON. Pictures are not JSON and so stand
outside the table: their two paths, and those of health, are written here by hand.
"""

import inspect
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from protocol.closes import CLOSES
from protocol.errors import ERRORS
from protocol.golden.events import EVENTS_SEEN
from protocol.golden.examples import REPLIES, REQUESTS
from protocol.messages import (
    EVENTS,
    SUBPROTOCOL,
    VERSION,
    CommandId,
    ErrorBody,
    EventClass,
    EventFrame,
    EventType,
    Problem,
)
from protocol.operations import OPERATIONS, Access, Operation
from protocol.resources import Cursor, Id, Picture, Seq

Json = dict[str, Any]

SOCKET_PATH = "/api/v1/socket"
PICTURE_TYPES = ("image/jpeg", "image/png", "image/webp")

_TITLE = "Samtale"
_SUMMARY = "Bubbles, conversations and the people in them."
_GUIDE = (
    "How to write a client is told in protocol/README.md; errors and what a client does after "
    "each are rows of the one table under `x-errors`."
)
_SCHEMAS = "#/components/schemas/"
_NO_AUTHENTICATION: list[Json] = []
_AUTHENTICATION: list[Json] = [{"bearer": []}, {"cookie": []}]


# --- shared by both -------------------------------------------------------------------------------


def errors() -> list[Json]:
    """Give the table of errors."""
    return [
        {"code": row.code, "status": row.status, "then": row.then.value, "meaning": row.english}
        for row in ERRORS.values()
    ]


def closes() -> list[Json]:
    """Give the table of close codes."""
    return [
        {
            "code": row.code,
            "reason": row.reason,
            "reconnect": row.reconnect,
            "meaning": row.english,
        }
        for row in CLOSES.values()
    ]


def _components(types: Iterable[type[Struct]]) -> Json:
    """Give the JSON Schema of types and of all that they are made of, by name."""
    unique = list(dict.fromkeys(types))
    _, components = msgspec.json.schema_components(unique, ref_template=_SCHEMAS + "{name}")
    for schema in components.values():
        if "description" in schema:
            schema["description"] = inspect.cleandoc(schema["description"])
    plain: Json = msgspec.json.decode(msgspec.json.encode(components))  # a default may be a tuple
    return plain


def _ref(kind: type[Struct]) -> Json:
    return {"$ref": _SCHEMAS + kind.__name__}


def _inline(kind: object) -> Json:
    return msgspec.json.schema(kind)


def _example(value: object) -> Any:
    """Give an example as it stands on the wire."""
    return msgspec.json.decode(msgspec.json.encode(value))


# --- OpenAPI --------------------------------------------------------------------------------------


def openapi() -> Json:
    """Describe what is asked for over HTTP."""
    rows = [row for row in OPERATIONS.values() if row.path]
    schemas = _components(
        [Problem, Picture, *(row.request for row in rows), *(row.reply for row in rows)]
    )
    paths: dict[str, Json] = {}
    for row in rows:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": _TITLE,
            "summary": _SUMMARY,
            "description": _GUIDE,
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
    example = _example(REQUESTS[row.name])
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
            str(row.status): _answer("Done.", row.reply, _example(REPLIES[row.name])),
            "default": {"$ref": "#/components/responses/Problem"},
        },
    }
    if elsewhere and not in_query:
        body = _without(schema, in_path) if in_path else _ref(row.request)
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
    content = {"schema": _ref(kind)} | ({} if example is None else {"example": example})
    return {"description": description, "content": {"application/json": content}}


def _pictures() -> dict[str, Json]:
    picture = {"name": "picture", "in": "path", "required": True, "schema": _inline(Id)}
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


# --- AsyncAPI -------------------------------------------------------------------------------------


def asyncapi() -> Json:
    """Describe what goes over the socket, from the server's side: it receives commands."""
    rows = [row for row in OPERATIONS.values() if row.socket]
    schemas = _components(
        [
            ErrorBody,
            *(row.request for row in rows),
            *(row.reply for row in rows),
            *(event.data for event in EVENTS.values()),
        ]
    )
    messages = {"error": _error_message()}
    for row in rows:
        messages[f"command.{row.name}"] = _command_message(row)
        messages[f"reply.{row.name}"] = _reply_message(row)
    for event in EVENTS.values():
        messages[f"event.{event.name}"] = _event_message(event, EVENTS_SEEN[event.name])
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": _TITLE,
            "description": f"{_SUMMARY} {_GUIDE}",
            "version": f"{VERSION}.0.0",
        },
        "defaultContentType": "application/json",
        "servers": {"local": {"host": "127.0.0.1:8000", "protocol": "ws"}},
        "channels": {
            "socket": {
                "address": SOCKET_PATH,
                "description": f"One socket; subprotocol `{SUBPROTOCOL}`, text frames of JSON.",
                "messages": {name: _message_ref("components", name) for name in messages},
                "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
            }
        },
        "operations": {
            **{row.name: _receives(row) for row in rows},
            **{f"event.{event.name}": _sends(event) for event in EVENTS.values()},
        },
        "components": {"messages": messages, "schemas": schemas},
        "x-errors": errors(),
        "x-closes": closes(),
    }


def _message_ref(place: str, name: str) -> Json:
    folder = "components" if place == "components" else "channels/socket"
    return {"$ref": f"#/{folder}/messages/{name}"}


def _receives(row: Operation) -> Json:
    return {
        "action": "receive",
        "channel": {"$ref": "#/channels/socket"},
        "summary": row.summary,
        "messages": [_message_ref("socket", f"command.{row.name}")],
        "reply": {
            "channel": {"$ref": "#/channels/socket"},
            "messages": [
                _message_ref("socket", f"reply.{row.name}"),
                _message_ref("socket", "error"),
            ],
        },
        "x-access": row.access.value,
    }


def _sends(event: EventType) -> Json:
    return {
        "action": "send",
        "channel": {"$ref": "#/channels/socket"},
        "summary": event.summary,
        "messages": [_message_ref("socket", f"event.{event.name}")],
        "x-class": event.event_class.value,
    }


def _object(required: Json, optional: Json | None = None) -> Json:
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
    }


def _command_message(row: Operation) -> Json:
    needs_data = any(field.required for field in msgspec.structs.fields(row.request))
    number, name = {"id": _inline(CommandId)}, {"command": {"const": row.name}}
    data = {"data": _ref(row.request)}
    payload = _object(name | data, number) if needs_data else _object(name, number | data)
    example = {"id": 7, "command": row.name, "data": _example(REQUESTS[row.name])}
    return {
        "title": row.name,
        "summary": row.summary,
        "payload": payload | {"additionalProperties": False},
        "examples": [{"payload": example}],
    }


def _reply_message(row: Operation) -> Json:
    return {
        "title": f"Reply to {row.name}",
        "payload": _object(
            {"id": _inline(CommandId), "ok": {"const": True}, "data": _ref(row.reply)}
        ),
        "examples": [{"payload": {"id": 7, "ok": True, "data": _example(REPLIES[row.name])}}],
    }


def _error_message() -> Json:
    return {
        "title": "A command that was refused",
        "summary": "`id` is null when the command has none, whose name is given then, or when it"
        " could not be read.",
        "payload": _object(
            {"id": _inline(CommandId | None), "ok": {"const": False}, "error": _ref(ErrorBody)},
            {"command": {"type": "string"}},
        ),
    }


_FIELDS: dict[EventClass, Json] = {
    EventClass.CONNECTION: {},
    EventClass.ENTRY: {
        "conversation": _inline(Id),
        "seq": _inline(Seq),
        "cursor": _inline(Cursor),
    },
    EventClass.POSITION: {"conversation": _inline(Id), "cursor": _inline(Cursor)},
    EventClass.ACCOUNT: {"account_seq": {"type": "integer"}, "cursor": _inline(Cursor)},
    EventClass.EPHEMERAL: {"conversation": _inline(Id)},
    EventClass.NUDGE: {},
}


def _event_message(event: EventType, example: EventFrame) -> Json:
    # One's own side of a conversation needs no number: the last one counts, as of a position.
    of_conversation = event.name.startswith("conversation.")
    fields = _FIELDS[EventClass.POSITION if of_conversation else event.event_class]
    return {
        "title": event.name,
        "summary": event.summary,
        "payload": _object({"event": {"const": event.name}} | fields | {"data": _ref(event.data)}),
        "examples": [{"payload": _example(example)}],
    }
