"""Use cases of conversations: send, read, list, resume; and what origins need."""

from collections.abc import Callable, Sequence
from functools import partial

from chat.conversations import entries, store, views
from chat.conversations.access import access_conversation
from chat.conversations.changes import MessageChanges
from chat.conversations.events import ConversationEvents
from chat.conversations.model import MessageStored, Opening, Outgoing, RightsRaised, Stored
from chat.conversations.own_side import OwnSides
from chat.conversations.positions import Positions
from chat.conversations.remembered import RememberedRights
from chat.conversations.rights import load_rights
from chat.conversations.search import Searches
from chat.conversations.sending import store_messages
from chat.conversations.sending_at_once import MessagesAtOnce
from chat.conversations.typing import Typing
from chat.realtime.broker import Broker
from chat.realtime.limits import Buckets, Countable, Rate
from chat.scope import Scope
from chat.settings import Limits
from chat.storage.answers import Answer, after, awaited
from chat.storage.database import Database, Reader, Transaction
from chat.storage.facts import Facts
from chat.storage.horizon import WriteCursor
from protocol import requests as ask
from protocol import resources as res
from protocol.cursors import read_cursor, write_cursor
from protocol.errors import Refused
from protocol.ids import decode_id, encode_id
from protocol.messages import Resumed

DAY = 86_400_000


