"""What OpenAPI and AsyncAPI are both made of: the schemas of types, and the tables of errors.

Both are plain dictionaries, ready to be written as JSON.
"""

import inspect
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from protocol.closes import CLOSES
from protocol.errors import ERRORS

Json = dict[str, Any]

TITLE = "Samtale"
SUMMARY = "Bubbles, conversations and the people in them."
GUIDE = (
    "How to write a client is told in protocol/README.md; errors and what a client does after "
    "each are rows of the one table under `x-errors`."
)
_SCHEMAS = "#/components/schemas/"


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


def components_of(types: Iterable[type[Struct]]) -> Json:
    """Give the JSON Schema of types and of all that they are made of, by name."""
    unique = list(dict.fromkeys(types))
    _, components = msgspec.json.schema_components(unique, ref_template=_SCHEMAS + "{name}")
    for schema in components.values():
        if "description" in schema:
            schema["description"] = inspect.cleandoc(schema["description"])
    plain: Json = msgspec.json.decode(msgspec.json.encode(components))  # a default may be a tuple
    return plain


def ref(kind: type[Struct]) -> Json:
    """Point to one of the components."""
    return {"$ref": _SCHEMAS + kind.__name__}


def inline(kind: object) -> Json:
    """Give the JSON Schema of a type on the spot."""
    return msgspec.json.schema(kind)


def as_on_the_wire(value: object) -> Any:
    """Give an example as it stands on the wire."""
    return msgspec.json.decode(msgspec.json.encode(value))
