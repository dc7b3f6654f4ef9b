"""The appointment as a calendar file (RFC 5545). Pure."""

import datetime

from icalendar import Alarm, Calendar, Event

from chat.snaksammen.model import Appointment
from protocol.errors import Language

_WORDS: dict[Language, tuple[str, str]] = {
    "da": ("{service} med {whom}", "Du har fået et link i en mail eller SMS. Det åbner samtalen."),
    "en": ("{service} with {whom}", "The link in your mail or SMS opens the talk."),
}


def calendar_file(what: Appointment, with_whom: str, language: Language, now: int) -> str:
    """Write the file; moved, the same appointment has the same UID and a later stamp.

    It holds no link: a calendar is often shared.
    """
    title, text = _WORDS[language]
    event = Event()
    event.add("uid", f"{what.talk:016x}@samtale")
    event.add("dtstamp", _utc(now))
    event.add("dtstart", _utc(what.starts_at))
    event.add("dtend", _utc(what.ends_at))
    event.add("sequence", now // 1_000 % 2**31)
    service = what.danish if language == "da" else what.english
    event.add("summary", title.format(service=service, whom=with_whom))
    event.add("description", text)
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", service)
    alarm.add("trigger", datetime.timedelta(minutes=-5))
    event.add_component(alarm)
    calendar = Calendar()
    calendar.add("prodid", "-//Samtale//Talks//DA")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    return bytes(calendar.to_ical()).decode()


def _utc(at: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(at // 1_000, datetime.UTC)
