"""What a seeded town is like: the same plan makes the same town. Pure: no I/O, no clock.

The shares are the domain's figures where it has them, and said to be assumed where not; ADR 0021
and docs/loadtesting.md ("Seeding") list both. A town is made circle by circle: each from its own
dice, so that a seeding that was interrupted goes on with the next.
"""

import datetime
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from random import Random

from chat.seed.people import CIRCLE, People, is_child

DAY_MS = 86_400_000
YEARS = 10
"""How long the town has been there: its histories are ten years old (the domain's workload)."""

CONVERSATIONS_PER_ACCOUNT = 4_666 / 5_944
"""Ballerup, 19 April 2022: conversations from its citizens' bubbles, and its users."""

ANSWERED = 0.864
"""Share of bubbles that get an answer, nationally."""

ANSWERS = 2.0
"""Conversations from a bubble that is answered (assumed)."""

USERS, BALLERUP, BALLERUP_USERS, SUBSCRIBERS = 439_738, 151, 5_944, 54
"""Users of the country and of Ballerup, and subscribing municipalities, on 19 April 2022."""

AGES = ((15, 29, 15), (30, 55, 60), (56, 94, 25))
"""From, to, percent: most are 30-55 and the oldest 94, as in SnakSammen; the rest is assumed."""

ENGLISH = 0.1
"""Share who read the interface in English (assumed)."""

READ_ALL = 0.9
"""Share of members who have read to the end (assumed)."""

SIZE_SPREAD = 1.2
"""Sigma of the log-normal lengths of conversations: most are short, a few very long (assumed)."""

FEWEST = 2
"""Messages of a conversation at least: both have written, or it would not be counted."""

MEDIAN_LETTERS, LETTERS_SPREAD, MOST_LETTERS = 70, 0.8, 2_000
"""Log-normal lengths of messages (assumed)."""

