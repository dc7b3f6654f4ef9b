"""Use cases of bubbles: post, edit, close, find, reply."""

from dataclasses import dataclass, replace
from functools import partial

from chat.accounts.model import AccountChanged, Standing
from chat.bubbles import drafts, listing, model, store
from chat.bubbles.access import access_bubble, access_own, acting
from chat.bubbles.drafts import Draft
from chat.bubbles.interests import INTERESTS
from chat.bubbles.listing import NEWEST, Narrowing
from chat.bubbles.model import (
    ORIGIN,
    Author,
    Bubble,
    BubbleClosed,
    BubbleEdited,
    BubblePosted,
    Event,
    State,
    Viewer,
)
from chat.bubbles.views import as_seen
from chat.conversations.model import Opening
from chat.conversations.service import (
    Conversations,
    answers,
    close_origin,
    of_origins,
    opened_since,
    rename_origin,
)
from chat.media import service as media
from chat.municipalities.service import Municipalities
from chat.realtime.limits import Buckets, Countable, Rate
from chat.safety.service import has_blocked, hidden_from, rejoin
from chat.scope import Scope
from chat.settings import Limits
from chat.storage.database import Database, Reader, Transaction
from chat.storage.ids import new_id
from chat.terms import query_terms
from protocol import operations
from protocol import requests as ask
from protocol import resources as res
from protocol.errors import Refused
from protocol.ids import decode_id, encode_id


