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
    "unread_messages": _both(
        ("Du har {unread}", "Fra {people}."),
        ("You have {unread}", "From {people}."),
    ),
    "bubble_unanswered": _both(
        ("Din boble har ikke fået svar endnu", "Se, hvordan flere kan få øje på den."),
        ("Your bubble has no answer yet", "See how more people may notice it."),
    ),
    "booking_confirmed": _both(
        ("{service} er aftalt", "{when} med {with_whom}. Dit link:"),
        ("{service} is booked", "{when} with {with_whom}. Your link:"),
    ),
    "booking_moved": _both(
        ("{service} er flyttet", "Nu {when} med {with_whom}. Dit link:"),
        ("{service} has been moved", "Now {when} with {with_whom}. Your link:"),
    ),
    "booking_moved_with_apology": _both(
        ("Undskyld: {service} er flyttet", "Nu {when} med {with_whom}. Dit link:"),
        ("Sorry: {service} has been moved", "Now {when} with {with_whom}. Your link:"),
    ),
    "booking_cancelled": _both(
        ("{service} er aflyst", "Det gælder {when} med {with_whom}."),
        ("{service} is cancelled", "It was {when} with {with_whom}."),
    ),
    "talk_soon": _both(
        ("{service} begynder om lidt", "Kl. {clock} med {with_whom}. Gå ind her:"),
        ("{service} begins soon", "At {clock} with {with_whom}. Go in here:"),
    ),
    "talk_link": _both(
        ("Dit link til {service}", "{when} med {with_whom}:"),
        ("Your link to {service}", "{when} with {with_whom}:"),
    ),
    "no_show": _both(
        ("Undskyld: {service} blev ikke til noget", "{when}. Du kan finde en ny tid hos os."),
        ("Sorry: {service} did not take place", "{when}. You can find another time with us."),
    ),
    "offer_made": _both(
        ("Nogen venter på at tale", "{service}. Tag den, hvis du kan:"),
        ("Someone waits to talk", "{service}. Take it if you can:"),
    ),
    "coordinator_needed": _both(
        ("Der er brug for en koordinator", "En samtale har brug for dig nu."),
        ("A coordinator is needed", "A talk needs you now."),
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
