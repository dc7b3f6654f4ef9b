"""What conversations publish: one encoded event for each change, in the order of the log.

Everything here runs after a commit and before the next one is told, never after a wait: a client
takes the newest cursor that it has seen for how far it has got (G5), so an event must not come
after one of a later position.
"""

from typing import Any

from msgspec import Struct

from chat.conversations.marks import Mark, Moved
from chat.conversations.model import (
    ConversationLeft,
    EntryAdded,
    MessageChanged,
    MessageStored,
    Outgoing,
    OwnSideChanged,
    Stored,
)
from chat.realtime.broker import Broker, Publication
from chat.storage.facts import Facts
from chat.storage.horizon import WriteCursor
from protocol import resources as res
from protocol.calls import CallEnded, CallStarted
from protocol.codec import encode_event
from protocol.ids import encode_id
from protocol.messages import (
    EventFrame,
    MemberJoined,
    MemberLeft,
    MessageChange,
    OriginClosed,
    Position,
    Typing,
    TypingStopped,
)


def _of_the_platform(kind: str, at: int, by: int) -> Struct:
    """Say what the platform has written into a conversation."""
    match kind:
        case "call_started":
            return CallStarted(at, by)
        case "call_ended":
            return CallEnded(at, by)
        case "member_joined":
            return MemberJoined(at, by)
        case "member_left":
            return MemberLeft(at, by)
        case _:
            return OriginClosed(at)


class ConversationEvents:
    """Publishes to the members of conversations."""

    def __init__(self, broker: Broker, facts: Facts, write_cursor: WriteCursor) -> None:
        self._broker = broker
        self._write_cursor = write_cursor
        facts.after_commit(MessageStored, self._message_stored)
        facts.after_commit(MessageChanged, self._message_changed)
        facts.after_commit(EntryAdded, self._entry_added)
        facts.after_commit(OwnSideChanged, self._own_side_changed)
        facts.after_commit(ConversationLeft, self._conversation_left)

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
            quote=stored.quote,
            picture=stored.picture,
        )
        frame = EventFrame(
            event="message.created",
            conversation=item.message.conversation,
            seq=stored.seq,
            cursor=self._write_cursor(stored.position),
            data=message,
        )
        self._broker.publish(
            Publication(
                rights.accounts, encode_event(frame), connection,
                False, item.conversation, stored.seq, stored.position,
            )
        )  # fmt: skip

    def marks_moved(self, mark: Mark, moved: Moved) -> None:
        """Publish a member's marks: to their own devices as they are, to others as they see them.

        The socket that said so knows.
        """
        if moved.position is None:
            return
        me, rights = mark.account, moved.rights
        own = Position(moved.member, moved.delivered, moved.read)
        shown = Position(moved.member, moved.shown_delivered, moved.shown_read)
        others = tuple(account for account in rights.accounts if account != me)
        everyone = moved.seen and own == shown
        told = rights.accounts if everyone else (me,)
        self._publish(
            "position.moved", mark.conversation, moved.position, own, told, mark.connection
        )
        if moved.seen and not everyone:
            self._publish("position.moved", mark.conversation, moved.position, shown, others)
        if moved.own is not None:
            self._publish(
                "conversation.changed", mark.conversation, moved.position + 1, moved.own, (me,)
            )

    def typing(self, conversation: str, member: int, doing: Any, accounts: tuple[int, ...]) -> None:
        """Tell some what a member is doing; None: nothing any more."""
        name, data = (
            ("typing.stopped", TypingStopped(member))
            if doing is None
            else ("typing.started", Typing(member, doing))
        )
        frame = EventFrame(event=name, conversation=conversation, data=data)
        self._broker.publish(Publication(accounts, encode_event(frame), ephemeral=True))

    def _message_stored(self, fact: MessageStored) -> None:
        self.message(fact.item, fact.connection, fact.stored)

    def _message_changed(self, fact: MessageChanged) -> None:
        event = fact.kind.replace("_", ".")
        data = MessageChange(fact.by, fact.at, fact.message)
        self._publish(event, fact.conversation, fact.position, data, fact.accounts, seq=fact.seq)

    def _entry_added(self, fact: EntryAdded) -> None:
        event = fact.kind.replace("_", ".")
        data = _of_the_platform(fact.kind, fact.at, fact.by)
        self._publish(event, fact.conversation, fact.position, data, fact.accounts, seq=fact.seq)

    def _own_side_changed(self, fact: OwnSideChanged) -> None:
        self._publish(
            "conversation.changed", fact.conversation, fact.position, fact.own, (fact.account,)
        )

    def _conversation_left(self, fact: ConversationLeft) -> None:
        self._publish(
            "conversation.left", fact.conversation, fact.position, res.Empty(), (fact.account,)
        )

    def _publish(
        self,
        event: str,
        conversation: int,
        position: int,
        data: Struct,
        accounts: tuple[int, ...],
        except_connection: int = 0,
        *,
        seq: int | None = None,
    ) -> None:
        self._broker.publish(
            self.publication(
                event, conversation, position, data, accounts, except_connection, seq=seq
            )
        )

    def publication(
        self,
        event: str,
        conversation: int,
        position: int,
        data: Struct,
        accounts: tuple[int, ...],
        except_connection: int = 0,
        *,
        seq: int | None = None,
    ) -> Publication:
        """Make an event of a conversation; an entry has a seq, by which its order is kept."""
        frame = EventFrame(
            event=event,
            conversation=encode_id(conversation),
            seq=seq,
            cursor=self._write_cursor(position),
            data=data,
        )
        return Publication(
            accounts, encode_event(frame), except_connection,
            conversation=conversation, seq=seq or 0, position=position,
            state=event == "conversation.changed",
        )  # fmt: skip

    def entry(
        self, conversation: int, position: int, entry: res.Entry, accounts: tuple[int, ...]
    ) -> Publication:
        """Make the event that an entry of the store was, with its message as it is now."""
        data = _of_the_platform(entry.kind, entry.at, entry.by)
        if entry.message is not None:
            message = entry.message
            data = MessageChange(entry.by, entry.at, message) if entry.target else message
        event = "message.created" if entry.kind == "message" else entry.kind.replace("_", ".")
        return self.publication(event, conversation, position, data, accounts, seq=entry.seq)