class Bubbles:
    """Every use case of bubbles. Register `follow_account` inside `AccountChanged`."""

    def __init__(
        self,
        database: Database,
        municipalities: Municipalities,
        conversations: Conversations,
        limits: Limits,
    ) -> None:
        self._database = database
        self._municipalities = municipalities
        self._conversations = conversations
        self._limits = limits
        self._edits = Buckets()
        self.shared: dict[str, Countable] = {"bubble_edits": self._edits}

    async def interests(self, _: Scope, __: ask.Nothing) -> operations.Interests:
        """List what a bubble can be about."""
        return operations.Interests(list(INTERESTS.values()))

    async def post(self, scope: Scope, request: ask.PostBubble) -> res.Bubble:
        """Post a bubble: others see it now, or once its author has edited what is held.

        Raises `Refused`: `not_active`, `invalid_field`, `rate_limited`.
        """
        draft = drafts.draft(drafts.written(request))
        return await self._database.write(self._post, scope, draft)

    async def edit(self, scope: Scope, request: ask.EditBubble) -> res.Bubble:
        """Change one's own bubble; it is screened again, and may come out of being held.

        Raises `Refused`: `not_found`, `not_active`, `bubble_closed`, `invalid_field`,
        `rate_limited`.
        """
        allowed = self._limits.bubble_edits_per_minute
        self._edits.spend(scope.me.account, Rate(allowed, allowed), scope.now)
        before = await self._database.read(access_own, scope, decode_id(request.bubble))
        draft = drafts.draft(drafts.rewritten(before.content, request))
        return await self._database.write(self._edit, scope, request, before, draft)

    async def close(self, scope: Scope, request: ask.OneBubble) -> res.Bubble:
        """Close one's own bubble and tell those who wait, once. Raises `not_found`."""
        return await self._database.write(self._close, scope, decode_id(request.bubble))

    async def get(self, scope: Scope, request: ask.OneBubble) -> res.Bubble:
        """Give one bubble. Raises `not_found`."""

        def read(reader: Reader) -> res.Bubble:
            viewer = self._viewer(reader, scope)
            bubble = access_bubble(reader, viewer, decode_id(request.bubble))
            return as_seen(reader, viewer, scope.language, [bubble])[0]

        return await self._database.read(read)

    async def list(self, scope: Scope, request: ask.ListBubbles) -> res.BubblePage:
        """List open bubbles one may see, or all of one's own, newest first.

        Raises `Refused("invalid_field")` for an unknown interest, municipality or `before`.
        """
        if _finds_nothing(request.query):
            return res.BubblePage([], None)
        narrowing = self._narrowing(request)
        before = _page_key(request.before)
        page = listing.page_of_own if request.mine else listing.page_of_others_and_own

        def read(reader: Reader) -> res.BubblePage:
            viewer = self._viewer(reader, scope)
            found = page(reader, viewer, narrowing, before, request.limit + 1)
            shown = found[: request.limit]
            return res.BubblePage(
                bubbles=as_seen(reader, viewer, scope.language, shown),
                next=encode_id(shown[-1].id) if len(found) > request.limit else None,
            )

        return await self._database.read(read)

    async def count(self, scope: Scope, request: ask.CountBubbles) -> res.Count:
        """Count open bubbles one may see; 1,000 means that many or more.

        Raises `Refused("invalid_field")` for an unknown interest or municipality.
        """
        if _finds_nothing(request.query):
            return res.Count(0)
        narrowing = self._narrowing(request)

        def read(reader: Reader) -> res.Count:
            return res.Count(listing.count(reader, self._viewer(reader, scope), narrowing))

        return await self._database.read(read)

    async def reply(self, scope: Scope, request: ask.ReplyToBubble) -> res.Sent:
        """Write to a bubble's author: the first reply opens the conversation, others continue it.

        Whoever has replied before writes on, though the bubble is closed or hidden since. Raises
        `Refused`: `not_found`, `own_bubble`, `bubble_closed`, `not_active`,
        `too_many_conversations`, and all that sending a message does.
        """
        bubble = decode_id(request.bubble)
        me = scope.me.account
        known = await self._database.read(of_origins, ORIGIN, [bubble], me, left=True)
        if bubble in known:
            message = ask.SendMessage(
                conversation=encode_id(known[bubble]),
                client_id=request.client_id,
                text=request.text,
            )
            return await self._conversations.send(scope, message)
        prepare = partial(self._prepare_reply, scope, bubble)
        return await self._conversations.open_and_send(
            scope, prepare, request.client_id, request.text
        )

    def may_see(self, reader: Reader, scope: Scope, bubble: int) -> bool:
        """Tell whether the one who acts may see a bubble: the gate of its picture."""
        found = store.find(reader, bubble)
        return found is not None and model.may_see(found, self._viewer(reader, scope))

    def author(self, reader: Reader, scope: Scope, bubble: int) -> int:
        """Give the account of whoever posted a bubble that one may see. Raises `not_found`.

        One's own block does not hide it here, so that blocking twice is blocking once.
        """
        found, viewer = store.find(reader, bubble), self._viewer(reader, scope)
        if found is None:
            raise Refused("not_found")
        author = found.author.account
        if has_blocked(reader, viewer.account, author):
            viewer = replace(viewer, hidden=viewer.hidden - {author})
        if not model.may_see(found, viewer):
            raise Refused("not_found")
        return author

    @staticmethod
    def follow_account(fact: AccountChanged, txn: Transaction) -> None:
        """Keep what bubbles carry of their author true (hook inside the transaction)."""
        store.copy_author(
            txn, Author(fact.account, fact.alias, fact.municipality, fact.born, fact.active)
        )

    def _viewer(self, reader: Reader, scope: Scope) -> Viewer:
        return self._as_viewer(reader, scope, acting(reader, scope))

    def _as_viewer(self, reader: Reader, scope: Scope, person: Standing) -> Viewer:
        return Viewer(
            account=person.account,
            municipality=person.municipality,
            born=person.born,
            today=scope.today,
            subscribing=self._municipalities.subscribing(scope.today),
            hidden=hidden_from(reader, person.account),
        )

    def _narrowing(self, request: ask.ListBubbles | ask.CountBubbles) -> Narrowing:
        if request.interest is not None and request.interest not in INTERESTS:
            raise Refused("invalid_field", field="interest")
        if request.municipality is not None and not self._municipalities.exists(
            request.municipality
        ):
            raise Refused("invalid_field", field="municipality")
        query = query_terms(request.query or "")
        return Narrowing(request.interest, request.municipality, query)

    def _post(self, txn: Transaction, scope: Scope, draft: Draft) -> res.Bubble:
        person = acting(txn, scope)
        times = store.posted_since(txn, person.account, scope.now - model.DAY)
        wait = model.retry_after(times, self._limits.bubbles_per_day, scope.now)
        if wait is not None:
            raise Refused("rate_limited", retry_after_ms=wait)
        bubble = Bubble(
            id=new_id(scope.now),
            author=_author(person),
            content=draft.content,
            state=draft.first_state,
            held=draft.held,
            created_at=scope.now,
        )
        _change_picture(txn, bubble, None)
        store.copy_author(txn, bubble.author)
        store.add(txn, bubble, draft.terms)
        txn.emit(BubblePosted(bubble.id, person.account, bubble.state))
        return as_seen(txn, self._as_viewer(txn, scope, person), scope.language, [bubble])[0]

    def _edit(
        self,
        txn: Transaction,
        scope: Scope,
        request: ask.EditBubble,
        before: Bubble,
        draft: Draft,
    ) -> res.Bubble:
        person = acting(txn, scope)
        bubble = access_own(txn, scope, before.id)
        if bubble.content != before.content:
            # Edited at the same time elsewhere: only the fields of this request change.
            draft = drafts.draft(drafts.rewritten(bubble.content, request))
        edited = replace(
            bubble,
            author=_author(person),
            content=draft.content,
            state=model.after(bubble.state, draft.event),
            held=draft.held,
            edited_at=scope.now,
        )
        _change_picture(txn, edited, bubble.content.picture)
        store.copy_author(txn, edited.author)
        store.change(txn, edited, draft.terms)
        if edited.state is State.OPEN:
            content = edited.content
            rename_origin(txn, scope, ORIGIN, edited.id, content.title, content.symbol)
        txn.emit(BubbleEdited(edited.id, person.account, edited.state))
        return as_seen(txn, self._as_viewer(txn, scope, person), scope.language, [edited])[0]

    def _close(self, txn: Transaction, scope: Scope, bubble_id: int) -> res.Bubble:
        viewer = self._viewer(txn, scope)
        bubble = access_own(txn, scope, bubble_id)
        if bubble.state is not State.CLOSED:
            bubble = replace(bubble, state=model.after(bubble.state, Event.CLOSED), held=None)
            store.close(txn, bubble.id)
            close_origin(txn, scope, ORIGIN, bubble.id)
            txn.emit(BubbleClosed(bubble.id, viewer.account))
        return as_seen(txn, viewer, scope.language, [bubble])[0]

    def _prepare_reply(self, scope: Scope, bubble_id: int, txn: Transaction) -> Opening:
        """Check everything inside the unit of work that opens the conversation."""
        person = acting(txn, scope)
        if of_origins(txn, ORIGIN, [bubble_id], person.account, left=True):
            # A reply at the same instant was first: this one continues its conversation.
            bubble = store.find(txn, bubble_id)
            assert bubble is not None, "a conversation has come from it"
            return _opening(bubble, person.account)
        bubble = access_bubble(txn, self._as_viewer(txn, scope, person), bubble_id)
        if bubble.author.account == person.account:
            raise Refused("own_bubble")
        if bubble.state is State.CLOSED:
            raise Refused("bubble_closed")
        self._check_new_conversations(txn, scope, person)
        rejoin(txn, person.account, bubble.author.account)
        return _opening(bubble, person.account)

    def _check_new_conversations(self, reader: Reader, scope: Scope, person: Standing) -> None:
        limits = self._limits
        is_new = scope.now - person.joined_at < limits.new_account_days * model.DAY
        allowed = limits.new_conversations_per_day
        if is_new:
            allowed = min(allowed, limits.new_conversations_per_day_first_week)
        times = opened_since(reader, person.account, scope.now - model.DAY)
        wait = model.retry_after(times, allowed, scope.now)
        if wait is not None:
            raise Refused("too_many_conversations", retry_after_ms=wait)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """An open bubble that nobody has answered."""

    bubble: int
    account: int
    title: str
    posted_at: int


