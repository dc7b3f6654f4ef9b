import asyncio

from protocol.ids import encode_id
from protocol.requests import EditBubble, OneBubble
from tests.notifications.town import SECOND, Town

HOUR = 3_600 * SECOND
DAY = 24 * HOUR


async def reminded(town: Town) -> list[str]:
    """Give who has been reminded since the last call."""
    return sorted(name for name, subject, _ in await town.mails() if "boble" in subject)


async def test_a_bubble_without_an_answer_reminds_its_author_after_a_week_how_to_widen_it(
    town: Town,
) -> None:
    bubble = await town.post(await town.person("Hanne"), "Skak i parken")
    await town.wait(7 * DAY - HOUR, every=HOUR)
    assert await town.mails() == []
    await town.wait(2 * HOUR, every=HOUR)
    ((name, subject, text),) = await town.mails()
    assert (name, subject) == ("Hanne", "Sådan kan flere få øje på din boble")
    assert f"https://samtale.example/bubbles/{encode_id(bubble)}/edit" in text
    assert "Skak" not in text


async def test_a_bubble_reminds_once(town: Town) -> None:
    hanne = await town.person("Hanne")
    bubble = await town.post(hanne)
    await town.wait(8 * DAY, every=HOUR)
    wider = EditBubble(encode_id(bubble), title="Kaffe eller te på torvet")
    await town.bubbles.edit(town.scope(hanne), wider)
    town.sweeper = town.another_sweeper()
    await town.wait(30 * DAY, every=DAY)
    assert await reminded(town) == ["Hanne"]


async def test_a_bubble_that_was_answered_or_closed_reminds_nobody(town: Town) -> None:
    hanne, bent = await town.person("Hanne"), await town.person("Bent")
    await town.answer(bent, await town.post(hanne))
    closed = await town.post(bent)
    await town.bubbles.close(town.scope(bent), OneBubble(encode_id(closed)))
    await town.wait(8 * DAY, every=HOUR)
    assert await reminded(town) == []


async def test_every_bubble_has_its_own_week(town: Town) -> None:
    for name in ("Hanne", "Bent", "Karen"):
        await town.post(await town.person(name))
        await town.wait(DAY, every=HOUR)
    await town.wait(4 * DAY - HOUR, every=HOUR)
    for name in ("Hanne", "Bent", "Karen"):
        await town.wait(2 * HOUR, every=HOUR)
        assert await reminded(town) == [name]
        await town.wait(DAY - 2 * HOUR, every=HOUR)


async def test_many_bubbles_of_one_week_all_remind(town: Town) -> None:
    names = [f"Nabo{chr(97 + n)}" for n in range(25)]
    for name in names:
        await town.post(await town.person(name))
    await town.wait(8 * DAY, every=HOUR)
    assert await reminded(town) == sorted(names)


async def test_two_processes_at_once_remind_nobody_twice(town: Town) -> None:
    for name in ("Hanne", "Bent", "Karen"):
        await town.post(await town.person(name))
    town.now += 8 * DAY
    sweepers = [town.another_sweeper() for _ in range(4)]
    await asyncio.gather(*(one.sweep(town.now, lambda _: False) for one in sweepers))
    assert await reminded(town) == ["Bent", "Hanne", "Karen"]
