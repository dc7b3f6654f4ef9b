"""AsyncAPI 3.0 of what goes over the socket, made from the tables of operations and events."""

import msgspec

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
)
from protocol.operations import OPERATIONS, Operation
from protocol.resources import Cursor, Id, Seq
from protocol.schema import (
    GUIDE,
    SUMMARY,
    TITLE,
    Json,
    as_on_the_wire,
    closes,
    components_of,
    errors,
    inline,
    ref,
)

SOCKET_PATH = "/api/v1/socket"


def asyncapi() -> Json:
    """Describe what goes over the socket, from the server's side: it receives commands."""
    rows = [row for row in OPERATIONS.values() if row.socket]
    schemas = components_of(
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
            "title": TITLE,
            "description": f"{SUMMARY} {GUIDE}",
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
    number, name = {"id": inline(CommandId)}, {"command": {"const": row.name}}
    data = {"data": ref(row.request)}
    payload = _object(name | data, number) if needs_data else _object(name, number | data)
    example = {"id": 7, "command": row.name, "data": as_on_the_wire(REQUESTS[row.name])}
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
            {"id": inline(CommandId), "ok": {"const": True}, "data": ref(row.reply)}
        ),
        "examples": [{"payload": {"id": 7, "ok": True, "data": as_on_the_wire(REPLIES[row.name])}}],
    }


def _error_message() -> Json:
    return {
        "title": "A command that was refused",
        "summary": "`id` is null when the command has none, whose name is given then, or when it"
        " could not be read.",
        "payload": _object(
            {"id": inline(CommandId | None), "ok": {"const": False}, "error": ref(ErrorBody)},
            {"command": {"type": "string"}},
        ),
    }


_FIELDS: dict[EventClass, Json] = {
    EventClass.CONNECTION: {},
    EventClass.ENTRY: {
        "conversation": inline(Id),
        "seq": inline(Seq),
        "cursor": inline(Cursor),
    },
    EventClass.POSITION: {"conversation": inline(Id), "cursor": inline(Cursor)},
    EventClass.ACCOUNT: {"account_seq": {"type": "integer"}, "cursor": inline(Cursor)},
    EventClass.EPHEMERAL: {"conversation": inline(Id)},
    EventClass.NUDGE: {},
}


def _event_message(event: EventType, example: EventFrame) -> Json:
    # One's own side of a conversation needs no number: the last one counts, as of a position.
    of_conversation = event.name.startswith("conversation.")
    fields = _FIELDS[EventClass.POSITION if of_conversation else event.event_class]
    return {
        "title": event.name,
        "summary": event.summary,
        "payload": _object({"event": {"const": event.name}} | fields | {"data": ref(event.data)}),
        "examples": [{"payload": as_on_the_wire(example)}],
    }
