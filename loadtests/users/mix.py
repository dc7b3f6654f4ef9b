"""What people do, and how often: from the domain's figures where there are some. Pure.

The unit is a message: everything else is said as times per message sent. Domain page, "Workload to
build for" and "Who and what"; docs/loadtesting.md ("The people") tells the same in words.
"""

from dataclasses import dataclass
from math import sqrt
from random import Random

MESSAGES_AFTER_TEN_YEARS = sqrt(10e6 * 100e6)
"""10-100 million; the middle of the two on the scale on which they are given."""

CONVERSATIONS = 439_738 * 4_666 / 5_944
"""Ballerup's conversations per user, for the country's users."""

MESSAGES_PER_CONVERSATION = MESSAGES_AFTER_TEN_YEARS / CONVERSATIONS
"""About 92."""

ANSWERED, ANSWERS = 0.864, 2.0
"""Share of bubbles answered (national figure); conversations from one that is (assumed)."""

MESSAGES_PER_VISIT = 3.0
"""Messages that one writes while the app is open (assumed)."""

REACTIONS = 0.1
"""Reactions per message between two (assumed; the Horsens group's 4.5 per comment is a crowd's)."""

RECONNECTS_PER_VISIT = 7.5
"""Phones reconnect 5-10 times a visit."""

VISIT_SECONDS = 600.0
"""How long a visit lasts (assumed)."""

MESSAGES_PER_MINUTE_AND_CONNECTED = 200 / 8_000 * 60
"""Christmas Eve: 200 messages a second among 8,000 connected, 1.5 a minute for each."""


@dataclass(frozen=True, slots=True)
class Mix:
    """How often each thing is done, per message."""

    message: float = 1.0
    browse: float = 1 / MESSAGES_PER_VISIT
    look: float = 1 / MESSAGES_PER_VISIT
    open: float = 1 / MESSAGES_PER_VISIT
    react: float = REACTIONS
    reply: float = 1 / MESSAGES_PER_CONVERSATION
    post: float = 1 / MESSAGES_PER_CONVERSATION / ANSWERED / ANSWERS

    @property
    def actions(self) -> dict[str, float]:
        """Everything by name."""
        return {name: getattr(self, name) for name in self.__slots__}

    @property
    def per_message(self) -> float:
        """Things done for each message, itself included."""
        return sum(self.actions.values())

    def draw(self, dice: Random) -> str:
        """Choose what is done next."""
        actions = self.actions
        return dice.choices(list(actions), list(actions.values()))[0]


MIX = Mix()
MESSAGES = Mix(browse=0, look=0, open=0, react=0, reply=0, post=0)
MIXES = {"all": MIX, "messages": MESSAGES}
"""What citizens do; `messages` is what the fast driver's people do too."""

SHARES = {
    "Citizen": 25, "IdlePhone": 64, "HistoryReader": 5, "SlowReader": 1, "Hostile": 1,
    "Volunteer": 2, "Seeker": 2,
}  # fmt: skip
"""Of a hundred connected: an ordinary evening is idle sockets. The numbers are assumed, but for the
last two: Christmas Eve has 200 talks among 8,000, a fortieth at each end of them.
"""

TALK_SECONDS = 900.0
"""How long a talk of SnakSammen lasts."""

TEXT_SECONDS = 15.0
"""Between two messages beside a call (assumed)."""

MEDIAN_LETTERS, LETTERS_SPREAD, MOST_LETTERS = 70, 0.8, 2_000
"""Lengths of messages: log-normal, as those that were seeded (assumed)."""

_PROSE = (
    "Det lyder rigtig hyggeligt, skal vi sige søndag klokken ti ved broen? Jeg tager kaffe og"
    " æblekage med til os begge, og så går vi langs åen så langt vi har lyst. "
)


def prose(dice: Random) -> str:
    """Give a message of a drawn length."""
    letters = min(
        MOST_LETTERS, max(2, int(MEDIAN_LETTERS * dice.lognormvariate(0, LETTERS_SPREAD)))
    )
    return (_PROSE * (letters // len(_PROSE) + 1))[:letters]
