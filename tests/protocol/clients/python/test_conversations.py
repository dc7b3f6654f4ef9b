"""The copy: snapshot + events == a fresh snapshot."""

from msgspec.structs import replace

from protocol.clients.python.conversations import Conversations
from protocol.clients.python.effects import CaughtUp, Event
from protocol.golden.examples import ANNA, BO, CONVERSATION, CONVERSATION_ID
from protocol.messages import Changed, MessageChange, Position
from protocol.requests import SendMessage
from protocol.resources import Empty, Entry, History, Message, Own, Quote, Sent

HERE = CONVERSATION_ID
FRESH = replace(
    CONVERSATION,
    members=[replace(one, delivered_seq=0, read_seq=0) for one in CONVERSATION.members],
    last_seq=0,
    last_ordinal=0,
    unread=0,
    last_message=None,
    updated_at=0,
    own=Own(),
    pinned=[],
)


def client_id(number: int) -> str:
    return f"019d2f0c-0000-7abc-8def-{number:012x}"


def message(seq: int, text: str = "Hej", sender: int = BO, quote: Quote | None = None) -> Message:
    return Message(seq, seq, sender, client_id(seq), 1_000 * seq, text, quote=quote)


def opened(**facts: object) -> Conversations:
    conversations = Conversations()
    conversations.snapshot([replace(FRESH, **facts)], fresh=True)
    conversations.page(HERE, History([], more=False))
    return conversations


def hear(conversations: Conversations, *messages: Message) -> None:
    for one in messages:
        conversations.event(Event("message.created", one, HERE, one.seq), 0)


def change(conversations: Conversations, what: str, seq: int, now: Message, by: int = BO) -> None:
    data = MessageChange(by, 1_000 * seq, replace(now, changed_seq=seq))
    conversations.event(Event(f"message.{what}", data, HERE, seq), 0)


def test_a_change_replaces_the_message_and_stands_bare_itself() -> None:
    conversations = opened()
    hear(conversations, message(1))
    change(conversations, "edited", 2, message(1, "Hej Anna"))
    first, second = conversations.entries(HERE)
    assert first.message == replace(message(1, "Hej Anna"), changed_seq=2)
    assert second == Entry(2, "message_edited", 2_000, by=BO, target=1)
    now = conversations.get(HERE)
    assert now is not None
    assert (now.last_message, now.updated_at, now.last_seq) == (first.message, 1_000, 2)


def test_an_older_state_of_a_message_changes_nothing() -> None:
    conversations = opened()
    hear(conversations, message(1))
    change(conversations, "edited", 3, message(1, "tre"))
    change(conversations, "edited", 2, message(1, "to"))
    found = conversations.message(HERE, 1)
    assert found is not None
    assert found.text == "tre"


def test_quotes_are_renewed_whatever_came_first() -> None:
    answer = message(2, "Ja", ANNA, Quote(1, BO, "Hej"))
    gone = replace(message(1, ""), deleted=True)
    for early in (True, False):
        conversations = opened()
        hear(conversations, message(1), *([answer] if early else []))
        change(conversations, "deleted", 3, gone)
        hear(conversations, *([] if early else [answer]))
        found = conversations.message(HERE, 2)
        assert found is not None
        assert found.quote == Quote(1, BO, "", deleted=True)


def test_the_pinned_are_listed_by_seq_until_they_are_unpinned_or_deleted() -> None:
    conversations = opened()
    hear(conversations, message(1), message(2))
    pinned = [replace(message(seq), pinned=True) for seq in (1, 2)]
    change(conversations, "pinned", 3, pinned[1])
    change(conversations, "pinned", 4, pinned[0])
    now = conversations.get(HERE)
    assert now is not None
    assert [one.seq for one in now.pinned] == [1, 2]
    change(conversations, "deleted", 5, replace(message(2, ""), deleted=True))
    now = conversations.get(HERE)
    assert now is not None
    assert [one.seq for one in now.pinned] == [1]


