"""Publishing: in the order of the log, so that no cursor steps over what was not sent (G5)."""

import asyncio

from protocol import requests as ask
from protocol.cursors import read_cursor
from tests.conversations.town import Town


async def test_changes_marks_and_ones_own_side_come_in_the_order_of_the_log_too(town: Town) -> None:
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    talk = (await town.reply(ali, mette)).conversation
    away = [(await town.reply(mette, ali, bubble=200 + one)).conversation for one in range(20)]
    town.heard.clear()
    hers, his, talks = town.scope(mette), town.scope(ali), town.conversations
    await asyncio.gather(
        *(
            work
            for number in range(20)
            for work in (
                town.send(ali, talk, str(number)),
                talks.changes.edit(his, ask.EditMessage(talk, 1, f"rettet {number}")),
                talks.positions.delivered(hers, ask.MarkDelivered(talk, number)),
                talks.changes.add_reaction(hers, ask.React(talk, 1, "heart")),
                talks.own_sides.save_draft(hers, ask.SaveDraft(talk, f"kladde {number}")),
                talks.changes.remove_reaction(hers, ask.React(talk, 1, "heart")),
                talks.own_sides.leave(his, ask.OneConversation(away[number])),
                talks.positions.read(his, ask.MarkRead(talk, number)),
            )
        )
    )
    for name, count in (
        ("message.created", 20), ("message.edited", 20), ("conversation.changed", 20),
        ("message.reacted", 40), ("conversation.left", 20),
    ):  # fmt: skip
        assert len(town.events(name)) == count
    assert_in_order(town)
    seqs = [frame.seq for frame in town.all_events() if frame.seq and frame.conversation == talk]
    assert seqs == list(range(2, 82))


def assert_in_order(town: Town) -> None:
    cursors = [frame.cursor for frame in town.all_events() if frame.cursor is not None]
    positions = [found[1] for cursor in cursors if (found := read_cursor(cursor))]
    assert len(positions) == len(cursors)
    assert positions == sorted(positions)


async def test_events_come_in_the_order_of_the_log_whatever_kind_of_work_they_come_from(
    town: Town,
) -> None:
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    conversation = (await town.reply(ali, mette)).conversation
    town.heard.clear()
    await asyncio.gather(
        *(
            work
            for number in range(20)
            for work in (
                town.reply(mette, ali, bubble=100 + number),
                town.send(ali, conversation, str(number)),
                town.conversations.positions.read(
                    town.scope(mette), ask.MarkRead(conversation, number)
                ),
                town.send(mette, conversation, str(number)),
            )
        )
    )
    assert len(town.events("message.created")) == 60
    assert town.events("position.moved")
    assert_in_order(town)
