"""The demo's town comes to life, so that a first look meets somebody (`demo_people.py`).

Everything is written by the same use cases as real people use, at moments of the last weeks.
"""

import datetime
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from chat.accounts.passwords import Passwords
from chat.accounts.service import Accounts
from chat.bubbles.service import Bubbles
from chat.conversations.service import Conversations
from chat.demo_people import (
    BUBBLES,
    CLOSED,
    COORDINATOR,
    GLADSAXE,
    HELPERS,
    PEOPLE,
    TALKS,
    Bubble,
    Helper,
    Line,
    Talk,
)
from chat.safety.model import latest_birth
from chat.scope import Actor, Scope, copenhagen_date, copenhagen_midnight
from chat.snaksammen.model import BranchInvitation
from chat.snaksammen.service import SnakSammen
from chat.storage.database import Transaction
from chat.storage.facts import Facts
from protocol import requests as ask
from protocol import volunteering as vol
from protocol.errors import Refused

PASSWORD = "bobler-og-kaffe"  # noqa: S105 — of made-up people, who live on loopback only
JOINED_DAYS_AGO = 60
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Login:
    """Who one can log in as."""

    email: str
    password: str
    about: str


async def fill(
    accounts: Accounts,
    passwords: Passwords,
    bubbles: Bubbles,
    conversations: Conversations,
    snaksammen: SnakSammen,
    facts: Facts,
    now: int,
) -> Sequence[Login]:
    """Move everybody in, unless they live here already; gives who one can log in as.

    `now`: UTC milliseconds. What one may do in a day holds for them too, at the moments they act.
    """
    town = _Town(accounts, bubbles, conversations, now)
    if await town.move_in(await passwords.hash(PASSWORD)):
        for moment in sorted(town.story(), key=lambda moment: moment.at):
            await moment.act(moment.at)
        await town.read_talks()
        await _Branch(snaksammen, facts, town.scope, now).open()
    return [Login(person.email, PASSWORD, person.about) for person in PEOPLE]


def welcome(base_url: str, logins: Sequence[Login]) -> str:
    """Write what one is greeted with: where to go, and a line for everyone one can be."""
    widest = max(len(login.email) for login in logins)
    people = [f"  {login.email:<{widest}}  {login.about}" for login in logins]
    return "\n".join(
        [
            "",
            f"Samtale is at {base_url}   (its mail at {base_url}/demo/mailbox)",
            f"Log in as any of these; the password is {PASSWORD}",
            "",
            *people,
            "",
            "Stop with Ctrl-C.",
        ]
    )


class _Moment(NamedTuple):
    """Something that happens at a time (UTC milliseconds)."""

    at: int
    act: Callable[[int], Awaitable[None]]