class Conversations:
    """The messaging core: one for every kind of conversation."""

    def __init__(
        self,
        db: Database,
        broker: Broker,
        facts: Facts,
        limits: Limits,
        epoch: str,
        event_cursor: WriteCursor | None = None,
    ) -> None:
        self._db = db
        db.shorten(store_messages, MessagesAtOnce())
        self.acked = 0
        """Messages that this process has acked; resends count once."""
        # Alone, an event's own position is a safe cursor: all before it has been published.
        event_cursor = event_cursor or partial(write_cursor, epoch)
        self._events = self.events = ConversationEvents(broker, facts, event_cursor)
        self._limits = limits
        self._epoch = epoch
        self.rights = RememberedRights(db, facts)
        self.changes = MessageChanges(db, limits)
        self.own_sides = OwnSides(db, limits)
        self.searches = Searches(db, limits)
        self.positions = Positions(db, self._events, self.rights)
        self.typing = Typing(self._events, self.rights, limits)
        self._sending = Buckets()
        self._rate = _rate(limits, limits.messages_per_minute)
        self._newcomers = _rate(limits, limits.new_account_messages_per_minute)
        self.forget_rights_of = self.rights.forget_of
        self.shared: dict[str, Countable] = {
            "messages": self._sending,
            **self.changes.shared,
            **self.own_sides.shared,
            **self.searches.shared,
        }

    # --- sending ----------------------------------------------------------------------------------

    def send_now(self, scope: Scope, request: ask.SendMessage, answer: Answer[res.Sent]) -> bool:
        """Send a message and be called back after the commit: the hot path, without a task.

        The answer is the ack (G1), or the refusal: `not_found`, `conversation_closed`,
        `not_active`, `client_id_reused`, `gone`, `rate_limited`, `unavailable`. Raises
        `rate_limited`, and `invalid_field` for no text or a description without a picture, at once.
        """
        if request.picture is None and (request.description or not request.text):
            raise Refused("invalid_field", field="description" if request.description else "text")
        self._take_token(scope)
        me = scope.me.account
        conversation = decode_id(request.conversation)
        item = Outgoing(
            message=request,
            conversation=conversation,
            client_id=entries.read_client_id(request.client_id),
            account=me,
            rights=self.rights.get(conversation),
            now=scope.now,
        )
        settle = partial(self._settle, item, scope.connection, answer)
        ended = self.typing.take_along(me, request.conversation)
        self._db.submit(store_messages, item, settle if ended is None else after(ended, settle))
        return True

    async def send(self, scope: Scope, request: ask.SendMessage) -> res.Sent:
        """Send a message; as `send_now`."""
        return await awaited(partial(self.send_now, scope, request))

    async def open_and_send(
        self,
        scope: Scope,
        prepare: Callable[[Transaction], Opening],
        client_id: str,
        text: str,
    ) -> res.Sent:
        """Open the conversation that `prepare` describes, and send its message, as one.

        `prepare` runs inside the unit of work and checks access, rules and limits. Either both
        happen or neither; of replies at the same instant the first opens. Raises as `send_now`,
        and what `prepare` raises.
        """
        self._take_token(scope)
        me = scope.me.account

        def unit(txn: Transaction) -> res.Sent:
            conversation = store.open_conversation(txn, prepare(txn), scope.now)
            message = ask.SendMessage(encode_id(conversation), client_id, text)
            packed = entries.read_client_id(client_id)
            item = Outgoing(message, conversation, packed, me, None, scope.now)
            (outcome,) = store_messages(txn, [item])
            if isinstance(outcome, Refused):
                raise outcome
            txn.emit(MessageStored(item, outcome, scope.connection))
            return _ack(item, outcome)

        sent = await self._db.write(unit)
        self.acked += not sent.duplicate
        return sent

    def _take_token(self, scope: Scope) -> None:
        me = scope.me
        new = scope.now - me.joined_at < self._limits.new_account_days * DAY
        self._sending.spend(me.account, self._newcomers if new else self._rate, scope.now)

    def _settle(
        self, item: Outgoing, connection: int, answer: Answer[res.Sent], outcome: Stored | Exception
    ) -> None:
        if isinstance(outcome, Stored):
            if outcome.rights is not None and outcome.rights is not item.rights:
                self.rights.put(item.conversation, outcome.rights)
            self._events.message(item, connection, outcome)
            self.acked += outcome.rights is not None
            answer(_ack(item, outcome))
        else:
            if isinstance(outcome, Refused) and outcome.error.status in {403, 404, 409}:
                self.rights.drop(item.conversation)
            answer(outcome)

    # --- reading ----------------------------------------------------------------------------------

    async def list_conversations(
        self, scope: Scope, request: ask.ListConversations
    ) -> res.ConversationPage:
        """One's conversations, the latest changed first. Raises `invalid_field` for `before`."""
        try:
            before = views.page_key(request.before)
        except ValueError:
            raise Refused("invalid_field", field="before") from None
        me, limit = scope.me.account, request.limit

        def page(reader: Reader) -> res.ConversationPage:
            _, head = store.log_head(reader)
            rows = store.conversations_of(reader, me, before, limit + 1)
            return res.ConversationPage(
                conversations=views.summaries(reader, rows[:limit]),
                next=views.write_page_key(rows[limit - 1]) if len(rows) > limit else None,
                cursor=write_cursor(self._epoch, head),
            )

        return await self._db.read(page)

    async def get_conversation(
        self, scope: Scope, request: ask.OneConversation
    ) -> res.Conversation:
        """One conversation. Raises `not_found`."""

        def one(reader: Reader) -> res.Conversation:
            row = access_conversation(reader, scope, request.conversation)
            return views.summaries(reader, [row])[0]

        return await self._db.read(one)

    async def fetch_history(self, scope: Scope, request: ask.FetchHistory) -> res.History:
        """Entries in either direction, around one, or from a moment on.

        Raises `not_found`, and `invalid_field` for more than one of these.
        """
        places = ("before", "after", "around", "since")
        given = [place for place in places if getattr(request, place) is not None]
        if len(given) > 1:
            raise Refused("invalid_field", field=given[1])

        def read(reader: Reader) -> res.History:
            row = access_conversation(reader, scope, request.conversation)
            conversation, around = row["id"], request.around
            if request.since is not None:
                around = entries.first_since(reader, conversation, request.since)
            if around is not None:
                found, more = entries.around(reader, conversation, around, request.limit)
            else:
                found, more = entries.history(
                    reader, conversation,
                    before=request.before, after=request.after, limit=request.limit,
                )  # fmt: skip
            return res.History(entries=found, more=more)

        return await self._db.read(read)

    async def resume(self, scope: Scope, cursor: str) -> Resumed:
        """Everything missed since a cursor, as `catch_up`."""
        return await self._db.read(self.catch_up, scope, cursor)

    def catch_up(self, reader: Reader, scope: Scope, cursor: str) -> Resumed:
        """Everything missed since a cursor (G5), the account's own entries excepted.

        Raises `resync_required` for a cursor of another epoch or from the future, and when more
        was missed than a resume may send.
        """
        seen = read_cursor(cursor)
        _, head = store.log_head(reader)
        if seen is None or seen[0] != self._epoch or seen[1] > head:
            raise Refused("resync_required")
        try:
            changes, end = views.missed_since(
                reader,
                scope.me.account,
                seen[1],
                page=self._limits.resume_entries_per_page,
                at_most=self._limits.resume_entries_at_most,
            )
            left = store.left_since(reader, scope.me.account, seen[1])
        except views.TooMuchMissed:
            raise Refused("resync_required") from None
        return Resumed(
            conversations=changes,
            account=None,
            left=[encode_id(one) for one in left],
            cursor=write_cursor(self._epoch, head if end is None else end),
            more=end is not None,
        )


