"""History comes in pages that a reader can take: so many entries, and so much text (G8)."""

from chat.conversations.entries import PAGE_CHARACTERS
from protocol.requests import FetchHistory
from tests.conversations.town import Town

LONG = "🚶" * 4_000
FIT = PAGE_CHARACTERS // len(LONG)


async def test_long_messages_make_shorter_pages_that_add_up(town: Town) -> None:
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    conversation = (await town.reply(ali, mette)).conversation
    for _ in range(2 * FIT):
        await town.send(ali, conversation, LONG)
    everything = list(range(1, 2 * FIT + 2))

    async def page(before: int | None = None, after: int | None = None) -> tuple[list[int], bool]:
        ask = FetchHistory(conversation, before=before, after=after, limit=200)
        history = await town.conversations.fetch_history(town.scope(mette), ask)
        return [entry.seq for entry in history.entries], history.more

    newest, more = await page()
    assert (newest, more) == (everything[-FIT:], True)
    backwards = newest
    while more:
        older, more = await page(before=backwards[0])
        assert older
        backwards = older + backwards
    assert backwards == everything
    forwards: list[int] = []
    more = True
    while more:
        newer, more = await page(after=forwards[-1] if forwards else 0)
        assert newer
        forwards += newer
    assert forwards == everything