class _Town:
    """Everybody acts through the use cases; ids are kept by the names in the tables."""

    def __init__(
        self, accounts: Accounts, bubbles: Bubbles, conversations: Conversations, now: int
    ) -> None:
        self._accounts = accounts
        self._bubbles = bubbles
        self._conversations = conversations
        self._now = now
        self._today = copenhagen_date(now)
        self._actors: dict[str, Actor] = {}
        self._bubble_ids: dict[str, str] = {}
        self._talk_ids: dict[Talk, str] = {}

    async def move_in(self, password_hash: str) -> bool:
        """Make the accounts; tells False if the first of them is there already."""
        joined_at = self._now - JOINED_DAYS_AGO * DAY_MS
        for index, person in enumerate(PEOPLE):
            birthday_ago = datetime.timedelta(days=20 + 25 * index)
            born = latest_birth(person.age, self._today) - birthday_ago
            wish = ask.RegisterAccount(
                email=person.email,
                password=PASSWORD,
                alias=person.alias,
                born=born,
                municipality=person.municipality,
                language=person.language,
                parent_email=f"parent.of.{person.name}@demo.samtale.example",
            )
            try:
                account = await self._accounts.admit(Scope(joined_at), wish, password_hash)
            except Refused as refused:
                if index == 0 and refused.field == "email":
                    return False
                raise
            self._actors[person.name] = Actor(
                account, 0, True, born, person.municipality, joined_at
            )
        return True

    def story(self) -> Iterator[_Moment]:
        """Tell everything that happens, in no order."""
        for bubble in BUBBLES:
            yield _Moment(self._at(bubble.days, bubble.clock), partial(self._post, bubble))
        for talk in TALKS:
            for line in talk.lines:
                yield _Moment(self._at(line.days, line.clock), partial(self._say, talk, line))
        for key, days in CLOSED.items():
            yield _Moment(self._at(days, "12:00"), partial(self._close, key))

    async def read_talks(self) -> None:
        """Let both read each talk to its end, or all but the last line, which waits for one."""
        for talk in TALKS:
            for name in {line.who for line in talk.lines}:
                waits = not talk.read and name != talk.lines[-1].who
                seq = len(talk.lines) - 1 if waits else len(talk.lines) + 1
                request = ask.MarkRead(self._talk_ids[talk], seq)
                await self._conversations.positions.read(self.scope(name, self._now), request)

    def _at(self, days: int, clock: str) -> int:
        hours, minutes = map(int, clock.split(":"))
        midnight = copenhagen_midnight(self._today - datetime.timedelta(days=days))
        return midnight + (hours * 60 + minutes) * 60_000

    def scope(self, name: str, at: int) -> Scope:
        """Act as someone, at a moment."""
        return Scope(at, actor=self._actors[name])

    async def _post(self, bubble: Bubble, at: int) -> None:
        request = ask.PostBubble(
            title=bubble.title,
            text=bubble.text,
            interests=bubble.interests.split(),
            symbol=bubble.symbol,
        )
        posted = await self._bubbles.post(self.scope(bubble.author, at), request)
        self._bubble_ids[bubble.key] = posted.id

    async def _say(self, talk: Talk, line: Line, at: int) -> None:
        scope, client_id = self.scope(line.who, at), str(uuid.uuid4())
        if talk in self._talk_ids:
            message = ask.SendMessage(self._talk_ids[talk], client_id, line.text)
            await self._conversations.send(scope, message)
        else:
            reply = ask.ReplyToBubble(self._bubble_ids[talk.bubble], client_id, line.text)
            self._talk_ids[talk] = (await self._bubbles.reply(scope, reply)).conversation

    async def _close(self, key: str, at: int) -> None:
        author = next(bubble.author for bubble in BUBBLES if bubble.key == key)
        request = ask.OneBubble(self._bubble_ids[key])
        await self._bubbles.close(self.scope(author, at), request)


class _Branch:
    """A local branch of the Red Cross, whose volunteers have times."""

    def __init__(
        self,
        snaksammen: SnakSammen,
        facts: Facts,
        scope: Callable[[str, int], Scope],
        now: int,
    ) -> None:
        self._volunteers = snaksammen.volunteers
        self._timetable = snaksammen.timetable
        self._scope = scope
        self._now = now
        self._invitation = ""
        facts.in_transaction(BranchInvitation, self._keep)

    async def open(self) -> None:
        """Found the branch, and take everyone in as far as they have come."""
        founder = self._scope(COORDINATOR, self._now)
        await self._volunteers.found_branch(
            "Gladsaxe", GLADSAXE, founder.me.account, "Kirsten", self._now
        )
        for helper in HELPERS:
            await self._take_in(helper)

    async def _take_in(self, helper: Helper) -> None:
        coordinator = self._scope(COORDINATOR, self._now)
        scope = self._scope(helper.who, self._now)
        address = next(person.email for person in PEOPLE if person.name == helper.who)
        await self._volunteers.invite(
            coordinator, vol.InviteToBranch("volunteer", helper.name, address)
        )
        await self._volunteers.accept(scope, vol.AcceptInvitation(self._invitation))
        profile = vol.UpdateVolunteer(words=helper.words, languages=list(helper.languages))
        me = (await self._volunteers.update(scope, profile)).profile.id
        if not helper.times:
            return
        await self._volunteers.sign(scope, ask.Nothing())
        valid_until = scope.today + datetime.timedelta(days=500) if helper.certificate else None
        admitted = vol.RecordVolunteer(
            me, course_done=True, certificate_until=valid_until, state="active"
        )
        await self._volunteers.record(coordinator, admitted)
        for weekday, clock in helper.times:
            hours, minutes = map(int, clock.split(":"))
            weekly = vol.PublishWeekly("snaksammen", weekday, hours * 60 + minutes, scope.today)
            await self._timetable.publish_weekly(scope, weekly)

    def _keep(self, fact: BranchInvitation, _: Transaction) -> None:
        self._invitation = fact.token
