"""Changing password and address, and choosing a new password by a link."""

import pytest

from chat.accounts.model import SessionEnded
from chat.scope import Scope
from protocol import requests as ask
from tests.accounts.conftest import HOUR, PASSWORD, World
from tests.accounts.test_registration import refused

NEW = "en helt anden kode"


# --- password -------------------------------------------------------------------------------------


async def test_a_changed_password_ends_every_other_session(world: World) -> None:
    me = await world.join("Bo")
    other = await world.log_in("bo@example.dk")
    assert await world.is_logged_in(other)
    await world.accounts.change_password(me, ask.ChangePassword(PASSWORD, NEW))
    assert world.told[-1] == SessionEnded(me.me.account, None, except_session=me.me.session)
    assert not await world.is_logged_in(other)
    assert len((await world.accounts.list_sessions(me, ask.Nothing())).sessions) == 1
    with refused("bad_credentials"):
        await world.log_in("bo@example.dk")
    await world.log_in("bo@example.dk", NEW)
    assert (await world.mails("bo@example.dk"))[0].subject == "Din adgangskode er ændret"


async def test_a_password_is_changed_only_with_the_current_one_to_a_good_one(
    world: World,
) -> None:
    me = await world.join("Bo")
    with refused("bad_credentials", "current"):
        await world.accounts.change_password(me, ask.ChangePassword("forkert", NEW))
    with refused("weak_password", "password"):
        await world.accounts.change_password(me, ask.ChangePassword(PASSWORD, "password1234"))
    await world.log_in("bo@example.dk")


async def forget(world: World) -> str:
    """Ask for a link to choose a new password; gives its token."""
    await world.accounts.forgot_password(world.scope(), ask.ForgotPassword("BO@example.dk"))
    return await world.token("bo@example.dk", "reset")


async def test_a_forgotten_password_is_chosen_anew_by_a_link_that_ends_every_session(
    world: World,
) -> None:
    await world.join("Bo")
    session = await world.log_in("bo@example.dk")
    assert await world.is_logged_in(session)
    reset = ask.ResetPassword(await forget(world), NEW)
    await world.accounts.reset_password(world.scope(), reset)
    assert not await world.is_logged_in(session)
    await world.log_in("bo@example.dk", NEW)
    with refused("link_expired", "token"):
        await world.accounts.reset_password(world.scope(), reset)


@pytest.mark.parametrize(("age_ms", "good"), [(HOUR - 1, True), (HOUR, False)])
async def test_the_link_is_good_for_an_hour(world: World, age_ms: int, good: bool) -> None:
    await world.join("Bo")
    reset = ask.ResetPassword(await forget(world), NEW)
    world.pass_time(age_ms)
    if good:
        await world.accounts.reset_password(world.scope(), reset)
    else:
        with refused("link_expired", "token"):
            await world.accounts.reset_password(world.scope(), reset)


async def test_a_weak_choice_leaves_the_link_good(world: World) -> None:
    await world.join("Bo")
    token = await forget(world)
    with refused("weak_password", "password"):
        await world.accounts.reset_password(world.scope(), ask.ResetPassword(token, "password12"))
    await world.accounts.reset_password(world.scope(), ask.ResetPassword(token, NEW))


async def test_one_reset_makes_every_other_link_for_it_worthless(world: World) -> None:
    await world.join("Bo")
    first, second = await forget(world), await forget(world)
    await world.accounts.reset_password(world.scope(), ask.ResetPassword(first, NEW))
    with refused("link_expired", "token"):
        await world.accounts.reset_password(world.scope(), ask.ResetPassword(second, NEW))


async def test_a_reset_lets_the_owner_in_past_a_guessers_failures(world: World) -> None:
    await world.join("Bo")
    for _ in range(5):
        with refused("bad_credentials"):
            await world.log_in("bo@example.dk", "forkert")
    token = await forget(world)
    await world.accounts.reset_password(world.scope(), ask.ResetPassword(token, NEW))
    await world.log_in("bo@example.dk", NEW)


# --- address --------------------------------------------------------------------------------------


async def change_email(world: World, me: Scope, email: str) -> None:
    """Ask for another address."""
    await world.accounts.change_email(me, ask.ChangeEmail(email, PASSWORD))


async def test_a_new_address_counts_once_its_link_is_followed(world: World) -> None:
    me = await world.join("Bo")
    await change_email(world, me, "Ny@Example.dk")
    (warning, *_) = await world.mails("bo@example.dk")
    assert warning.subject == "Din e-mail er ved at blive skiftet"
    await world.log_in("bo@example.dk")
    token = await world.confirm("ny@example.dk")
    assert (await world.log_in("ny@example.dk")).account.email == "ny@example.dk"
    with refused("bad_credentials"):
        await world.log_in("bo@example.dk")
    await world.accounts.confirm(world.scope(), ask.UseToken(token))


async def test_an_address_is_changed_only_with_the_password(world: World) -> None:
    me = await world.join("Bo")
    with refused("bad_credentials", "password"):
        await world.accounts.change_email(me, ask.ChangeEmail("ny@example.dk", "forkert"))
    assert await world.mails("ny@example.dk") == []


async def test_an_address_somebody_gets_meanwhile_is_theirs(world: World) -> None:
    me = await world.join("Bo")
    await change_email(world, me, "ane@example.dk")
    token = await world.token("ane@example.dk", "confirm")
    await world.join("Ane")
    with refused("link_expired", "token"):
        await world.accounts.confirm(world.scope(), ask.UseToken(token))
    assert (await world.log_in("ane@example.dk")).account.alias == "Ane"


async def test_a_changed_password_stops_a_change_of_address(world: World) -> None:
    me = await world.join("Bo")
    await change_email(world, me, "tyv@example.dk")
    stolen = await world.token("tyv@example.dk", "confirm")
    token = await forget(world)
    await world.accounts.reset_password(world.scope(), ask.ResetPassword(token, NEW))
    with refused("link_expired", "token"):
        await world.accounts.confirm(world.scope(), ask.UseToken(stolen))


async def test_a_link_to_the_old_address_is_worthless_after_the_change(world: World) -> None:
    me = await world.join("Bo")
    old = await forget(world)
    await change_email(world, me, "ny@example.dk")
    await world.confirm("ny@example.dk")
    with refused("link_expired", "token"):
        await world.accounts.reset_password(world.scope(), ask.ResetPassword(old, NEW))
