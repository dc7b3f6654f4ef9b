"""Is a frame or an HTTP body in the published documents? What is not in them fails the tests.

Stricter than the documents themselves: clients ignore unknown fields, so the documents let them
pass, but a server that sends one has not published it.
"""

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from protocol.asyncapi import asyncapi
from protocol.openapi import openapi
from protocol.operations import OPERATIONS
from protocol.schema import Json


def check_from_client(frame: bytes | str | Json) -> None:
    """Assert that a frame is a published command."""
    sent = _read(frame)
    _assert_valid(_message(f"command.{sent['command']}"), sent)


def check_from_server(frame: bytes | str | Json, command: str | None = None) -> None:
    """Assert that a frame is a published event, or the published reply to `command`."""
    got = _read(frame)
    if "event" in got:
        name = f"event.{got['event']}"
    else:
        name = f"reply.{command}" if got.get("ok") else "error"
    _assert_valid(_message(name), got)


def check_answer(operation: str, status: int, body: bytes | str | Json) -> None:
    """Assert that a status and JSON body are the published answer of an HTTP operation."""
    row = OPERATIONS[operation]
    if status >= 400:
        _assert_valid(_component("Problem"), _read(body))
        return
    assert status == row.status, f"{operation} answered {status}, published is {row.status}"
    _assert_valid(_component(row.reply.__name__), _read(body))


def _read(text: bytes | str | Json) -> Any:
    return text if isinstance(text, dict) else json.loads(text)


def _assert_valid(validator: Draft202012Validator, value: Any) -> None:
    wrong = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]
    assert wrong == [], f"not published: {value}"


@cache
def _message(name: str) -> Draft202012Validator:
    document = _document("asyncapi")
    messages = document["components"]["messages"]
    assert name in messages, f"there is no published {name}"
    return _validator(messages[name]["payload"], document)


@cache
def _component(name: str) -> Draft202012Validator:
    document = _document("openapi")
    return _validator(document["components"]["schemas"][name], document)


@cache
def _document(kind: str) -> Json:
    document: Json = _closed(openapi() if kind == "openapi" else asyncapi())
    return document


def _validator(schema: Json, document: Json) -> Draft202012Validator:
    whole = schema | {"components": {"schemas": document["components"]["schemas"]}}
    return Draft202012Validator(whole, format_checker=FormatChecker())


def _closed(value: Any) -> Any:
    """Let objects have no fields but those that are published."""
    if isinstance(value, list):
        return [_closed(each) for each in value]
    if not isinstance(value, dict):
        return value
    closed = {key: _closed(each) for key, each in value.items()}
    if value.get("type") == "object" and "properties" in value:
        closed.setdefault("additionalProperties", False)
    return closed
