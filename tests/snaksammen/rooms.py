"""Writing in a talk's room, as whoever sits in a seat of it."""

import secrets
import uuid

from chat.conversations.service import Conversations
from chat.scope import Scope
from chat.settings import Limits
from chat.snaksammen import talk_store
from chat.storage.facts import Facts
from protocol import requests as ask
from protocol import talks as tal
from tests.snaksammen.house import House, Person, number


async def say(house: House, talk: tal.Talk, person: Person, text: str) -> None:
    """Let someone who takes part write, by the messaging core that everyone has."""
    party = await house.database.read(talk_store.party_in, number(talk.id), person.account)
    assert party is not None
    assert party.seat is not None
    actor = type(person.actor)(party.seat, 1, True, person.actor.born, 751, 0, guest=True)
    conversations = Conversations(house.database, house.broker, Facts(), Limits(), "7f3a")
    client_id = str(uuid.UUID(bytes=secrets.token_bytes(16)))
    wish = ask.SendMessage(str(talk.conversation), client_id, text)
    await conversations.send(Scope(house.now, "da", actor), wish)
