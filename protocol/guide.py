"""Keeps the tables of README.md current: `python -m protocol.guide`."""

import re
from collections.abc import Iterable
from pathlib import Path

from protocol.closes import CLOSES
from protocol.errors import ERRORS
from protocol.messages import EVENTS
from protocol.operations import OPERATIONS, Operation

GUIDE = Path(__file__).with_name("README.md")

_PLACE = re.compile(
    r"(<!-- (?P<name>\w+): made by python -m protocol\.guide -->\n).*?(?=<!-- end -->)", re.DOTALL
)
_RECONNECT = {"stop": "stop", "backoff": "back off", "now": "reconnect now", "log_in": "log in"}


def current(text: str) -> str:
    """Give the text of the guide with its tables made anew."""
    tables = {
        "commands": _commands(),
        "events": _events(),
        "closes": _closes(),
        "errors": _errors(),
    }
    return _PLACE.sub(lambda place: f"{place[1]}\n{tables[place['name']]}\n\n", text)


def _table(titles: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [titles, ("---",) * len(titles), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines).replace("| --- ", "|---")


def _commands() -> str:
    return _table(
        ("command", "data", "reply", "who may"),
        (
            (f"`{row.name}`", _data(row), f"`{row.reply.__name__}`", row.access.value)
            for row in OPERATIONS.values()
            if row.socket
        ),
    )


def _data(row: Operation) -> str:
    names = row.request.__struct_fields__
    defaults = row.request.__struct_defaults__
    optional = names[len(names) - len(defaults) :]
    return ", ".join(f"`{name}`" + ("?" if name in optional else "") for name in names)


def _events() -> str:
    return _table(
        ("event", "class", "data", "when"),
        (
            (f"`{row.name}`", row.event_class.value, f"`{row.data.__name__}`", row.summary)
            for row in EVENTS.values()
        ),
    )


def _closes() -> str:
    return _table(
        ("code", "reason", "then", "meaning"),
        (
            (str(row.code), f"`{row.reason}`", _RECONNECT[row.reconnect], row.english)
            for row in CLOSES.values()
        ),
    )


def _errors() -> str:
    return _table(
        ("code", "HTTP", "then", "meaning"),
        (
            (f"`{row.code}`", str(row.status), f"`{row.then.value}`", row.english)
            for row in ERRORS.values()
        ),
    )


if __name__ == "__main__":
    GUIDE.write_text(current(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
