"""Finds out who talks with whom in a town that `samtale seed` made, by asking the server itself."""

import http.client
import ssl
from collections.abc import Iterator
from itertools import islice

from msgspec.json import Decoder

from chat.seed.people import People
from loadtests.driver.worker import Pair
from loadtests.target import Target
from protocol.resources import Conversation, ConversationPage

PAGE = 100

_read_page = Decoder(ConversationPage).decode


class NotThere(Exception):
    """The town lacks something; the text says what."""


class Residents:
    """The people of a town. `trusted` is for a server that speaks TLS."""

    def __init__(
        self, target: Target, people: People, trusted: ssl.SSLContext | None = None
    ) -> None:
        self._target = target
        self._people = people
        self._connection = (
            http.client.HTTPSConnection(target.host, target.port, timeout=30, context=trusted)
            if target.tls
            else http.client.HTTPConnection(target.host, target.port, timeout=30)
        )

    def pairs_and_idle(self, pairs: int, idle: int) -> tuple[list[Pair], list[str]]:
        """Give so many pairs who have a conversation, and tokens of so many others.

        Nobody is in two pairs. Fewer pairs are given where there are no more. They are of the last
        circles and Locust's people of the first, so both may load a town at once. Raises
        `NotThere`.
        """
        found, busy = list[Pair](), set[int]()
        for circle in reversed(range(self._people.circles)):
            if len(found) < pairs:
                found += islice(self._pairs(circle, busy), pairs - len(found))
        if not found:
            raise NotThere("nobody in this town has an open conversation")
        others = (number for number in range(self._people.accounts) if number not in busy)
        return found, [self._people.token(number) for number in islice(others, idle)]

    def _pairs(self, circle: int, busy: set[int]) -> Iterator[Pair]:
        """People talk within their circle: who has the same conversation talks with each other."""
        known: dict[str, int] = {}
        for number in self._people.circle(circle):
            for conversation in self._conversations(number):
                other = known.setdefault(conversation.id, number)
                if other != number and not {other, number} & busy and not conversation.closed:
                    busy |= {other, number}
                    first, second = self._people.token(other), self._people.token(number)
                    yield Pair(first, second, conversation.id, conversation.last_seq)

    def _conversations(self, number: int) -> list[Conversation]:
        headers = {"Authorization": f"Bearer {self._people.token(number)}"}
        self._connection.request("GET", f"/api/v1/conversations?limit={PAGE}", headers=headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != http.client.OK:
            raise NotThere(f"{self._target.url} knows nobody of this town: HTTP {answer.status}")
        return _read_page(body).conversations
