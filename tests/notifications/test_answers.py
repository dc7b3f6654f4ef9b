import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat.conversations.model import Unread
from chat.conversations.unread import unread_in
from chat.notifications import sweeper
from chat.storage.database import Reader, Transaction
from chat.storage.facts import Facts
from chat.storage.sqlite import SQLiteDatabase
from protocol.ids import encode_id
from tests.notifications.town import AWAY, SECOND, Town

HOUR = 3_600 * SECOND


async def two(town: Town) -> tuple[int, int]:
    """Give the author of a bubble and one who replies to it."""
    return await town.person("Hanne"), await town.person("Bent")


async def told(town: Town) -> list[str]:
    """Give who has been mailed since the last call."""
    return sorted(name for name, _, _ in await town.mails())


async def test_whoever_is_away_gets_one_mail_without_a_word_of_the_message(town: Town) -> None:
    hanne, bent = await two(town)
    talk = await town.reply(hanne, bent, text="Kender du hemmeligheden?")
    await town.wait(AWAY)
    ((name, subject, text),) = await town.mails()
    assert (name, subject) == ("Hanne", "Du har fået svar")
    assert f"https://samtale.example/conversations/{encode_id(talk)}" in text
    assert "hemmeligheden" not in text
    assert "Bent" not in text


async def test_the_mail_is_in_the_language_of_whoever_gets_it(town: Town) -> None:
    hanne = await town.person("Hanne", language="en")
    await town.reply(hanne, await town.person("Bent"))
    await town.wait(AWAY)
    ((_, subject, _),) = await town.mails()
    assert subject == "You have an answer"


async def test_who_is_not_connected_is_told_after_seconds(town: Town) -> None:
    hanne, bent = await two(town)
    await town.reply(hanne, bent)
    await town.wait(9 * SECOND)
    assert await told(town) == []
    await town.wait(4 * SECOND)
    assert await told(town) == ["Hanne"]


async def test_who_is_connected_is_told_only_when_they_read_nothing(town: Town) -> None:
    hanne, bent = await two(town)
    town.connected = {hanne, bent}
    await town.reply(hanne, bent)
    await town.wait(AWAY - SECOND)
    assert await told(town) == []
    await town.wait(3 * SECOND)
    assert await told(town) == ["Hanne"]


