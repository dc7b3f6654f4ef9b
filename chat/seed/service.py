"""Filling an empty database with a seeded town, in transactions of a fraction of a second.

It goes on where it was interrupted, and touches no database that it has not begun itself.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import msgspec

from chat.accounts import bulk as accounts
from chat.bubbles import bulk as bubbles
from chat.bubbles.model import Author, Bubble, State
from chat.conversations import bulk as conversations
from chat.conversations.bulk import Line, Talk
from chat.demo_people import BUBBLES, TALKS
from chat.municipalities.service import Municipalities
from chat.notifications.service import settle_all
from chat.seed import model, store
from chat.seed.model import BALLERUP, Circle, Meeting, Plan, Resident, Town, made_id
from chat.seed.people import People, is_volunteer
from chat.snaksammen import bulk as snaksammen
from chat.storage.database import Database, Reader, Transaction

CHUNK_ROWS = 10_000
"""Rows of messages and accounts in one transaction, about."""

VALID_MS = 365 * model.DAY_MS
TEXTS = 2_048

Progress = Callable[[int, int], None]
"""Told after each chunk how many accounts and how many messages are in."""


class NotOurs(Exception):
    """The database is not one that may be filled; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """What a run has added, and how long it took."""

    accounts: int
    messages: int
    seconds: float


async def seed(
    database: Database, wanted: Plan, file: Path, progress: Progress = lambda *_: None
) -> Seeded:
    """Fill the database, from its start or from where it was left, and write the people file.

    Who goes on takes over the `until` of whoever began. Raises `NotOurs`, and `BadPlan`.
    """
    model.check(wanted)
    municipalities = await Municipalities.open(database)
    plan, people = await _claim(database, wanted, file)
    town = _TownHall(plan, people, municipalities)
    done = first = await database.read(_circles_done)
    started = time.monotonic()
    while done < people.circles:
        until = min(people.circles, done + town.circles_at_once)
        made = [town.make(number) for number in range(done, until)]
        await database.write(town.write, made)
        done = until
        progress(*_extent(plan, people, done))
    before, after = _extent(plan, people, first), _extent(plan, people, done)
    return Seeded(after[0] - before[0], after[1] - before[1], time.monotonic() - started)


async def _claim(database: Database, wanted: Plan, file: Path) -> tuple[Plan, People]:
    """Make an empty database the seed's own, or find that it is; gives what fills it."""
    found = await database.read(_plan)
    if found is None:
        if await database.read(accounts.anyone):
            raise NotOurs("people live in this database; a town is seeded into an empty one")
        people = People.new(wanted.accounts, wanted.messages, wanted.seed)
        people.save(file)
        await database.write(store.begin, msgspec.json.encode(wanted).decode())
        return wanted, people
    if replace(found, until=wanted.until) != wanted:
        raise NotOurs(
            f"this database holds another town (--accounts {found.accounts} --messages"
            f" {found.messages} --seed {found.seed}); take an empty one"
        )
    try:
        return found, People.read(file)
    except (OSError, ValueError) as error:
        raise NotOurs(f"{file}, which belongs to this database, cannot be read") from error


def _plan(reader: Reader) -> Plan | None:
    found = store.progress(reader)
    return None if found is None else msgspec.json.decode(found[0], type=Plan)


def _circles_done(reader: Reader) -> int:
    found = store.progress(reader)
    return found[1] if found else 0


def _extent(plan: Plan, people: People, circles: int) -> tuple[int, int]:
    accounts = people.circle(circles - 1)[-1] + 1 if circles else 0
    return accounts, plan.messages * accounts // plan.accounts


