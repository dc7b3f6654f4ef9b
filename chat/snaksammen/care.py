"""The crisis card by age (domain rule 6), and what may be said of a talk afterwards. Pure."""

from dataclasses import dataclass

from chat.snaksammen.model import AgeBand

REASONS = ("done", "connection", "uncomfortable", "unsafe", "other")
"""Why one leaves a talk before its end."""

REPORT_REASONS = ("harassment", "pressure", "private_details", "illegal", "other")

WEIGHTS = ("light", "ordinary", "hard")
"""How a talk was for the volunteer: no word of what was said."""

HARD_PAUSE = 15 * 60_000
"""After a hard talk the line offers nothing for so long."""


@dataclass(frozen=True, slots=True)
class Help:
    """One to turn to: a number, and for whom."""

    slug: str
    phone: str
    danish: str
    english: str


_EMERGENCY = Help("emergency", "112", "Ring 112, hvis der er fare for liv",
                  "Call 112 if someone's life is in danger")  # fmt: skip
_LIFELINE = Help("livslinien", "70201201", "Livslinien, alle dage",
                 "Livslinien (the lifeline), every day")  # fmt: skip
_CHILDREN = Help("bornetelefonen", "116111", "BørneTelefonen, for dig under 18",
                 "BørneTelefonen, for you under 18")  # fmt: skip


def crisis_card(band: AgeBand) -> tuple[Help, ...]:
    """Give whom to turn to, nearest first; always several, and never the end of the talk."""
    if band.is_child:
        return _EMERGENCY, _CHILDREN, _LIFELINE
    return _EMERGENCY, _LIFELINE