def test_a_deleted_message_is_unread_no_more() -> None:
    conversations = opened()
    hear(conversations, message(1), message(2), message(3, sender=ANNA))
    assert conversations.unread == 2
    for _ in range(2):
        change(conversations, "deleted", 4, replace(message(2, ""), deleted=True))
    assert conversations.unread == 1
    conversations.event(Event("position.moved", Position(ANNA, 4, 4), HERE), 0)
    change(conversations, "deleted", 5, replace(message(1, ""), deleted=True))
    assert conversations.unread == 0


def test_of_a_thousand_or_more_unread_the_number_is_asked_for() -> None:
    conversations = opened(unread=1_000)
    hear(conversations, message(1))
    assert conversations.unread == 1_000
    change(conversations, "deleted", 2, replace(message(1, ""), deleted=True))
    assert conversations.unknown == {HERE}


def test_a_message_ends_archived_and_reading_ends_marked_unread() -> None:
    conversations = opened()
    own = Own(archived=True, marked_unread=True, draft="Jeg vil")
    conversations.event(Event("conversation.changed", own, HERE), 0)
    hear(conversations, message(1, sender=ANNA))
    conversations.event(Event("position.moved", Position(ANNA, 1, 1), HERE), 0)
    now = conversations.get(HERE)
    assert now is not None
    assert now.own == Own(draft="Jeg vil")


def test_what_was_read_whole_is_archived_no_more_by_what_is_told_late() -> None:
    conversations = opened(last_seq=2, last_ordinal=2)
    conversations.event(Event("conversation.changed", Own(archived=True), HERE), 0)
    hear(conversations, message(2))
    now = conversations.get(HERE)
    assert now is not None
    assert now.own == Own()
    assert now.unread == 0


def test_what_one_has_left_is_forgotten() -> None:
    conversations = opened()
    conversations.event(Event("conversation.left", Empty(), HERE), 0)
    assert conversations.get(HERE) is None
    assert conversations.open == []


def test_ones_own_answer_quotes_the_message_that_is_here() -> None:
    conversations = opened()
    hear(conversations, message(1, "🫧" * 200))
    request = SendMessage(HERE, client_id(2), "Ja", reply_to=1)
    conversations.sent(request, Sent(HERE, 2, 2, 2_000))
    found = conversations.message(HERE, 2)
    assert found is not None
    assert found.quote == Quote(1, BO, "🫧" * 140)


def test_after_a_page_of_what_was_missed_the_server_has_the_last_word() -> None:
    conversations = opened()
    hear(conversations, message(1), message(2))
    own = Own(draft="Jeg vil")
    conversations.caught_up(CaughtUp(Changed(HERE, [], [], 3, 2, 5, own)))
    assert conversations.unread == 2, "the rest comes with a later page"
    conversations.caught_up(CaughtUp(Changed(HERE, [], [], 2, 2, 1, own)))
    now = conversations.get(HERE)
    assert now is not None
    assert (now.unread, now.own) == (1, own)


def test_a_stretch_elsewhere_leaves_out_what_is_new_until_it_is_read_on_to() -> None:
    conversations = opened(last_seq=9)

    def page(*seqs: int, more: bool) -> History:
        return History(
            [Entry(seq, "message", 1_000 * seq, message(seq)) for seq in seqs], more=more
        )

    conversations.page(HERE, page(4, 5, more=True), "around")
    hear(conversations, message(10))
    assert [entry.seq for entry in conversations.entries(HERE)] == [4, 5]
    kept = conversations.stretch(HERE)
    assert kept is not None
    assert (kept.older, kept.newer) == (True, True)
    conversations.page(HERE, page(6, 7, 8, 9, 10, more=False), "newer")
    hear(conversations, message(11))
    assert [entry.seq for entry in conversations.entries(HERE)] == list(range(4, 12))
    assert conversations.is_whole(HERE)