class _TownHall:
    """Turns circles into rows."""

    def __init__(self, plan: Plan, people: People, municipalities: Municipalities) -> None:
        today = plan.today
        self._plan = plan
        self._people = people
        self._town = Town(plan, people, municipalities.codes(), municipalities.subscribing(today))
        self._drafts = [
            bubbles.draft_of(one.title, one.text, one.interests.split(), one.symbol)
            for one in BUBBLES
        ]
        self._drafts = [one for one in self._drafts if one.held is None]
        self._texts = list(_texts(Random(plan.seed)))  # noqa: S311 — made-up prose
        rows = (plan.accounts + plan.messages) / people.circles
        self.circles_at_once = max(1, round(CHUNK_ROWS / rows))

    def make(self, number: int) -> Circle:
        """Make a circle."""
        return self._town.circle(number)

    def write(self, txn: Transaction, circles: Sequence[Circle]) -> None:
        """Write whole circles, and that they are in: all or nothing."""
        for circle in circles:
            self._move_in(txn, circle.people)
            self._talk(txn, circle, self._post(txn, circle))
        store.advance(txn, circles[-1].number + 1)

    def _move_in(self, txn: Transaction, people: Sequence[Resident]) -> None:
        until = self._plan.until
        accounts.move_in(
            txn,
            [
                accounts.Newcomer(
                    one.id, f"p{one.number}@seed.example", one.alias, one.born, one.municipality,
                    one.joined_at, language="en" if one.english else "da",
                )
                for one in people
            ],
        )  # fmt: skip
        accounts.log_in(
            txn,
            [
                accounts.Login(
                    one.id, one.id, self._people.token(one.number),
                    # A volunteer's session would end hours after the login: theirs begins, as the
                    # rows have it, on the last day, so that a town can be used for as long.
                    until + VALID_MS if is_volunteer(one.number) else until, until + VALID_MS,
                )
                for one in people
            ],
        )  # fmt: skip
        helpers = [
            snaksammen.Helper(
                made_id(one.joined_at + 1, one.number),
                one.id,
                f"{one.alias.rpartition(' ')[0]} v{one.number}",
            )
            for one in people
            if is_volunteer(one.number)
        ]
        if helpers:
            snaksammen.admit(txn, helpers[0].id, "Frivillige", BALLERUP, helpers, until)
        eldest_child = self._plan.today.replace(year=self._plan.today.year - 15, day=1)
        accounts.consent(
            txn,
            [
                (one.id, f"parent.of.p{one.number}@seed.example", one.joined_at)
                for one in people
                if one.born > eldest_child
            ],
        )

    def _post(self, txn: Transaction, circle: Circle) -> list[Bubble]:
        posted = []
        for place, wish in enumerate(circle.wishes):
            author = circle.people[wish.author]
            draft = self._drafts[wish.text % len(self._drafts)]
            bubble = Bubble(
                made_id(wish.posted_at, circle.number << 8 | place),
                Author(author.id, author.alias, author.municipality, author.born, active=True),
                draft.content, State.OPEN, None, wish.posted_at,
            )  # fmt: skip
            posted.append((bubble, draft))
        bubbles.post(txn, posted)
        return [bubble for bubble, _ in posted]

    def _talk(self, txn: Transaction, circle: Circle, posted: Sequence[Bubble]) -> None:
        """Have all write by turns, as they do in life: the messages of one lie far apart."""
        dice = Random(f"{self._plan.seed}/{circle.number}/talk")  # noqa: S311 — as above
        count = sum(one.messages for one in circle.meetings)
        first = txn.positions(count + len(circle.meetings))
        scribe = _Scribe(circle, posted, dice, first)
        order = [one for one, m in enumerate(circle.meetings) for _ in range(m.messages)]
        dice.shuffle(order)
        texts = dice.choices(self._texts, k=count)
        begins = (circle.begins + circle.ends) // 2
        step = (circle.ends - begins) / max(1, count + 1)
        conversations.write_lines(
            txn,
            [
                scribe.line(one, begins + int(place * step), text)
                for place, (one, text) in enumerate(zip(order, texts, strict=True))
            ],
        )
        conversations.open_talks(txn, scribe.talks(dice))
        settle_all(txn, scribe.position, max((one.id for one in posted), default=0))


class _Scribe:
    """Numbers the messages of a circle's conversations."""

    def __init__(
        self, circle: Circle, posted: Sequence[Bubble], dice: Random, position: int
    ) -> None:
        self._circle = circle
        self._posted = posted
        self._dice = dice
        self.position = position - 1
        self._seqs = [0] * len(circle.meetings)
        self._opened: list[tuple[int, int]] = [(0, 0)] * len(circle.meetings)
        self._last: list[tuple[int, int, int]] = [(0, 0, 0)] * len(circle.meetings)

    def line(self, one: int, at: int, text: str) -> Line:
        """Write the next message of a conversation; the replier's opens it, the author answers."""
        self._seqs[one] = seq = self._seqs[one] + 1
        if seq == 1:
            self.position += 1
            self._opened[one] = (self.position, at)
        self.position += 1
        sender = 3 - seq if seq <= 2 else 1 + self._dice.getrandbits(1)
        self._last[one] = (self.position, at, sender)
        meeting = self._circle.meetings[one]
        return Line(
            self.position,
            self._id(one),
            seq,
            sender,
            self._members(meeting)[sender - 1].id,
            at,
            text,
        )

    def talks(self, dice: Random) -> Iterator[Talk]:
        """Give the conversations as they are after the last message."""
        for one, meeting in enumerate(self._circle.meetings):
            bubble, seq = self._posted[meeting.wish], self._seqs[one]
            author, replier = self._members(meeting)
            (opened_position, opened_at), (position, at, sender) = (
                self._opened[one],
                self._last[one],
            )
            behind = seq if dice.random() < model.READ_ALL else dice.randrange(seq)
            yield Talk(
                self._id(one), bubble.id, author.id, replier.id, bubble.content.title,
                bubble.content.symbol, seq,
                seq if sender == 1 else behind, seq if sender == 2 else behind,
                opened_position, position, opened_at, at,
            )  # fmt: skip

    def _id(self, one: int) -> int:
        return made_id(self._opened[one][1], self._circle.number << 8 | one)

    def _members(self, meeting: Meeting) -> tuple[Resident, Resident]:
        people, author = self._circle.people, self._circle.wishes[meeting.wish].author
        return people[author], people[meeting.replier]


def _texts(dice: Random) -> Iterator[str]:
    """Give messages of drawn lengths, made of what the people of the demo say."""
    lines = [line.text for talk in TALKS for line in talk.lines]
    for _ in range(TEXTS):
        wanted, text = model.letters(dice), ""
        while len(text) < wanted:
            text = f"{text} {dice.choice(lines)}".lstrip()
        yield text[:wanted].rstrip().ljust(2, ".")
