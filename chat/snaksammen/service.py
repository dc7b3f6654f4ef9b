"""The face of SnakSammen: everything that is asked of it, and what the clock brings about."""

from collections.abc import Container

from chat.realtime.broker import Broker
from chat.snaksammen.bookings import Bookings
from chat.snaksammen.caring import Caring
from chat.snaksammen.coordination import Coordination
from chat.snaksammen.courses import Courses
from chat.snaksammen.events import TalkEvents
from chat.snaksammen.lines import Lines
from chat.snaksammen.links import Links
from chat.snaksammen.rounds import Rounds
from chat.snaksammen.talks import Talks
from chat.snaksammen.timetable import Timetable
from chat.snaksammen.volunteers import Volunteering
from chat.storage.database import Database
from chat.storage.facts import Facts


class SnakSammen:
    """Volunteers, their times, bookings, the line, talks and their care.

    `interests`: the slugs that a profile may name.
    """

    def __init__(
        self, database: Database, broker: Broker, facts: Facts, interests: Container[str]
    ) -> None:
        self.volunteers = Volunteering(database, interests)
        self.timetable = Timetable(database)
        self.bookings = Bookings(database)
        self.talks = Talks(database)
        self.links = Links(database)
        self.courses = Courses(database)
        self.lines = Lines(database)
        self.caring = Caring(database)
        self.coordination = Coordination(database)
        self.rounds = Rounds(database)
        self._events = TalkEvents(broker, facts)
        counted = (self.volunteers, self.bookings, self.talks, self.lines)
        self.shared = {name: one for part in counted for name, one in part.shared.items()}

    async def every_second(self, now: int) -> None:
        """Do what is due now. Raises `Refused("unavailable")`; the next round does the rest."""
        await self.rounds.every_second(now)
        await self.lines.every_second(now)

    async def every_hour(self, now: int) -> None:
        """Make the weekly times that come into sight; forget what is long over."""
        await self.timetable.make_weekly(now)
        await self.rounds.every_hour(now)
