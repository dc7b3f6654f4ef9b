"""The rules of changing a message, for any message and any member. Pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chat.conversations import changing
from chat.conversations.changing import Change
from protocol.errors import Refused
from protocol.resources import QUOTED_CHARACTERS, Message, Picture, Quote, Reaction, ReactionKind

KINDS: list[ReactionKind] = ["heart", "thumbs_up", "laugh", "surprise", "sad", "thanks"]

numbers = st.integers(1, 3)
texts = st.text(min_size=1, max_size=300)
moments = st.integers(0, 2**50)
kinds = st.sampled_from(KINDS)
reactions = st.dictionaries(kinds, st.sets(numbers, min_size=1)).map(
    lambda found: [Reaction(kind, sorted(who)) for kind, who in sorted(found.items())]
)
there = st.builds(
    Message,
    seq=st.integers(1, 1_000),
    ordinal=st.integers(1, 1_000),
    sender=numbers,
    client_id=st.just("01890a5d-ac96-7b2e-a4ff-0123456789ab"),
    sent_at=moments,
    text=texts,
    edited_at=st.none() | moments,
    deleted=st.just(False),
    changed_seq=st.integers(0, 1_000),
    quote=st.none() | st.builds(Quote, seq=st.integers(1, 1_000), sender=numbers, text=texts),
    picture=st.none() | st.just(Picture("0123456789abcdef", 40, 30)),
    reactions=reactions,
    pinned=st.booleans(),
)
changes: st.SearchStrategy[Change] = st.one_of(
    st.builds(changing.edit, texts, moments),
    st.just(changing.delete),
    st.builds(changing.react, kinds, on=st.booleans()),
    st.builds(changing.pin, on=st.booleans()),
)


def changed(change: Change, message: Message, by: int) -> Message:
    """Give a message as it is after a change that may have been made before."""
    return change(message, by) or message


def deleted(message: Message) -> Message:
    return changed(changing.delete, message, message.sender)


@given(there, changes, numbers)
def test_to_change_it_again_changes_nothing(message: Message, change: Change, by: int) -> None:
    try:
        after = changed(change, message, by)
    except Refused as refused:
        assert (refused.code, message.sender == by) == ("not_found", False)  # noqa: PT017
    else:
        assert change(after, by) is None


@given(there, changes, numbers)
def test_what_names_it_and_when_it_was_sent_never_change(
    message: Message, change: Change, by: int
) -> None:
    try:
        after = changed(change, message, by)
    except Refused:
        return
    for name in ("seq", "ordinal", "sender", "client_id", "sent_at"):
        assert getattr(after, name) == getattr(message, name)


@given(there, texts, moments, numbers)
def test_only_its_sender_edits_or_deletes_it(message: Message, text: str, at: int, by: int) -> None:
    for change in (changing.edit(text, at), changing.delete):
        if by != message.sender:
            with pytest.raises(Refused, match="not_found"):
                change(message, by)
    after = changing.edit(text, at)(message, message.sender)
    if text == message.text:
        assert after is None
    else:
        assert after == replace(message, text=text, edited_at=at)


@given(there)
def test_of_a_deleted_one_nothing_is_left(message: Message) -> None:
    after = deleted(message)
    assert after == Message(
        seq=message.seq, ordinal=message.ordinal, sender=message.sender,
        client_id=message.client_id, sent_at=message.sent_at, text="", deleted=True,
        changed_seq=message.changed_seq,
    )  # fmt: skip


@given(there, changes, numbers)
def test_nothing_more_is_done_to_a_deleted_one(message: Message, change: Change, by: int) -> None:
    gone = deleted(message)
    if change is changing.delete and by == gone.sender:
        assert change(gone, by) is None
    else:
        with pytest.raises(Refused) as refused:
            change(gone, by)
        assert refused.value.code in {"gone", "not_found"}


@given(there, st.lists(st.tuples(kinds, numbers, st.booleans()), max_size=30))
def test_reactions_are_sets_whatever_the_order_in_which_they_came(
    message: Message, acts: list[tuple[ReactionKind, int, bool]]
) -> None:
    expected = {(one.kind, member) for one in message.reactions for member in one.members}
    for kind, by, on in acts:
        message = changed(changing.react(kind, on=on), message, by)
        expected = expected | {(kind, by)} if on else expected - {(kind, by)}
    shown = [(one.kind, member) for one in message.reactions for member in one.members]
    assert shown == sorted(expected)
    assert all(one.members for one in message.reactions)
    assert len({one.kind for one in message.reactions}) == len(message.reactions)


@given(there, kinds, kinds)
def test_reactions_of_two_at_once_both_stand_in_either_order(
    message: Message, hers: ReactionKind, his: ReactionKind
) -> None:
    first, second = changing.react(hers, on=True), changing.react(his, on=True)
    one = changed(second, changed(first, message, 1), 2)
    assert one == changed(first, changed(second, message, 2), 1)


@given(there)
def test_a_quote_is_the_beginning_of_what_is_there(message: Message) -> None:
    quote = changing.quote(message)
    assert (quote.seq, quote.sender, quote.deleted) == (message.seq, message.sender, False)
    assert message.text.startswith(quote.text)
    assert len(quote.text) == min(len(message.text), QUOTED_CHARACTERS)
    assert quote.picture is (message.picture is not None)
    assert changing.quote(deleted(message)) == Quote(message.seq, message.sender, "", deleted=True)
