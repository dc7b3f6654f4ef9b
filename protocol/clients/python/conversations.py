"""One's conversations as they are known here: a snapshot, and everything that came since.

Snapshot + events == a fresh snapshot. No I/O and no clock.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from protocol.calls import CallEnded, CallStarted
from protocol.clients.python.effects import CaughtUp, Event
from protocol.clients.python.messages import later, quote_of, with_pin, with_quote
from protocol.clients.python.missed import CHANGES, OF_MEMBERS
from protocol.clients.python.signs import Signs
from protocol.clients.python.stretch import Stretch
from protocol.messages import MemberJoined, MemberLeft, MessageChange, OriginClosed, Position
from protocol.requests import SendMessage
from protocol.resources import Conversation, Entry, History, Member, Message, Own, Picture, Sent

MOST_UNREAD = 1_000
"""Means that many or more."""


class Conversations:
    """What a person's app shows.

    Entries are kept only for what is open; they merge by seq, so that what comes twice (live, by
    resume, in history, as an ack) stands once. `unknown` are ids that are to be read whole, because
    what is known is not enough.
    """

    def __init__(self) -> None:
        self.unknown: set[str] = set()
        self.signs = Signs()
        self._known: dict[str, Conversation] = {}
        self._open: dict[str, Stretch] = {}

    # --- what is known

    @property
    def latest(self) -> list[Conversation]:
        """The conversations, the latest changed first."""
        return sorted(self._known.values(), key=lambda one: one.updated_at, reverse=True)

    @property
    def unread(self) -> int:
        """How many messages are unread, in all."""
        return sum(one.unread for one in self._known.values())

    def get(self, conversation: str) -> Conversation | None:
        """Give one as it is now."""
        return self._known.get(conversation)

    def me(self, conversation: str) -> Member:
        """Give one's own membership. Raises `KeyError` if the conversation is unknown."""
        return next(one for one in self._known[conversation].members if one.me)

    def entries(self, conversation: str) -> list[Entry]:
        """Give the entries that are kept, in rising order."""
        kept = self._open.get(conversation)
        return kept.entries() if kept else []

    def message(self, conversation: str, seq: int) -> Message | None:
        """Give a message as it is now, if it is kept, newest or pinned."""
        kept, known = self._open.get(conversation), self._known.get(conversation)
        found = kept.message(seq) if kept else None
        others = [known.last_message, *known.pinned] if known else []
        return found or next((one for one in others if one and one.seq == seq), None)

    @property
    def open(self) -> list[str]:
        """Those whose entries are kept."""
        return list(self._open)

    def stretch(self, conversation: str) -> Stretch | None:
        """Give what is kept of an open conversation."""
        return self._open.get(conversation)

    def is_whole(self, conversation: str) -> bool:
        """Tell whether what is kept has no hole (numbers have none, G4)."""
        kept, known = self._open.get(conversation), self._known.get(conversation)
        return bool(kept and known and kept.is_whole(known.last_seq))

    # --- what is read

    def snapshot(self, conversations: Sequence[Conversation], *, fresh: bool = False) -> None:
        """Take a page of the list; the first page of a fresh snapshot replaces the list."""
        if fresh:
            self._known.clear()
            self.unknown.clear()
        for conversation in conversations:
            self.put(conversation)

    def put(self, conversation: Conversation) -> None:
        """Take one that was read whole; what came since it was read stays."""
        self.unknown.discard(conversation.id)
        known = self._known.get(conversation.id)
        if known is None or known.last_seq <= conversation.last_seq:
            self._known[conversation.id] = conversation

    def page(self, conversation: str, history: History, direction: str = "older") -> None:
        """Take a page of history.

        `older`: the newest entries, or those before what is kept; `newer`: those after it;
        `around`: those around a place, instead of what was kept.
        """
        if direction == "around":
            self.close(conversation)
        kept = self._open.setdefault(conversation, Stretch())
        for entry in history.entries:
            kept.keep(entry)
        if direction == "older":
            kept.older = history.more
        else:
            kept.newer = history.more
        if direction == "around" and history.entries and conversation in self._known:
            kept.older = history.entries[0].seq > self._known[conversation].first_seq

    def close(self, conversation: str) -> None:
        """Keep its entries no longer."""
        self._open.pop(conversation, None)

    def forget(self, conversation: str) -> None:
        """One has left it, or may not see it any more."""
        self._known.pop(conversation, None)
        self._open.pop(conversation, None)
        self.unknown.discard(conversation)
        self.signs.forget(conversation)

    # --- what comes

    def event(self, event: Event, now: float) -> None:
        """Take an event, at `now` in milliseconds."""
        self.signs.event(event, now)
        conversation, seq = event.conversation or "", event.seq or 0
        match event.data:
            case Message() as message:
                self._entry(conversation, Entry(seq, "message", message.sent_at, message))
            case MessageChange(by, at, message):
                kind = event.name.replace(".", "_")
                self._entry(conversation, Entry(seq, kind, at, message, by, message.seq))
            case OriginClosed(at):
                self._entry(conversation, Entry(seq, "origin_closed", at))
            case CallStarted(at, by):
                self._entry(conversation, Entry(seq, "call_started", at, by=by))
            case CallEnded(at, by):
                self._entry(conversation, Entry(seq, "call_ended", at, by=by))
            case MemberJoined(at, by) | MemberLeft(at, by):
                self._entry(conversation, Entry(seq, event.name.replace(".", "_"), at, by=by))
                self.unknown.add(conversation)
            case Position() as position:
                self._position(conversation, position)
            case Own() as own:
                self._update(conversation, own=own)
            case _ if event.name == "conversation.left":
                self.forget(conversation)

    def arrived(self, conversation: str, seq: int) -> None:
        """Take how far this device has told of what arrived."""
        if conversation in self._known:
            mine = Position(self.me(conversation).number, seq, 0)
            self._position(conversation, mine)

    def caught_up(self, told: CaughtUp) -> None:
        """Take where a conversation stands after what was missed of it, and has been told."""
        changed = told.changed
        known = self._known.get(changed.conversation)
        anew = changed.opened or any(one.kind in OF_MEMBERS for one in changed.entries)
        if known is None or anew or known.last_seq > changed.last_seq:
            self.unknown.add(changed.conversation)
        elif known.last_seq == changed.last_seq:  # otherwise the rest comes with a later page
            self._update(
                known.id,
                last_ordinal=changed.last_ordinal,
                unread=changed.unread,
                own=changed.own,
            )
            self.unknown.discard(known.id)

    def sent(self, request: SendMessage, sent: Sent, picture: Picture | None = None) -> None:
        """Take the ack of a message sent from here: the event goes to the other devices only."""
        quoted = (
            None if request.reply_to is None else self.message(sent.conversation, request.reply_to)
        )
        untold = (request.reply_to and not quoted) or (request.picture and not picture)
        if sent.conversation not in self._known or untold:
            self.unknown.add(sent.conversation)
            return
        message = Message(
            sent.seq,
            sent.ordinal,
            self.me(sent.conversation).number,
            request.client_id,
            sent.sent_at,
            request.text,
            quote=quote_of(quoted) if quoted else None,
            picture=picture,
        )
        self._entry(sent.conversation, Entry(sent.seq, "message", sent.sent_at, message))

    # --- inside

    def _entry(self, conversation: str, entry: Entry) -> None:
        if kept := self._open.get(conversation):
            kept.hear(entry)
        known = self._known.get(conversation)
        if known is None:
            self.unknown.add(conversation)
        elif entry.seq > known.last_seq:
            self._advance(known, entry)
        elif entry.kind == "message":
            # What was read whole may have been newer than a change of one's own side told since.
            self._update(known.id, own=replace(known.own, archived=False))

    def _advance(self, known: Conversation, entry: Entry) -> None:
        """Take a new last entry. Writing does not count as having read: only a position does."""
        self._update(known.id, last_seq=entry.seq)
        if entry.kind not in CHANGES:
            self._update(known.id, updated_at=entry.at)
        if entry.kind in ("message", "call_started", "call_ended"):
            missed = entry.by if entry.kind == "call_ended" else 0
            self._update(known.id, missed_call=missed)
        if entry.message is None:
            return
        if entry.kind == "message":
            self._created(known, entry.message)
        else:
            self._changed(known, entry.message)
        if entry.kind == "message_deleted":
            self._uncount(known, entry.message)

    def _created(self, known: Conversation, message: Message) -> None:
        others = message.sender != self.me(known.id).number
        self._update(
            known.id,
            last_message=message,
            last_ordinal=message.ordinal,
            unread=min(known.unread + others, MOST_UNREAD),
            own=replace(known.own, archived=False),
            pinned=with_pin(known.pinned, message) if message.pinned else known.pinned,
        )

    def _changed(self, known: Conversation, message: Message) -> None:
        last = known.last_message
        if last is not None:
            is_last = last.seq == message.seq
            last = later(last, message) if is_last else with_quote(last, message)
        pinned = [with_quote(one, message) for one in with_pin(known.pinned, message)]
        self._update(known.id, last_message=last, pinned=pinned)

    def _uncount(self, known: Conversation, message: Message) -> None:
        """Count a deleted message as unread no more. Of "that many or more" one less is unknown."""
        me = self.me(known.id)
        if message.sender == me.number or message.seq <= me.read_seq:
            return
        if known.unread == MOST_UNREAD:
            self.unknown.add(known.id)
        else:
            self._update(known.id, unread=max(0, known.unread - 1))

    def _position(self, conversation: str, position: Position) -> None:
        """Raise a member's marks; they never go back."""
        known = self._known.get(conversation)
        if known is None:
            self.unknown.add(conversation)
            return
        before = self.me(conversation)
        members = [
            replace(
                one,
                delivered_seq=max(one.delivered_seq, position.delivered_seq),
                read_seq=max(one.read_seq, position.read_seq),
            )
            if one.number == position.member
            else one
            for one in known.members
        ]
        self._update(conversation, members=members)
        if position.member == before.number:
            self._read(known, rose=position.read_seq > before.read_seq)

    def _read(self, known: Conversation, *, rose: bool) -> None:
        """Take one's own mark: reading ends the mark as unread, and leaves fewer that are."""
        if rose:
            self._update(known.id, own=replace(known.own, marked_unread=False))
        if self.me(known.id).read_seq >= known.last_seq:
            self._update(known.id, unread=0)
        elif rose:
            self.unknown.add(known.id)

    def _update(self, conversation: str, **changes: object) -> None:
        known = self._known.get(conversation)
        if known is None:
            self.unknown.add(conversation)
        else:
            self._known[conversation] = replace(known, **changes)
