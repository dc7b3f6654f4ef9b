"""Who is told of what, on which channels, and when. Pure: no I/O, no clock."""

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import get_args

from chat.delivery.model import Channel
from chat.scope import COPENHAGEN
from protocol.errors import Language
from protocol.notices import NoticeKind

RECONNECT_MS = 10_000
"""How long someone may be unconnected before they are away: a phone changes networks."""


# --- who is away ----------------------------------------------------------------------------------


def grace_ms(away_after_ms: int) -> int:
    """Tell after how long without a connection someone is away."""
    return min(RECONNECT_MS, away_after_ms)


def is_away(unread_ms: int, *, connected: bool, away_after_ms: int) -> bool:
    """Tell whether someone is away, whose newest unread message is `unread_ms` old.

    Without a connection after a moment, with one when they read nothing (design section 5.8).
    """
    return unread_ms >= (away_after_ms if connected else grace_ms(away_after_ms))


def may_be_told(read_seq: int, told_up_to: int) -> bool:
    """Tell whether someone may be told of what they have not read.

    Once for each time they are away: not before they have read as far as they were told of.
    """
    return read_seq >= told_up_to


def kind_of_unread(read_seq: int) -> NoticeKind:
    """Tell what an unread message is to someone: an answer, if they have read none there yet."""
    return "answer" if read_seq == 0 else "unread"


# --- the channel matrix ---------------------------------------------------------------------------

KINDS: tuple[NoticeKind, ...] = get_args(NoticeKind)
CHANNELS: tuple[Channel, ...] = get_args(Channel)

DEFAULTS: Mapping[NoticeKind, frozenset[Channel]] = {
    "answer": frozenset({"mail", "push"}),
    "unread": frozenset({"mail", "push"}),
    "reminder": frozenset({"mail"}),
    "booking": frozenset({"mail", "sms"}),
    "talk_soon": frozenset({"mail", "sms", "push"}),
    "offer": frozenset({"sms", "push"}),
    "alert": frozenset({"mail", "sms", "push"}),
}
"""What someone gets who has chosen nothing. Where push is not set up, or no telephone is known,
nothing goes out on that channel."""

POSSIBLE: Mapping[NoticeKind, frozenset[Channel]] = {
    **dict.fromkeys(KINDS, frozenset(CHANNELS)),
    "reminder": frozenset({"mail", "push"}),
    "offer": frozenset({"sms", "push"}),  # gone before a mail is read
}

ALWAYS: frozenset[tuple[NoticeKind, Channel]] = frozenset(
    {("booking", "mail"), ("talk_soon", "mail")}
)
"""What cannot be turned off: without it nobody has the link to the talk that they have booked."""

URGENT: frozenset[NoticeKind] = frozenset({"talk_soon", "offer", "alert"})
"""What is of use only at once passes the quiet hours."""

Cell = tuple[NoticeKind, Channel]


def possible(cell: Cell) -> bool:
    """Tell whether a kind goes out on a channel at all."""
    return cell[1] in POSSIBLE[cell[0]]


def may_change(cell: Cell) -> bool:
    """Tell whether someone may choose here."""
    return possible(cell) and cell not in ALWAYS


def by_default(cell: Cell) -> bool:
    """Tell what holds where nothing was chosen."""
    return cell[1] in DEFAULTS[cell[0]]


# --- quiet hours ----------------------------------------------------------------------------------

DAY_MINUTES = 24 * 60
SILENT: frozenset[Channel] = frozenset({"mail"})
"""What makes no sound and wakes nobody."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """From one minute of the day in Copenhagen until another, over midnight or not.

    The two differ.
    """

    start: int
    until: int

    def holds(self, minute: int) -> bool:
        """Tell whether it is quiet at a minute of the day."""
        if self.start < self.until:
            return self.start <= minute < self.until
        return minute >= self.start or minute < self.until


NIGHT = Quiet(22 * 60, 7 * 60)
"""The quiet hours of whoever has chosen none."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What someone has chosen; for what is not in `chosen` the default holds."""

    chosen: Mapping[Cell, bool] = field(default_factory=dict)
    quiet: Quiet | None = NIGHT

    def on(self, cell: Cell) -> bool:
        """Tell whether they are told of a kind on a channel."""
        if not may_change(cell):
            return cell in ALWAYS
        return self.chosen.get(cell, by_default(cell))

    def channels(self, kind: NoticeKind, available: Collection[Channel]) -> list[Channel]:
        """Give the channels on which they are told of a kind."""
        return [one for one in CHANNELS if one in available and self.on((kind, one))]

    def due_at(self, now: int, kind: NoticeKind, channel: Channel) -> int:
        """Tell when a notice of now may go out: after the quiet hours, if it can wait."""
        if self.quiet is None or channel in SILENT or kind in URGENT:
            return now
        return quiet_end(now, self.quiet)


def quiet_end(now: int, quiet: Quiet) -> int:
    """Tell when the quiet hours end that hold at a moment; the moment itself when none do.

    UTC milliseconds. In the night in which the clock is set back they are an hour longer, and an
    hour shorter when it is set forward.
    """
    local = _local(now)
    if not quiet.holds(_minute(local)):
        return now
    end = local.replace(hour=quiet.until // 60, minute=quiet.until % 60, second=0, microsecond=0)
    if _minute(local) >= quiet.until:
        end += datetime.timedelta(days=1)
    at = _milliseconds(end.replace(fold=1))
    while at <= now or quiet.holds(_minute(_local(at))):  # a minute that the night skips
        at += 60_000
    return at


def _local(at: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(at // 1_000, COPENHAGEN)


def _minute(local: datetime.datetime) -> int:
    return local.hour * 60 + local.minute


def _milliseconds(local: datetime.datetime) -> int:
    return int(local.timestamp()) * 1_000


# --- words ----------------------------------------------------------------------------------------

_DAYS: Mapping[Language, str] = {
    "da": "mandag tirsdag onsdag torsdag fredag lørdag søndag",
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
}
_MONTHS: Mapping[Language, str] = {
    "da": "januar februar marts april maj juni juli august september oktober november december",
    "en": "January February March April May June July August September October November December",
}


def when(at: int, language: Language) -> str:
    """Say a moment as one does in Denmark: the day, the date and the time in Copenhagen."""
    local = _local(at)
    day = _DAYS[language].split()[local.weekday()]
    month = _MONTHS[language].split()[local.month - 1]
    if language == "da":
        return f"{day} den {local.day}. {month} kl. {local:%H.%M}"
    return f"{day} {local.day} {month} at {local:%H:%M}"


def how_much(messages: int, people: int, language: Language) -> dict[str, str]:
    """Say how many messages are unread, from how many people: params of a notice."""
    many, several = messages != 1, people != 1
    if language == "da":
        unread = f"{messages} ulæste beskeder" if many else "1 ulæst besked"
        return {"unread": unread, "people": f"{people} personer" if several else "1 person"}
    unread = f"{messages} unread messages" if many else "1 unread message"
    return {"unread": unread, "people": f"{people} people" if several else "1 person"}