async def test_who_is_connected_is_looked_through_once_and_not_at_every_look(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanne, bent = await two(town)
    town.connected = {hanne, bent}
    looks: list[int] = []

    def counted(reader: Reader, conversation: int, now: int) -> list[Unread]:
        looks.append(conversation)
        return unread_in(reader, conversation, now)

    monkeypatch.setattr(sweeper, "unread_in", counted)
    await town.reply(hanne, bent)
    await town.wait(AWAY - SECOND)
    assert len(looks) == 1
    await town.wait(3 * SECOND)  # away now: looked through once more, in the transaction that tells
    assert len(looks) == 2
    assert await told(town) == ["Hanne"]


async def test_who_has_read_it_meanwhile_is_not_told(town: Town) -> None:
    hanne, bent = await two(town)
    town.connected = {hanne}
    talk = await town.reply(hanne, bent)
    await town.wait(AWAY // 2)
    await town.read(hanne, talk)
    town.connected = set()
    await town.wait(HOUR, every=AWAY)
    assert await told(town) == []


async def test_who_reads_it_between_the_look_and_the_telling_is_not_told(town: Town) -> None:
    hanne, bent = await two(town)
    await town.reply(hanne, bent)
    town.now += AWAY

    def read_at_the_last_moment(txn: Transaction, _: Sequence[None]) -> list[int]:
        return [txn.run("UPDATE members SET read_seq = 1 WHERE account_id = ?", hanne)]

    def connected(_: int) -> bool:
        town.database.submit(read_at_the_last_moment, None, lambda _: None)
        return False

    await town.sweeper.sweep(town.now, connected)
    assert await told(town) == []


async def test_however_much_is_written_there_is_one_mail_until_they_have_read(town: Town) -> None:
    hanne, bent = await two(town)
    talk = await town.reply(hanne, bent)
    await town.wait(AWAY)
    for _ in range(5):
        await town.write(bent, talk)
        await town.wait(2 * AWAY)
    assert await told(town) == ["Hanne"]
    await town.read(hanne, talk)
    await town.wait(AWAY)
    assert await told(town) == []
    await town.write(bent, talk)
    await town.wait(AWAY)
    assert await told(town) == ["Hanne"]


async def test_both_can_be_away_in_turn_and_neither_for_their_own_words(town: Town) -> None:
    hanne, bent = await two(town)
    talk = await town.reply(hanne, bent)
    await town.wait(HOUR, every=AWAY)
    assert await told(town) == ["Hanne"]
    await town.read(hanne, talk)
    await town.write(hanne, talk)
    await town.wait(HOUR, every=AWAY)
    assert await told(town) == ["Bent"]


async def test_each_conversation_is_told_of_when_it_comes(town: Town) -> None:
    hanne, bent = await two(town)
    await town.reply(hanne, bent)
    await town.wait(AWAY)
    assert await told(town) == ["Hanne"]
    await town.reply(hanne, await town.person("Karen"))
    await town.wait(AWAY)
    assert await told(town) == ["Hanne"]


async def test_a_new_process_goes_on_where_the_last_one_stopped(town: Town) -> None:
    hanne, bent = await two(town)
    await town.reply(hanne, bent)
    await town.wait(AWAY)
    assert await told(town) == ["Hanne"]
    await town.reply(hanne, await town.person("Karen"))
    town.sweeper = town.another_sweeper()
    await town.wait(HOUR, every=AWAY)
    assert await told(town) == ["Hanne"]
    town.sweeper = town.another_sweeper()
    await town.wait(HOUR, every=AWAY)
    assert await told(town) == []


async def test_two_processes_at_once_tell_nobody_twice(town: Town) -> None:
    hanne, bent = await two(town)
    everyone = [await town.person(f"Nabo{chr(97 + n)}") for n in range(5)]
    for bubble, author in enumerate((hanne, *everyone)):
        await town.reply(author, bent, bubble)
    town.now += AWAY
    sweepers = [town.another_sweeper() for _ in range(4)]
    await asyncio.gather(*(one.sweep(town.now, lambda _: False) for one in sweepers))
    assert await told(town) == ["Hanne", *(f"Nabo{chr(97 + n)}" for n in range(5))]


async def test_many_at_once_are_all_told(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeper, "PAGE", 4)
    hanne, bent = await two(town)
    authors = [await town.person(f"Nabo{chr(97 + n)}") for n in range(23)]
    for bubble, author in enumerate(authors):
        await town.reply(author, bent, bubble)
        await town.reply(hanne, author, bubble)
    await town.wait(AWAY)
    assert await told(town) == ["Hanne", *(f"Nabo{chr(97 + n)}" for n in range(23))]


async def test_what_is_long_settled_is_not_looked_at_again(town: Town) -> None:
    hanne, bent = await two(town)
    for bubble in range(10):
        await town.reply(hanne, bent, bubble)
    await town.wait(2 * AWAY)
    looked_at: list[int] = []

    def connected(account: int) -> bool:
        looked_at.append(account)
        return False

    await town.write(bent, await town.reply(hanne, bent, 11))
    town.now += AWAY
    await town.sweeper.sweep(town.now, connected)
    assert looked_at == [hanne]


@pytest.mark.parametrize("state", ["suspended", "gone"])
async def test_an_account_that_may_not_act_is_not_mailed(town: Town, state: str) -> None:
    hanne, bent = await two(town)
    await town.reply(hanne, bent)
    end = "DELETE FROM accounts" if state == "gone" else "UPDATE accounts SET suspended = 1"
    await town.database.write(lambda txn: txn.run(f"{end} WHERE id = ?", hanne))
    await town.wait(AWAY)
    assert await told(town) == []


WHATEVER = st.lists(
    st.tuples(
        st.sampled_from(["write", "read", "sweep", "sweep", "come", "go", "restart"]),
        st.sampled_from(["Hanne", "Bent"]),
        st.integers(0, 40).map(lambda seconds: seconds * SECOND),
    ),
    max_size=30,
)


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=WHATEVER)
def test_whatever_happens_nobody_is_forgotten_and_nobody_told_twice(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, int]]
) -> None:
    asyncio.run(live(tmp_path_factory.mktemp("town"), steps))


async def live(folder: Path, steps: list[tuple[str, str, int]]) -> None:
    """Let it happen, and check every mail against the rule in its simplest words."""
    facts = Facts()
    database = await SQLiteDatabase.open(folder / "samtale.db", facts)
    town = await Town.founded(database, facts)
    try:
        talk = await town.reply(*await two(town))
        unread, told_of = {"Hanne"}, set[str]()
        for what, who, after in steps:
            town.now += after
            await happen(town, talk, what, town.people[who])
            if what == "write":
                unread.add("Bent" if who == "Hanne" else "Hanne")
            elif what == "read":
                unread.discard(who)
                told_of.discard(who)
            for name in await told(town):
                assert name in unread - told_of
                told_of.add(name)
        await town.wait(2 * AWAY, every=10 * SECOND)
        at_last = await told(town)
        assert sorted(at_last) == sorted(unread - told_of)
    finally:
        town.passwords.close()
        await database.close()


async def happen(town: Town, talk: int, what: str, who: int) -> None:
    match what:
        case "write":
            await town.write(who, talk)
        case "read":
            await town.read(who, talk)
        case "sweep":
            await town.sweep()
        case "restart":
            town.sweeper = town.another_sweeper()
        case "come":
            town.connected.add(who)
        case "go":
            town.connected.discard(who)
