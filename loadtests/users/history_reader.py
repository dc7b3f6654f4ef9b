"""Somebody who reads a long conversation from its end to its beginning."""

from locust import task

from loadtests.users.known import Gone
from loadtests.users.resident import Resident, share_of
from protocol.requests import FetchHistory

PAGE = 50
SECONDS_PER_PAGE = 4.0
"""About 50 messages skimmed (assumed)."""


class HistoryReader(Resident):
    """Reads on, page by page, and then another conversation."""

    weight = share_of("HistoryReader")

    @task
    def live(self) -> None:
        """Read one conversation, the longest as a rule."""
        phone = self.phone
        chats = sorted(phone.chats.values(), key=lambda chat: -chat.seen) if phone else []
        if phone is None or not chats:
            self.think(60)
            return
        chat = chats[0] if self.load.dice.random() < 0.5 else self.load.dice.choice(chats)
        before: int | None = None
        more = True
        try:
            while more:
                page = phone.page(FetchHistory(chat.id, before=before, limit=PAGE))
                more = page.more and bool(page.entries)
                before = page.entries[0].seq if page.entries else None
                self.think(self.around(SECONDS_PER_PAGE))
        except Gone as why:
            if str(why) not in {"offline", "the line broke"}:
                self.load.fail("history", str(why))
            self.think(1)
