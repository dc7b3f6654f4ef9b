"""The page at `/docs`: the two documents in a form to read, without scripts."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from chat.docs.markup import Markup, element, group, prose
from protocol.asyncapi import SOCKET_PATH
from protocol.errors import Then
from protocol.messages import EVENTS, SUBPROTOCOL, EventClass

Json = dict[str, Any]

STYLE_PATH = "/docs/docs.css"

_SECTIONS = {
    "http": "Over HTTP",
    "commands": "Commands",
    "events": "Events",
    "errors": "Errors",
    "closes": "Close codes",
    "types": "Types",
}
_CLASSES = {
    EventClass.CONNECTION: "about this socket only; not kept",
    EventClass.ENTRY: "numbered 1, 2, 3 … in its conversation; kept; resumed",
    EventClass.POSITION: "one number a member that only rises; kept; resumed",
    EventClass.ACCOUNT: "numbered for the account; only its own devices; kept; resumed",
    EventClass.EPHEMERAL: "not kept; may be left out under load",
}
_THEN = {
    Then.CORRECT: "change what was sent; sending the same again gives the same answer",
    Then.RETRY: "send the same again, after retry_after_ms if it is given",
    Then.LOG_IN: "get a new session, then send again",
    Then.RESYNC: "throw the local copy away and read a fresh snapshot",
    Then.STOP: "final; show it to the person",
}


def page(openapi: Json, asyncapi: Json) -> str:
    """Write the page from the two documents."""
    schemas = {**asyncapi["components"]["schemas"], **openapi["components"]["schemas"]}
    content = group(
        _introduction(),
        _section("http", *_http(openapi)),
        _section("commands", *_commands(asyncapi)),
        _section("events", *_events(asyncapi)),
        _section(
            "errors",
            element("p", "A code never changes its meaning. What a client does next:"),
            _table(_rows(_THEN, "then"), ("then", "meaning")),
            _table(openapi["x-errors"], ("code", "status", "then", "meaning")),
        ),
        _section(
            "closes",
            element(
                "p",
                "The hundred carries the behaviour: 40xx stop, 41xx back off, "
                "42xx reconnect now, 43xx log in again. Any other code backs off.",
            ),
            _table(asyncapi["x-closes"], ("code", "reason", "reconnect", "meaning")),
        ),
        _section("types", *(_type(name, schema) for name, schema in sorted(schemas.items()))),
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", "Samtale: the wire"),
        element("link", rel="stylesheet", href=STYLE_PATH),
    )
    body = element("body", _navigation(), element("main", content))
    return "<!doctype html>" + element("html", head, body, lang="en")


def _navigation() -> Markup:
    links = [
        element("li", element("a", title, href=f"#{name}")) for name, title in _SECTIONS.items()
    ]
    return element(
        "nav", element("strong", "Samtale"), element("ul", *links), aria_label="Sections"
    )


def _introduction() -> Markup:
    return element(
        "header",
        element("h1", "The wire"),
        prose(
            "Everything a client says and hears. Over HTTP each operation has a method and a "
            f"path; over the socket at `{SOCKET_PATH}` (subprotocol `{SUBPROTOCOL}`, JSON text "
            "frames) each is a command with exactly one reply, and events come unasked. Times "
            "are UTC milliseconds since 1970; ids are opaque."
        ),
        element(
            "p",
            "For machines: ",
            element("a", "OpenAPI 3.1", href="/openapi.json"),
            " and ",
            element("a", "AsyncAPI 3.0", href="/asyncapi.json"),
            ".",
        ),
    )


def _section(name: str, *parts: Markup) -> Markup:
    return element("section", element("h2", _SECTIONS[name]), *parts, id=name)


# --- operations and messages ----------------------------------------------------------------------


def _http(openapi: Json) -> Iterable[Markup]:
    tagged: dict[str, list[Markup]] = {}
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            shown = _operation(path, method, operation)
            tagged.setdefault(operation["tags"][0], []).append(shown)
    for tag, operations in tagged.items():
        yield group(element("h3", tag.replace("_", " ")), *operations)


def _operation(path: str, method: str, operation: Json) -> Markup:
    summary = element(
        "summary",
        element("span", method.upper(), class_=f"method {method}"),
        element("code", path),
        element("span", operation["summary"], class_="what"),
        _access(operation.get("x-access")),
    )
    body = operation.get("requestBody", {}).get("content", {})
    parameters = [
        _row(each["name"], each["schema"], required=each["required"], place=each["in"])
        for each in operation.get("parameters", ())
    ]
    answers = [
        (status, answer["content"]["application/json"])
        for status, answer in operation["responses"].items()
        if "application/json" in answer.get("content", {})
    ]
    return element(
        "details",
        summary,
        _fields(parameters),
        *(_content("Body", content) for content in body.values() if "schema" in content),
        *(_content(f"Answer {status}", content) for status, content in answers),
        id=operation["operationId"],
    )


def _content(title: str, content: Json) -> Markup:
    schema = content["schema"]
    shown = _type_of(schema) if "$ref" in schema else None
    fields = None if shown else _properties(schema)
    example = content.get("example")
    return group(
        element("h4", title, *([": ", shown] if shown else [])),
        fields,
        _json(example) if example not in (None, {}) else None,
    )


def _commands(asyncapi: Json) -> Iterable[Markup]:
    messages = asyncapi["components"]["messages"]
    for name, operation in asyncapi["operations"].items():
        if operation["action"] != "receive":
            continue
        command, reply = messages[f"command.{name}"], messages[f"reply.{name}"]
        yield element(
            "details",
            element(
                "summary",
                element("code", name),
                element("span", operation["summary"], class_="what"),
                _access(operation["x-access"]),
            ),
            element("h4", "Data: ", _type_of(command["payload"]["properties"]["data"])),
            _json(command["examples"][0]["payload"]),
            element("h4", "Reply: ", _type_of(reply["payload"]["properties"]["data"])),
            _json(reply["examples"][0]["payload"]),
            id=f"command.{name}",
        )


def _events(asyncapi: Json) -> Iterable[Markup]:
    yield _table(_rows(_CLASSES, "class"), ("class", "meaning"))
    messages = asyncapi["components"]["messages"]
    for event in EVENTS.values():
        message = messages[f"event.{event.name}"]
        yield element(
            "details",
            element(
                "summary",
                element("code", event.name),
                element("span", event.summary, class_="what"),
                element("span", event.event_class.value, class_="badge"),
            ),
            element("h4", "Data: ", _type_of(message["payload"]["properties"]["data"])),
            _json(message["examples"][0]["payload"]),
            id=f"event.{event.name}",
        )


def _access(access: str | None) -> Markup | None:
    return element("span", access, class_="badge") if access else None


# --- types ----------------------------------------------------------------------------------------


def _type(name: str, schema: Json) -> Markup:
    return element(
        "details",
        element("summary", element("code", name)),
        prose(schema.get("description", "")),
        _properties(schema) if "properties" in schema else _type_of(schema),
        id=f"type.{name}",
    )


def _properties(schema: Json) -> Markup | None:
    required = schema.get("required", ())
    rows = [
        _row(name, each, required=name in required)
        for name, each in schema.get("properties", {}).items()
    ]
    return _fields(rows)


def _fields(rows: list[Markup]) -> Markup | None:
    if not rows:
        return None
    titles = element(
        "tr", *(element("th", title, scope="col") for title in ("Field", "Type", "Notes"))
    )
    return _scrolled(element("table", element("thead", titles), element("tbody", *rows)))


def _row(name: str, schema: Json, *, required: bool, place: str | None = None) -> Markup:
    notes = [
        f"in the {place}" if place else None,
        None if required else _default(schema),
        schema.get("description"),
    ]
    return element(
        "tr",
        element("td", element("code", name)),
        element("td", _type_of(schema)),
        element("td", "; ".join(note for note in notes if note)),
    )


def _default(schema: Json) -> str:
    default = schema.get("default")
    return "optional" if default in (None, "", []) else f"optional, {json.dumps(default)}"


def _type_of(schema: Json) -> Markup:
    """Write a type in few words, linked to what it is made of."""
    match schema:
        case {"$ref": ref}:
            name = ref.rpartition("/")[2]
            return element("a", name, href=f"#type.{name}")
        case {"anyOf": kinds}:
            return _join(" or ", [_type_of(kind) for kind in kinds])
        case {"enum": values}:
            return _join(" · ", [element("code", str(value)) for value in values])
        case {"const": value}:
            return element("code", json.dumps(value))
        case {"type": "array", "prefixItems": kinds}:
            return group("list of ", _join(", ", [_type_of(kind) for kind in kinds]))
        case {"type": "array", "items": kind}:
            return group("list of ", _type_of(kind))
        case {"type": "object", "additionalProperties": dict(kind)}:
            return group("object of ", _type_of(kind))
        case _:
            return group(schema.get("format") or schema.get("type", "anything"), _bounds(schema))


def _bounds(schema: Json) -> str:
    low = schema.get("minLength", schema.get("minimum"))
    high = schema.get("maxLength", schema.get("maximum"))
    unit = " characters" if "maxLength" in schema else ""
    if low is None and high is None:
        return ""
    if low == high:
        return f", {low}{unit}"
    if high is None:
        return f", from {low}"
    return f", up to {high}{unit}" if low is None else f", {low} to {high}{unit}"


def _join(between: str, parts: list[Markup]) -> Markup:
    return group(*parts[:1], *(group(between, part) for part in parts[1:]))


# --- small parts ----------------------------------------------------------------------------------


def _rows(meanings: Mapping[Any, str], column: str) -> list[Json]:
    return [{column: key.value, "meaning": meaning} for key, meaning in meanings.items()]


def _table(rows: list[Json], columns: tuple[str, ...]) -> Markup:
    titles = element("tr", *(element("th", each.title(), scope="col") for each in columns))
    first, *rest = columns
    body = [
        element(
            "tr",
            element("td", element("code", str(row[first]))),
            *(element("td", str(row[column])) for column in rest),
            id=f"{first}.{row[first]}",
        )
        for row in rows
    ]
    return _scrolled(element("table", element("thead", titles), element("tbody", *body)))


def _scrolled(table: Markup) -> Markup:
    return element("div", table, class_="scrolled")


def _json(value: Any) -> Markup:
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return element("pre", element("code", text), tabindex="0")
