"""Publishing: in the order of the log, so that no cursor steps over what was not sent (G5)."""

import asyncio

from protocol.cursors import read_cursor
from protocol.requests import MarkRead
from tests.conversations.town import Town


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
                town.conversations.positions.read(town.scope(mette), MarkRead(conversation, number)),
                town.send(mette, conversation, str(number)),
            )
        )
    )
    assert len(town.events("message.created")) == 60
    assert town.events("position.moved")
    published = [
        read_cursor(frame.cursor or "") for frame in town.all_events() if frame.cursor is not None
    ]
    assert published == sorted(published, key=lambda cursor: cursor[1] if cursor else 0)
