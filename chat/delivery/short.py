"""The words of SMS and of push messages, Danish first: pure.

Neither holds the text of a message. An SMS is one line with a link; a push message has a title and
a line, and opens the link.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from chat.delivery.model import Kind
from protocol.errors import Language


@dataclass(frozen=True, slots=True)
class Short:
    """A title and a line; `{names}` are filled from the notice's params."""

    title: str
    line: str


def _both(danish: tuple[str, str], english: tuple[str, str]) -> dict[Language, Short]:
    return {"da": Short(*danish), "en": Short(*english)}


SHORTS: dict[Kind, dict[Language, Short]] = {
    "new_answer": _both(
        ("Du har fået svar", "Nogen har skrevet til dig."),
        ("You have an answer", "Someone has written to you."),
    ),
    "phone_code": _both(
        ("Din kode er {code}", "Skriv den på Samtale inden ti minutter. Giv den ikke til nogen."),
        ("Your code is {code}", "Enter it at Samtale within ten minutes. Give it to nobody."),
    ),
}


def compose(kind: Kind, language: Language, params: Mapping[str, str]) -> Short:
    """Fill a title and a line in. Raises `KeyError` for an unknown kind or a missing param."""
    short = SHORTS[kind][language]
    return Short(short.title.format_map(params), short.line.format_map(params))


def as_sms(kind: Kind, language: Language, params: Mapping[str, str]) -> str:
    """Write an SMS: who it is from, what it is about, where to go on. Raises `KeyError`."""
    short = compose(kind, language, params)
    link = f" {params['link']}" if "link" in params else ""
    return f"Samtale: {short.title}. {short.line}{link}"
