"""Writes operations.js, the JavaScript client's copy of the published tables.

Run `python -m protocol.clients.javascript.generate` after a change of `protocol.operations`.
"""

import json
from pathlib import Path

from protocol.messages import EVENTS, SUBPROTOCOL
from protocol.operations import OPERATIONS, Operation

TARGET = Path(__file__).with_name("operations.js")

_HEADER = """\
// Made by generate.py from protocol/operations.py and protocol/messages.py; change it there.
//
// Each operation: its place over HTTP (none if only a socket can do it), and whether a socket may.
"""


def _row(operation: Operation) -> str:
    row = {
        "method": operation.method,
        "path": operation.path,
        "socket": operation.socket,
    }
    return f"  {json.dumps(operation.name)}: {json.dumps(row)},"


def render() -> str:
    """Give the text of operations.js, the same for the same tables."""
    rows = "\n".join(_row(operation) for operation in OPERATIONS.values())
    classes = "\n".join(
        f"  {json.dumps(event.name)}: {json.dumps(event.event_class.value)},"
        for event in EVENTS.values()
    )
    return (
        f"{_HEADER}\n"
        f"export const SUBPROTOCOL = {json.dumps(SUBPROTOCOL)};\n\n"
        f"export const OPERATIONS = Object.freeze({{\n{rows}\n}});\n\n"
        f"export const EVENT_CLASSES = Object.freeze({{\n{classes}\n}});\n"
    )


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