def _rate(limits: Limits, per_minute: int) -> Rate:
    per_minute = min(per_minute, limits.messages_per_minute)
    return Rate(min(limits.messages_burst, per_minute), per_minute)


def _ack(item: Outgoing, stored: Stored) -> res.Sent:
    return res.Sent(
        conversation=item.message.conversation,
        seq=stored.seq,
        ordinal=stored.ordinal,
        sent_at=stored.at,
        duplicate=stored.rights is None,
    )


# --- what origins and notifications need ----------------------------------------------------------


def of_origins(
    reader: Reader, kind: str, origins: Sequence[int], account: int, *, left: bool
) -> dict[int, int]:
    """Find the conversations that an account has opened from origins, by origin.

    With those that it has left since, if `left`: what it writes there is refused kindly.
    """
    return store.of_opener(reader, kind, origins, account, left=left)


def answers(reader: Reader, kind: str, origins: Sequence[int]) -> dict[int, int]:
    """Count the conversations that came from each origin."""
    return store.count_by_origin(reader, kind, origins)


def opened_since(reader: Reader, account: int, since: int) -> list[int]:
    """List when an account opened conversations after a moment (ms), the oldest first."""
    return store.opened_since(reader, account, since)


def close_origin(txn: Transaction, scope: Scope, kind: str, origin: int) -> None:
    """Tell every open conversation of an origin that it is closed; they go on between the two.

    A closed one hears nothing: what its author does now is not for the other (domain rule 5).
    """
    for conversation in _open_ones(txn, scope, kind, origin):
        entries.add_notice(txn, conversation, entries.ORIGIN_CLOSED, scope.now)


def of_origin(reader: Reader, kind: str, origin: int) -> list[int]:
    """List every conversation that came from an origin."""
    return store.of_origin(reader, kind, origin)


def origin_of(reader: Reader, conversation: int) -> tuple[str, int]:
    """Tell what a conversation, which must exist, came from: kind and id."""
    row = reader.one("SELECT origin_kind, origin_id FROM conversations WHERE id = ?", conversation)
    assert row is not None, "the caller knows of it"
    return row[0], row[1]


def call_started(txn: Transaction, conversation: int, now: int, number: int, account: int) -> None:
    """Tell in a conversation that a member has started a call."""
    entries.add_notice(txn, conversation, entries.CALL_STARTED, now, by=number, account=account)


def call_ended(txn: Transaction, conversation: int, now: int, missed_from: int = 0) -> None:
    """Tell in a conversation that the call is over; `missed_from` a member whom nobody answered."""
    entries.add_notice(txn, conversation, entries.CALL_ENDED, now, by=missed_from)


def rename_origin(
    txn: Transaction, scope: Scope, kind: str, origin: int, title: str, symbol: str
) -> None:
    """Show another title and symbol of the origin in its open conversations, as `close_origin`."""
    for conversation in _open_ones(txn, scope, kind, origin):
        store.rename(txn, conversation, title, symbol)


def _open_ones(txn: Transaction, scope: Scope, kind: str, origin: int) -> list[int]:
    conversations = store.of_origin(txn, kind, origin)
    return [one for one in conversations if load_rights(txn, one, scope.now).open]


def raise_rights(txn: Transaction, account: int) -> None:
    """Have everything in an account's conversations checked anew, from this commit on."""
    txn.emit(RightsRaised(tuple(store.raise_rights(txn, account))))


def raise_rights_between(txn: Transaction, account: int, other: int) -> None:
    """Have everything in the conversations between two checked anew, from this commit on."""
    txn.emit(RightsRaised(tuple(store.raise_rights_between(txn, account, other))))


def other_member(reader: Reader, scope: Scope, conversation: int) -> int:
    """Give the account of the other in a conversation of two. Raises `Refused("not_found")`."""
    row = access_conversation(reader, scope, encode_id(conversation))
    members = store.members_of(reader, [row["id"]])[row["id"]]
    others = [one["account_id"] for one in members if one["number"] != row["my_number"]]
    if len(others) != 1:
        raise Refused("not_found")
    return int(others[0])


def may_see_message(reader: Reader, scope: Scope, position: int) -> bool:
    """Tell whether one is a member of the conversation in which a message stands, by position."""
    conversation = entries.conversation_at(reader, position)
    if conversation is None:
        return False
    return store.conversation_of(reader, conversation, scope.me.account) is not None


def is_open(reader: Reader, conversation: int, now: int) -> bool:
    """Tell whether there is such a conversation and what one does in it reaches the other now."""
    return store.exists(reader, conversation) and load_rights(reader, conversation, now).open


def log_position(reader: Reader) -> int:
    """Tell the position of the newest change."""
    return store.log_head(reader)[1]
