"""What is unread is told of once, as it then is, on the channels that were chosen for it."""

from chat.notifications.model import Cell, Quiet
from protocol.ids import encode_id
from tests.notifications.town import AWAY, SECOND, Town

HOUR = 3_600 * SECOND
FIVE_PM = Quiet(17 * 60, 18 * 60)
"""The quiet hour in which the town begins."""


async def three(town: Town) -> tuple[int, int, int]:
    return await town.person("Hanne"), await town.person("Bent"), await town.person("Karen")


async def test_several_conversations_are_one_notice_with_how_much_and_from_how_many(
    town: Town,
) -> None:
    hanne, bent, karen = await three(town)
    talk = await town.reply(hanne, bent)
    await town.write(bent, talk)
    await town.reply(hanne, karen, 8)
    await town.wait(AWAY)
    ((name, subject, text),) = await town.mails()
    assert (name, subject) == ("Hanne", "Du har 3 ulæste beskeder")
    assert "fra 2 personer" in text
    assert "https://samtale.example/inbox" in text


async def test_one_message_in_a_conversation_that_goes_on_is_no_new_answer(town: Town) -> None:
    hanne, bent, _ = await three(town)
    talk = await town.reply(hanne, bent)
    await town.read(hanne, talk)
    await town.write(bent, talk)
    await town.wait(AWAY)
    ((_, subject, text),) = await town.mails()
    assert subject == "Du har 1 ulæst besked"
    assert f"https://samtale.example/conversations/{encode_id(talk)}" in text


async def test_how_much_is_unread_is_counted_when_the_notice_goes_out(town: Town) -> None:
    hanne, bent, karen = await three(town)
    first = await town.reply(hanne, bent)
    second = await town.reply(hanne, karen, 8)
    await town.wait(AWAY)
    await town.write(karen, second)
    await town.read(hanne, first)
    ((_, _, text),) = await town.mails()
    assert f"/conversations/{encode_id(second)}" in text


async def test_what_was_read_before_it_went_out_is_not_told(town: Town) -> None:
    hanne, bent, karen = await three(town)
    first = await town.reply(hanne, bent)
    await town.wait(AWAY)
    assert len(await town.mails()) == 1
    second = await town.reply(hanne, karen, 8)
    await town.wait(AWAY)
    await town.read(hanne, second)
    assert await town.mails() == []
    await town.read(hanne, first)


async def test_each_channel_carries_what_was_chosen_for_it(town: Town) -> None:
    hanne, bent, karen = await three(town)
    await town.reach(hanne, phone="+4520123456", browser="firefox")
    await town.reach(hanne, browser="chrome")
    chosen: dict[Cell, bool] = {
        ("unread", "sms"): True,
        ("unread", "mail"): False,
        ("answer", "push"): False,
    }
    await town.choose(hanne, chosen)
    talk = await town.reply(hanne, bent)
    await town.read(hanne, talk)
    await town.write(bent, talk)
    await town.reply(hanne, karen, 8)
    await town.wait(AWAY)
    assert [subject for _, subject, _ in await town.mails()] == ["Du har fået svar"]
    ((number, sms),) = await town.texts()
    assert number == "+4520123456"
    assert sms.startswith("Samtale: Du har 1 ulæst besked. Fra 1 person. https://")
    assert sorted(await town.pushed()) == [
        ("chrome", "Du har 1 ulæst besked", "Fra 1 person."),
        ("firefox", "Du har 1 ulæst besked", "Fra 1 person."),
    ]


async def test_in_the_quiet_hours_it_waits_grows_and_goes_out_once(town: Town) -> None:
    hanne, bent, karen = await three(town)
    await town.reach(hanne, browser="chrome")
    await town.choose(hanne, {}, FIVE_PM)
    talk = await town.reply(hanne, bent)
    await town.wait(AWAY)
    await town.write(bent, talk)
    await town.reply(hanne, karen, 8)
    await town.wait(AWAY)
    assert len(await town.mails()) == 1, "mail wakes nobody"
    assert await town.pushed() == []
    town.now += HOUR
    assert await town.pushed() == [("chrome", "Du har 3 ulæste beskeder", "Fra 2 personer.")]
    town.now += HOUR
    assert await town.pushed() == []


async def test_what_was_read_or_turned_off_in_the_quiet_hours_is_not_told_after_them(
    town: Town,
) -> None:
    hanne, bent, karen = await three(town)
    for person in (hanne, bent):
        await town.reach(person, browser=f"of {person}")
        await town.choose(person, {}, FIVE_PM)
    read = await town.reply(hanne, karen)
    await town.reply(bent, karen, 8)
    await town.wait(AWAY)
    await town.read(hanne, read)
    await town.choose(bent, {("answer", "push"): False}, FIVE_PM)
    town.now += HOUR
    assert await town.pushed() == []


async def test_a_mail_goes_to_the_address_that_holds_when_it_goes(town: Town) -> None:
    hanne, bent, _ = await three(town)
    await town.reply(hanne, bent)
    await town.wait(AWAY)
    change = "UPDATE accounts SET email = 'anna@town.dk' WHERE id = ?"
    await town.database.write(lambda txn: txn.run(change, hanne))
    assert [name for name, _, _ in await town.mails()] == ["Anna"]
