"""What was missed, told as the events that it was. Pure."""

from collections.abc import Iterator

from protocol.calls import CallEnded, CallStarted
from protocol.clients.python.effects import CaughtUp, Event
from protocol.messages import MemberJoined, MemberLeft, MessageChange, OriginClosed, Resumed
from protocol.resources import Empty, Entry

CHANGES = {"message_edited", "message_deleted", "message_reacted", "message_pinned"}
"""The kinds of entries that change a message; their events are named alike, with a full stop."""

OF_MEMBERS = {"member_joined", "member_left"}
"""The kinds that say who takes part: only the conversation, read anew, says their names."""


def missed_events(page: Resumed) -> Iterator[Event | CaughtUp]:
    """Give the events of a page of a resume, and where each conversation stands after them."""
    for changed in page.conversations:
        name = changed.conversation
        for entry in changed.entries:
            event = _event_of(entry, name)
            if event is not None:
                yield event
        for position in changed.positions:
            yield Event("position.moved", position, name)
        yield CaughtUp(changed)
    for conversation in page.left:
        yield Event("conversation.left", Empty(), conversation)
    if page.account is not None:
        yield Event("account.changed", page.account)
    if page.blocks:
        yield Event("blocks.changed", Empty())


def _event_of(entry: Entry, conversation: str) -> Event | None:
    """Make the event that an entry was; None for a kind that is unknown."""
    if entry.kind == "message" and entry.message is not None:
        return Event("message.created", entry.message, conversation, entry.seq)
    if entry.kind in CHANGES and entry.message is not None:
        data = MessageChange(entry.by, entry.at, entry.message)
        return Event(entry.kind.replace("_", "."), data, conversation, entry.seq)
    if entry.kind == "origin_closed":
        return Event("origin.closed", OriginClosed(entry.at), conversation, entry.seq)
    if entry.kind == "call_started":
        return Event("call.started", CallStarted(entry.at, entry.by), conversation, entry.seq)
    if entry.kind == "member_joined":
        return Event("member.joined", MemberJoined(entry.at, entry.by), conversation, entry.seq)
    if entry.kind == "member_left":
        return Event("member.left", MemberLeft(entry.at, entry.by), conversation, entry.seq)
    if entry.kind == "call_ended":
        return Event("call.ended", CallEnded(entry.at, entry.by), conversation, entry.seq)
    return None
