"""In a closed conversation nobody is told of anything (G6, domain rule 5)."""

from tests.notifications.town import AWAY, SECOND, Town


async def two(town: Town) -> tuple[int, int, int]:
    """Give the author of a bubble, one who has written to them, and their conversation."""
    hanne, bent = await town.person("Hanne"), await town.person("Bent")
    return hanne, bent, await town.reply(hanne, bent)


async def test_whoever_was_blocked_before_the_mail_is_no_reason_for_one(town: Town) -> None:
    hanne, _, talk = await two(town)
    await town.write(hanne, talk)
    await town.block(hanne, talk)
    await town.wait(AWAY)
    assert await town.mails() == []


async def test_a_mail_that_waits_is_dropped_when_its_conversation_closes(town: Town) -> None:
    hanne, _, talk = await two(town)
    await town.wait(12 * SECOND)
    block = await town.block(hanne, talk)
    assert await town.mails() == []
    await town.lift(hanne, block)
    assert await town.mails() == []


async def test_what_a_suspended_account_has_written_is_told_to_nobody(town: Town) -> None:
    _, bent, _ = await two(town)
    await town.accounts.suspend(town.scope(bent), bent)
    await town.wait(AWAY)
    assert await town.mails() == []


async def test_a_lifted_block_gives_mails_back(town: Town) -> None:
    _, bent, talk = await two(town)
    await town.lift(bent, await town.block(bent, talk))
    await town.wait(AWAY)
    assert [name for name, _, _ in await town.mails()] == ["Hanne"]


async def test_whom_nobody_told_because_of_a_block_is_told_when_it_is_lifted(town: Town) -> None:
    hanne, _, talk = await two(town)
    block = await town.block(hanne, talk)
    await town.wait(20 * SECOND)
    assert await town.mails() == []
    await town.lift(hanne, block)
    await town.wait(10 * SECOND)
    assert [name for name, _, _ in await town.mails()] == ["Hanne"]


async def test_other_conversations_go_on(town: Town) -> None:
    hanne, _, talk = await two(town)
    await town.reply(hanne, await town.person("Carl"))
    await town.block(hanne, talk)
    await town.wait(AWAY)
    assert [name for name, _, _ in await town.mails()] == ["Hanne"]
