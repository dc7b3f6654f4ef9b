"""Suspension: one may come in, read and protect oneself, and act on nobody."""

from chat.accounts.model import AccountChanged
from protocol import requests as ask
from tests.accounts.conftest import CHILD, World
from tests.accounts.test_registration import refused


async def test_a_suspended_account_logs_in_and_is_not_active(world: World) -> None:
    me = await world.join("Bo")
    session = await world.log_in("bo@example.dk")
    await world.accounts.suspend(world.scope(), me.me.account)
    for one in (session, await world.log_in("bo@example.dk")):
        assert not (await world.actor(one)).active
        assert one.account.email == "bo@example.dk"
    shown = await world.accounts.get(me, ask.Nothing())
    assert shown.state == "suspended"
    await world.accounts.reinstate(world.scope(), me.me.account)
    assert (await world.actor(session)).active


async def test_a_suspension_is_told_once_and_numbered_like_every_change(world: World) -> None:
    account = (await world.join("Bo")).me.account
    world.told.clear()
    for act in (world.accounts.suspend, world.accounts.reinstate):
        for _ in range(2):
            await act(world.scope(), account)
    changes = [fact for fact in world.told if isinstance(fact, AccountChanged)]
    assert [(fact.account_seq, fact.active) for fact in changes] == [(1, False), (2, True)]


async def test_an_end_of_a_suspension_gives_no_consent(world: World) -> None:
    await world.register("Ida", born=CHILD, parent_email="mor@example.dk")
    await world.confirm("ida@example.dk")
    account = await world.accounts.account_of("ida@example.dk")
    await world.accounts.suspend(world.scope(), account)
    await world.accounts.reinstate(world.scope(), account)
    session = await world.log_in("ida@example.dk")
    assert session.account.state == "awaiting_consent"


async def test_an_operator_finds_an_account_by_its_address_however_it_is_written(
    world: World,
) -> None:
    account = (await world.join("Bo")).me.account
    assert await world.accounts.account_of(" BO@Example.DK ") == account
    with refused("not_found"):
        await world.accounts.account_of("eva@example.dk")
    with refused("not_found"):
        await world.accounts.suspend(world.scope(), 4711)
