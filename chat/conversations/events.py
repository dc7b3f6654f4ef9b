"""What conversations publish: one encoded event for each change, in the order of the log.

Everything here runs after a commit and before the next one is told, never after a wait: a client
takes the newest cursor that it has seen for how far it has got (G5), so an event must not come
after one of a later position.
"""

from chat.conversations.model import EntryAdded, MessageStored, Outgoing, ReadMarkMoved, Stored
from chat.realtime.broker import Broker, Publication
from chat.storage.facts import Facts
from protocol import resources as res
from protocol.codec import encode_event
from protocol.cursors import write_cursor
from protocol.ids import encode_id
from protocol.messages import EventFrame, OriginClosed, Position, Typing


class ConversationEvents:
    """Publishes to the members of conversations."""

    def __init__(self, broker: Broker, facts: Facts, epoch: str) -> None:
        self._broker = broker
        self._epoch = epoch
        facts.after_commit(MessageStored, self._message_stored)
        facts.after_commit(ReadMarkMoved, self._read_mark_moved)
        facts.after_commit(EntryAdded, self._entry_added)

    def message(self, item: Outgoing, connection: int, stored: Stored) -> None:
        """Publish a message to everyone but the socket that sent it; a resend to nobody."""
        rights = stored.rights
        if rights is None:
            return
        message = res.Message(
            seq=stored.seq,
            ordinal=stored.ordinal,
            sender=rights.numbers[item.account],
            client_id=item.message.client_id,
            sent_at=stored.at,
            text=item.message.text,
        )
        frame = EventFrame(
            event="message.created",
            conversation=item.message.conversation,
            seq=stored.seq,
            cursor=write_cursor(self._epoch, stored.position),
            data=message,
        )
        self._broker.publish(Publication(rights.accounts, encode_event(frame), connection))

    def typing(self, conversation: int, member: int, accounts: tuple[int, ...]) -> None:
        """Tell some that a member is writing."""
        frame = EventFrame(
            event="typing.started", conversation=encode_id(conversation), data=Typing(member)
        )
        self._broker.publish(Publication(accounts, encode_event(frame), ephemeral=True))

    def _message_stored(self, fact: MessageStored) -> None:
        self.message(fact.item, fact.connection, fact.stored)

    def _read_mark_moved(self, fact: ReadMarkMoved) -> None:
        frame = EventFrame(
            event="position.moved",
            conversation=encode_id(fact.conversation),
            cursor=write_cursor(self._epoch, fact.position),
            data=Position(fact.member, fact.delivered_seq, fact.read_seq),
        )
        self._broker.publish(Publication(fact.accounts, encode_event(frame), fact.connection))

    def _entry_added(self, fact: EntryAdded) -> None:
        frame = EventFrame(
            event=fact.kind.replace("_", "."),
            conversation=encode_id(fact.conversation),
            seq=fact.seq,
            cursor=write_cursor(self._epoch, fact.position),
            data=OriginClosed(at=fact.at),
        )
        self._broker.publish(Publication(fact.accounts, encode_event(frame)))