def unanswered(reader: Reader, before_ms: int, limit: int, after: int = 0) -> list[Unanswered]:
    """Give open bubbles posted before a moment that nobody has answered, the oldest first.

    `after`: the bubble from which on (ids rise with time), so that each can be taken once.
    """
    found: list[Unanswered] = []
    while len(found) < limit:
        page = store.open_between(reader, after, before_ms, limit)
        answered = answers(reader, ORIGIN, [bubble.id for bubble in page])
        found += [
            Unanswered(bubble.id, bubble.author.account, bubble.content.title, bubble.created_at)
            for bubble in page
            if bubble.id not in answered
        ]
        if len(page) < limit:
            break
        after = page[-1].id
    return found[:limit]


def _author(person: Standing) -> Author:
    """Copy what a bubble carries of its author.

    Posting and editing copy it to all their bubbles anew: nobody acts at midnight, when whoever
    lost a parent's consent turns 15 and is active again.
    """
    return Author(person.account, person.alias, person.municipality, person.born, person.active)


def _opening(bubble: Bubble, replier: int) -> Opening:
    return Opening(
        origin_kind=ORIGIN,
        origin_id=bubble.id,
        title=bubble.content.title,
        symbol=bubble.content.symbol,
        author=bubble.author.account,
        replier=replier,
    )


def _change_picture(txn: Transaction, bubble: Bubble, before: int | None) -> None:
    """Claim the picture that a bubble shows now, and release the one it showed before."""
    now = bubble.content.picture
    if now == before:
        return
    if now is not None:
        media.claim(txn, now, bubble.author.account, kind=ORIGIN, of=bubble.id)
    if before is not None:
        media.release(txn, before, kind=ORIGIN, of=bubble.id)


def _page_key(before: str | None) -> int:
    if before is None:
        return NEWEST
    try:
        return max(0, min(decode_id(before), NEWEST))
    except ValueError:
        raise Refused("invalid_field", field="before") from None


def _finds_nothing(query: str | None) -> bool:
    """Tell whether a search has signs but no word, so that nothing can match it."""
    return query is not None and bool(query.strip()) and query_terms(query) is None
