"""What messages said before they were changed: kept for a stated time, shown to nobody (G7)."""

from chat.conversations.changes import DAY_MS, FORGOTTEN_AT_ONCE
from chat.conversations.lifetime import said
from chat.media import store
from chat.media.model import Reencoded
from chat.storage.database import Reader, Transaction
from chat.storage.ids import new_id
from protocol.ids import decode_id, encode_id
from protocol.requests import EditMessage, OneMessage, React, SendMessage
from tests.conversations.town import NOON, Town, new_client_id
from tests.people import Person


async def kept(town: Town) -> list[tuple[int, str]]:
    """Everything that is kept: seq and text, by the order of the changes."""

    def read(reader: Reader) -> list[tuple[int, str]]:
        rows = reader.all("SELECT seq, text FROM earlier_texts ORDER BY changed_seq")
        return [(row["seq"], row["text"]) for row in rows]

    return await town.database.read(read)


async def show(town: Town, person: Person, talk: str, description: str) -> int:
    """Send a picture without a text; gives its seq."""
    picture = new_id(town.now)
    made = Reencoded(40, 30, b"image", b"thumb")
    digest = picture.to_bytes(32)
    await town.database.write(store.add, picture, person.account, digest, made, town.now)
    message = SendMessage(
        talk, new_client_id(), "", picture=encode_id(picture), description=description
    )
    return (await town.conversations.send(town.scope(person), message)).seq


async def test_every_earlier_text_is_kept_until_its_time_is_over(town: Town) -> None:
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    talk = (await town.reply(ali, mette, "første")).conversation
    changes, days = town.conversations.changes, town.limits.evidence_days
    for text in ("anden", "tredje", "tredje"):
        await changes.edit(town.scope(ali), EditMessage(talk, 1, text))
    await changes.add_reaction(town.scope(mette), React(talk, 1, "heart"))
    assert await kept(town) == [(1, "første"), (1, "anden")]
    town.now += DAY_MS
    await changes.delete(town.scope(ali), OneMessage(talk, 1))
    assert await kept(town) == [(1, "første"), (1, "anden"), (1, "tredje")]

    edited_until = NOON + days * DAY_MS
    for now, left in (
        (edited_until - 1, 3),
        (edited_until, 1),
        (edited_until + DAY_MS - 1, 1),
        (edited_until + DAY_MS, 0),
    ):
        await changes.forget(now)
        assert len(await kept(town)) == left


async def test_what_was_said_of_a_picture_is_kept_with_the_text(town: Town) -> None:
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    talk = (await town.reply(ali, mette, "første")).conversation
    described = await show(town, ali, talk, "En bænk under et træ")
    plain = await show(town, ali, talk, "")
    for seq in (described, plain):
        await town.conversations.changes.delete(town.scope(ali), OneMessage(talk, seq))

    def read(reader: Reader) -> list[tuple[int, str, str]]:
        rows = reader.all("SELECT seq, text, description FROM earlier_texts")
        return [(row["seq"], row["text"], row["description"]) for row in rows]

    assert await town.database.read(read) == [(described, "", "En bænk under et træ")]


async def test_what_was_said_of_a_picture_is_evidence_of_what_was_said(town: Town) -> None:
    mette, ali = town.move_in("Mette"), town.move_in("Ali")
    talk = (await town.reply(ali, mette, "første")).conversation
    for description in ("En bænk under et træ", ""):
        await show(town, ali, talk, description)
    texts = [text for _, _, _, text in await town.database.read(said, decode_id(talk))]
    assert texts == ["første", "[En bænk under et træ]", ""]


async def test_all_whose_time_is_over_go_a_part_at_a_time(town: Town) -> None:
    count = 2 * FORGOTTEN_AT_ONCE + 1

    def keep(txn: Transaction) -> None:
        txn.many(
            "INSERT INTO earlier_texts (conversation_id, seq, changed_seq, text, until)"
            " VALUES (7, ?, ?, 'x', ?)",
            [(number, number, number) for number in range(1, count + 1)],
        )

    await town.database.write(keep)
    await town.conversations.changes.forget(count - 1)
    assert await kept(town) == [(count, "x")]
