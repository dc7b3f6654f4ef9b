"""The published documents: valid, complete, and true to the types."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from protocol.asyncapi import asyncapi
from protocol.closes import CLOSES
from protocol.codec import encode_data, encode_problem
from protocol.errors import ERRORS, Refused
from protocol.golden import examples
from protocol.golden.render import HERE
from protocol.messages import EVENTS
from protocol.openapi import openapi
from protocol.operations import COMMANDS, OPERATIONS
from tests.protocol.schema_check import check_answer, check_from_client, check_from_server

FRAMES = HERE / "frames"


# The OpenAPI Initiative's own schema of its documents (Apache-2.0, spec.openapis.org).
OPENAPI = Path(__file__).with_name("openapi-3.1.schema.json")


def test_openapi_is_valid() -> None:
    schema = json.loads(OPENAPI.read_text(encoding="utf-8"))
    wrong = Draft202012Validator(schema).iter_errors(openapi())
    assert [f"{error.json_path}: {error.message}" for error in wrong] == []


def test_the_paths_of_openapi_name_their_parameters() -> None:
    for path, methods in openapi()["paths"].items():
        for operation in methods.values():
            parameters = operation.get("parameters", ())
            in_path = [each["name"] for each in parameters if each["in"] == "path"]
            assert in_path == re.findall(r"{(\w+)}", path)


@pytest.mark.parametrize("make", [openapi, asyncapi])
def test_every_type_is_a_valid_json_schema(make: Any) -> None:
    for schema in make()["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_operation_over_http_is_in_openapi() -> None:
    described = {
        operation["operationId"]: (method.upper(), path)
        for path, methods in openapi()["paths"].items()
        for method, operation in methods.items()
    }
    table = {row.name: (row.method, row.path) for row in OPERATIONS.values() if row.path}
    by_hand = {"picture.upload", "picture.get", "health.live", "health.ready"}
    assert described.keys() == table.keys() | by_hand
    assert {name: described[name] for name in table} == table


def test_every_field_of_a_request_has_its_place_in_openapi() -> None:
    document = openapi()
    for row in OPERATIONS.values():
        if not row.path:
            continue
        operation = document["paths"][row.path][row.method.lower()]
        parameters = {each["name"] for each in operation["parameters"]}
        content = operation.get("requestBody", {}).get("content", {})
        body = content.get("application/json", {}).get("schema", {})
        if "$ref" in body:
            body = resolve(document, body["$ref"])
        fields = parameters | set(body.get("properties", ()))
        assert fields == set(row.request.__struct_fields__), row.name


def test_asyncapi_has_the_parts_that_its_specification_requires() -> None:
    document = asyncapi()
    assert document["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= set(document["info"])
    assert all({"host", "protocol"} <= set(server) for server in document["servers"].values())
    for name, operation in document["operations"].items():
        assert re.fullmatch(r"[\w.-]+", name)
        assert operation["action"] in {"send", "receive"}
        assert operation["channel"] == {"$ref": "#/channels/socket"}
        offered = document["channels"]["socket"]["messages"]
        for message in (*operation["messages"], *operation.get("reply", {}).get("messages", ())):
            assert message["$ref"].removeprefix("#/channels/socket/messages/") in offered
    for message in document["components"]["messages"].values():
        assert "payload" in message


def test_everything_that_goes_over_the_socket_is_in_asyncapi() -> None:
    messages = set(asyncapi()["components"]["messages"])
    assert messages == {
        "error",
        *(f"command.{name}" for name in COMMANDS),
        *(f"reply.{name}" for name in COMMANDS),
        *(f"event.{name}" for name in EVENTS),
    }


@pytest.mark.parametrize("make", [openapi, asyncapi])
def test_every_reference_leads_somewhere(make: Any) -> None:
    document = make()
    for ref in references(document):
        assert resolve(document, ref)


def test_every_code_is_in_the_documents() -> None:
    assert [row["code"] for row in openapi()["x-errors"]] == list(ERRORS)
    assert [row["reason"] for row in asyncapi()["x-closes"]] == list(CLOSES)
    assert asyncapi()["x-errors"] == openapi()["x-errors"]


@pytest.mark.parametrize("path", sorted(FRAMES.glob("*.json")), ids=lambda path: path.stem)
def test_a_golden_frame_is_published(path: Any) -> None:
    kind, _, name = path.stem.partition(".")
    if kind == "command":
        check_from_client(path.read_bytes())
    else:
        check_from_server(path.read_bytes(), name)


@pytest.mark.parametrize("name", [row.name for row in OPERATIONS.values() if row.path])
def test_the_example_of_an_answer_is_published(name: str) -> None:
    check_answer(name, OPERATIONS[name].status, encode_data(examples.REPLIES[name]))


def test_a_problem_is_published() -> None:
    check_answer("message.send", 429, encode_problem(Refused("rate_limited"), "da"))


@pytest.mark.parametrize(
    "change",
    [{"mood": "fine"}, {"seq": "2"}, {"seq": None}, {"event": "message.painted"}],
)
def test_a_frame_that_is_not_published_is_found_out(change: dict[str, Any]) -> None:
    frame = json.loads((FRAMES / "event.message.created.json").read_bytes())
    with pytest.raises(AssertionError):
        check_from_server(frame | change)
    with pytest.raises(AssertionError):
        check_from_server(frame | {"data": frame["data"] | {"phone": "12345678"}})


def references(value: Any) -> Iterator[str]:
    match value:
        case {"$ref": str(ref)}:
            yield ref
        case dict():
            for each in value.values():
                yield from references(each)
        case list():
            for each in value:
                yield from references(each)


def resolve(document: Any, ref: str) -> Any:
    assert ref.startswith("#/")
    found = document
    for key in ref.removeprefix("#/").split("/"):
        found = found[key.replace("~1", "/").replace("~0", "~")]
    return found