NAMES = tuple(
    "Mette Inger Fatima Sofie Ali Olena Birgit Karen Thomas Noah Jens Mikkel Anne Lars Kirsten"  # noqa: SIM905
    " Peter Hanne Ahmed Lone Søren Maria Ole Pia Henrik Ulla Yusuf Åse Bent Ida".split()
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for. `until`: the moment (UTC ms) up to which the town has a history."""

    accounts: int
    messages: int
    seed: int
    until: int

    @property
    def today(self) -> datetime.date:
        """The date from which ages are counted."""
        return datetime.datetime.fromtimestamp(self.until / 1_000, datetime.UTC).date()


class BadPlan(Exception):
    """No town can be made like that; the text says why."""


def check(plan: Plan) -> None:
    """Raise `BadPlan` unless a town can be made."""
    if plan.accounts < 1 or plan.messages < 0:
        raise BadPlan("--accounts must be at least 1, --messages at least 0")
    if plan.messages == 1 or (plan.messages and plan.accounts == 1):
        raise BadPlan("a conversation takes two people and two messages")


@dataclass(frozen=True, slots=True)
class Resident:
    """Somebody of the town, by number."""

    number: int
    alias: str
    born: datetime.date
    municipality: int
    english: bool
    joined_at: int

    @property
    def id(self) -> int:
        """The account's id."""
        return made_id(self.joined_at, self.number)


@dataclass(frozen=True, slots=True)
class Wish:
    """A bubble: who posted it (place in the circle), which of the texts, and when."""

    author: int
    text: int
    posted_at: int


@dataclass(frozen=True, slots=True)
class Meeting:
    """A conversation: from which bubble of the circle, with whom, and how many messages."""

    wish: int
    replier: int
    messages: int


@dataclass(frozen=True, slots=True)
class Circle:
    """People who talk among themselves between two moments, and where in time they do."""

    number: int
    people: Sequence[Resident]
    wishes: Sequence[Wish]
    meetings: Sequence[Meeting]
    begins: int
    ends: int


def made_id(at: int, number: int) -> int:
    """Give the id of something made at a moment, unlike all others by its number."""
    return at << 20 | (number & 0xFFFFF)


class Town:
    """Everybody, circle by circle. `codes` are all municipalities, `subscribing` those that do."""

    def __init__(
        self, plan: Plan, people: People, codes: Sequence[int], subscribing: Collection[int]
    ) -> None:
        self._plan = plan
        self._people = people
        self._codes = codes
        self._subscribing = frozenset(subscribing)
        self._weights = list(accumulate(residence_weights(codes, subscribing)))

    def circle(self, number: int) -> Circle:
        """Make one circle."""
        dice = Random(f"{self._plan.seed}/{number}")  # noqa: S311 — dice of made-up people
        begins, ends = self._times(number)
        people = [
            self._resident(one, place, begins, dice)
            for place, one in enumerate(self._people.circle(number))
        ]
        wishes, pairs = self._meet(people, begins, ends, self._messages(number) // FEWEST, dice)
        sizes = shared_out(self._messages(number), len(pairs), dice)
        meetings = [Meeting(*pair, size) for pair, size in zip(pairs, sizes, strict=True)]
        return Circle(number, people, wishes, meetings, begins, ends)

    def _times(self, number: int) -> tuple[int, int]:
        """Give each circle a time of its own, so that the log is written in order."""
        all_of_it = YEARS * 365 * DAY_MS
        start, circles = self._plan.until - all_of_it, self._people.circles
        return start + all_of_it * number // circles, start + all_of_it * (number + 1) // circles

    def _messages(self, number: int) -> int:
        """Give a circle its share of the messages; the shares add up to all.

        They are dealt in what a conversation takes at least, for a circle that gets fewer could
        not write them. What is over goes to the last, which always gets some.
        """
        people, plan = self._people.circle(number), self._plan
        pieces, over = divmod(plan.messages, FEWEST)
        before, after = (pieces * end // plan.accounts for end in (people[0], people[-1] + 1))
        last = number == self._people.circles - 1
        return (after - before) * FEWEST + (over if last else 0)

    def _resident(self, number: int, place: int, begins: int, dice: Random) -> Resident:
        """Make somebody. The first of each circle lives in Ballerup: about its share, and so
        there is someone in each circle whom all may write to (domain rule 1).
        """  # noqa: D205
        where = bisect_right(self._weights, dice.random() * self._weights[-1])
        return Resident(
            number=number,
            alias=f"{NAMES[dice.randrange(len(NAMES))]} {number}",
            born=born_before(self._plan.today, drawn_age(dice, children=is_child(number)), dice),
            municipality=self._codes[where] if place else BALLERUP,
            english=dice.random() < ENGLISH,
            joined_at=begins - (30 + dice.randrange(30)) * DAY_MS - dice.randrange(DAY_MS),
        )

    def _meet(
        self, people: Sequence[Resident], begins: int, ends: int, at_most: int, dice: Random
    ) -> tuple[list[Wish], list[tuple[int, int]]]:
        """Have people post, and others reply who may see it; gives (bubble, replier) pairs."""
        wanted = min(at_most, round(CONVERSATIONS_PER_ACCOUNT * len(people)))
        posted = max(1, round(CONVERSATIONS_PER_ACCOUNT * len(people) / (ANSWERED * ANSWERS)))
        answered = max(1, round(ANSWERED * posted))
        # Spread over the first half, so that whoever replies can do so after the posting.
        step = max(1, (ends - begins) // 2 // posted)
        wishes = [
            Wish(
                dice.randrange(len(people)) if one else 0, dice.getrandbits(16), begins + one * step
            )
            for one in range(posted)
        ]
        met: dict[tuple[int, int], None] = {}
        for one in range(wanted):
            wish = one if one < answered else dice.randrange(answered)
            pair = self._pair(people, wishes, wish, met, dice)
            if pair is not None:
                met[pair] = None
        return wishes, list(met)

    def _pair(
        self,
        people: Sequence[Resident],
        wishes: Sequence[Wish],
        wish: int,
        met: Collection[tuple[int, int]],
        dice: Random,
    ) -> tuple[int, int] | None:
        """Find someone who may reply and has not; the first bubble, by one of Ballerup, is seen
        by all, so it helps out when another has nobody left.
        """  # noqa: D205
        for choice in (wish, 0):
            author = wishes[choice].author
            subscribes = people[author].municipality in self._subscribing
            for place in dice.sample(range(len(people)), len(people)):
                reader = people[place].municipality in self._subscribing
                if place != author and (subscribes or reader) and (choice, place) not in met:
                    return choice, place
        return None


def residence_weights(codes: Sequence[int], subscribing: Collection[int]) -> Iterator[float]:
    """Weigh where people live.

    Ballerup has its users; each other subscriber the mean of the 53 others; those of subscribers
    whose names are not known live in the other municipalities, evenly.
    """
    mean = (USERS - BALLERUP_USERS) / (SUBSCRIBERS - 1)
    named = sum(code in subscribing and code != BALLERUP for code in codes)
    others = len(codes) - named - (BALLERUP in codes)
    rest = (SUBSCRIBERS - 1 - named) * mean / max(1, others)
    for code in codes:
        if code == BALLERUP:
            # One of a hundred is of Ballerup already: the first of each circle.
            yield max(0.0, BALLERUP_USERS - USERS / CIRCLE)
        else:
            yield mean if code in subscribing else rest


def drawn_age(dice: Random, *, children: bool) -> int:
    """Draw an age in whole years."""
    if children:
        return dice.choice((13, 14))
    first, last, _ = dice.choices(AGES, [share for _, _, share in AGES])[0]
    return dice.randint(first, last)


def born_before(today: datetime.date, years: int, dice: Random) -> datetime.date:
    """Give a birth date of someone who is so many years old today."""
    newest = datetime.date(today.year - years, today.month, min(today.day, 28))
    return newest - datetime.timedelta(days=dice.randrange(330))


def shared_out(total: int, parts: int, dice: Random) -> list[int]:
    """Cut a number of messages into conversations: at least `FEWEST` each, log-normal above it."""
    if not parts:
        return []
    ends = list(accumulate(dice.lognormvariate(0, SIZE_SPREAD) for _ in range(parts)))
    spare = total - FEWEST * parts
    cuts = [0, *(int(spare * end / ends[-1]) for end in ends[:-1]), spare]
    return [FEWEST + after - before for before, after in pairwise(cuts)]


def letters(dice: Random) -> int:
    """Draw the length of a message in characters."""
    drawn = int(MEDIAN_LETTERS * dice.lognormvariate(0, LETTERS_SPREAD))
    return min(MOST_LETTERS, max(2, drawn))
