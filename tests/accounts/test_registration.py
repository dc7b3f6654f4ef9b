"""From a wish to an account, and a parent's consent."""

import asyncio
import datetime
from typing import Any

import pytest

from chat.accounts.model import AccountChanged, AccountConfirmed
from chat.accounts.service import aliases, standing
from chat.scope import copenhagen_midnight
from protocol import requests as ask
from protocol.errors import Refused
from protocol.ids import decode_id
from tests.accounts.conftest import CHILD, DAY, HOUR, PASSWORD, World

PARENT = "mor@example.dk"


def refused(code: str, field: str | None = None) -> pytest.RaisesExc[Refused]:
    """Expect a refusal with a code and a field."""
    return pytest.RaisesExc(
        Refused, check=lambda refusal: (refusal.code, refusal.field) == (code, field)
    )


# --- registering ----------------------------------------------------------------------------------


async def test_an_account_is_active_once_its_address_is_confirmed(world: World) -> None:
    await world.register("Bo")
    await world.confirm("bo@example.dk")
    session = await world.log_in("bo@example.dk")
    assert session.account.state == "active"
    assert (session.account.alias, session.account.email) == ("Bo", "bo@example.dk")
    (confirmed,) = world.told
    assert confirmed == AccountConfirmed(decode_id(session.account.id))


async def test_following_the_link_twice_is_kind(world: World) -> None:
    await world.register("Bo")
    token = await world.confirm("bo@example.dk")
    await world.accounts.confirm(world.scope(), ask.UseToken(token))
    assert len(world.told) == 1


@pytest.mark.parametrize(("age_ms", "good"), [(48 * HOUR - 1, True), (48 * HOUR, False)])
async def test_the_link_is_good_for_48_hours(world: World, age_ms: int, good: bool) -> None:
    await world.register("Bo")
    token = await world.token("bo@example.dk", "confirm")
    world.pass_time(age_ms)
    if good:
        await world.accounts.confirm(world.scope(), ask.UseToken(token))
    else:
        with refused("link_expired", "token"):
            await world.accounts.confirm(world.scope(), ask.UseToken(token))


async def test_registering_again_replaces_what_was_asked_before(world: World) -> None:
    await world.register("Bo", alias="Solsikke")
    old = await world.token("bo@example.dk", "confirm")
    world.pass_time(HOUR)
    await world.register("Bo", alias="Smørblomst", password="en helt anden kode")
    with refused("link_expired", "token"):
        await world.accounts.confirm(world.scope(), ask.UseToken(old))
    await world.confirm("bo@example.dk")
    session = await world.log_in("bo@example.dk", "en helt anden kode")
    assert session.account.alias == "Smørblomst"


async def test_a_forgotten_registration_leaves_nothing(world: World) -> None:
    await world.register("Bo")
    world.pass_time(48 * HOUR)
    await world.accounts.sweep(world.now)
    kept = await world.database.read(
        lambda reader: reader.all("SELECT id FROM registrations UNION SELECT account_id FROM links")
    )
    assert kept == []


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"email": "bo@localhost"}, "invalid_field", "email"),
        ({"alias": "12345678"}, "invalid_field", "alias"),
        ({"born": datetime.date(2026, 11, 23)}, "invalid_field", "born"),
        ({"born": datetime.date(1905, 11, 21)}, "invalid_field", "born"),
        ({"born": datetime.date(2013, 11, 23)}, "too_young", "born"),
        ({"municipality": 999}, "invalid_field", "municipality"),
        ({"password": "password1234"}, "weak_password", "password"),
        ({"password": "bo@example.dk"}, "weak_password", "password"),
        ({"born": CHILD, "parent_email": "far@localhost"}, "invalid_field", "parent_email"),
        ({"born": CHILD}, "parent_email_needed", "parent_email"),
        ({"born": CHILD, "parent_email": "BO@example.dk"}, "parent_email_needed", "parent_email"),
    ],
)
async def test_a_wrong_wish_is_refused_with_its_field(
    world: World, changes: dict[str, Any], code: str, field: str
) -> None:
    with refused(code, field):
        await world.register("Bo", **{"email": "bo@example.dk", "alias": "Solsikke", **changes})
    assert world.hasher.count == 0


async def test_an_alias_belongs_to_one_whatever_its_case(world: World) -> None:
    await world.join("Solsikke")
    with refused("alias_taken", "alias"):
        await world.register("Bo", alias="SOLSIKKE")


async def test_of_two_who_want_an_alias_the_later_gets_a_number(world: World) -> None:
    await world.register("Ane", alias="Solsikke")
    await world.register("Bo", alias="solsikke")
    await world.confirm("bo@example.dk")
    await world.confirm("ane@example.dk")
    session = await world.log_in("ane@example.dk")
    assert session.account.alias == "Solsikke 2"


async def test_ten_confirmations_at_once_make_one_account(world: World) -> None:
    await world.register("Bo")
    token = await world.token("bo@example.dk", "confirm")
    request = ask.UseToken(token)
    await asyncio.gather(*(world.accounts.confirm(world.scope(), request) for _ in range(10)))
    assert len(world.told) == 1


async def test_demo_people_need_no_mail(world: World) -> None:
    request = ask.RegisterAccount("bo@example.dk", PASSWORD, "Bo", CHILD, 151, parent_email=PARENT)
    account = await world.accounts.admit(world.scope(), request)
    assert await world.mails("bo@example.dk") == []
    session = await world.log_in("bo@example.dk")
    assert (decode_id(session.account.id), session.account.state) == (account, "active")


# --- what others read -----------------------------------------------------------------------------


async def test_others_read_where_one_stands(world: World) -> None:
    me = await world.join("Bo")
    found = await world.database.read(standing, me.me.account, me.today)
    assert found is not None
    assert (found.alias, found.municipality, found.active, found.language) == (
        "Bo", 151, True, "da",
    )  # fmt: skip
    assert await world.database.read(standing, 1, me.today) is None
    assert await world.database.read(aliases, [1, me.me.account]) == {me.me.account: "Bo"}
    assert await world.database.read(aliases, []) == {}


# --- consent --------------------------------------------------------------------------------------


async def child(world: World) -> str:
    """Let a child of 14 register and confirm; gives the parent's token."""
    await world.register("Liv", born=CHILD, parent_email=PARENT)
    assert await world.mails(PARENT) == []
    await world.confirm("liv@example.dk")
    return await world.token(PARENT, "consent")


async def state(world: World) -> str:
    """Tell the state of the child's account."""
    return (await world.log_in("liv@example.dk")).account.state


async def test_a_child_waits_until_a_parent_consents(world: World) -> None:
    token = await child(world)
    assert await state(world) == "awaiting_consent"
    asked = await world.accounts.show_consent(world.scope(), ask.UseToken(token))
    assert (asked.alias, asked.state) == ("Liv", "asked")
    given = await world.accounts.give_consent(world.scope(), ask.UseToken(token))
    assert given.state == "given"
    assert await state(world) == "active"
    assert (await world.mails("liv@example.dk"))[0].subject == "Din konto er klar"


async def test_consent_is_withdrawn_by_the_same_link_a_year_later_and_acts_at_once(
    world: World,
) -> None:
    use = ask.UseToken(await child(world))
    await world.accounts.give_consent(world.scope(), use)
    session = await world.log_in("liv@example.dk")
    assert (await world.actor(session)).active
    world.told.clear()

    withdrawn = await world.accounts.withdraw_consent(world.scope(), use)
    assert withdrawn.state == "withdrawn"
    (changed,) = world.told
    assert isinstance(changed, AccountChanged)
    assert not changed.active
    assert not (await world.actor(session)).active
    kinds = await world.database.read(
        lambda reader: [row["kind"] for row in reader.all("SELECT kind FROM changes")]
    )
    assert kinds.count("rights") == 2

    await world.accounts.give_consent(world.scope(), use)
    assert (await world.actor(session)).active


async def test_each_answer_is_recorded_once_with_its_time(world: World) -> None:
    use = ask.UseToken(await child(world))
    for answer in (
        world.accounts.withdraw_consent,  # nothing was given: still only asked
        world.accounts.give_consent,
        world.accounts.give_consent,
        world.accounts.withdraw_consent,
        world.accounts.withdraw_consent,
    ):
        world.pass_time(HOUR)
        await answer(world.scope(), use)
    start = world.now - 5 * HOUR
    recorded = await world.database.read(
        lambda reader: [
            (row["state"], row["at"]) for row in reader.all("SELECT state, at FROM consents")
        ]
    )
    assert recorded == [
        ("asked", start), ("given", start + 2 * HOUR), ("withdrawn", start + 4 * HOUR),
    ]  # fmt: skip


async def test_a_child_who_turns_15_needs_nobody_from_midnight_on(world: World) -> None:
    use = ask.UseToken(await child(world))
    await world.accounts.sweep(world.now)
    world.now = copenhagen_midnight(datetime.date(2027, 4, 7)) - 1
    session = await world.log_in("liv@example.dk")
    assert not (await world.actor(session)).active
    world.pass_time(1)
    assert (await world.actor(session)).active
    await world.accounts.give_consent(world.scope(), use)
    await world.accounts.withdraw_consent(world.scope(), use)
    assert (await world.actor(session)).active


async def test_who_turns_15_before_confirming_is_active_without_a_parent(world: World) -> None:
    world.now = copenhagen_midnight(datetime.date(2027, 4, 7)) - HOUR
    await world.register("Liv", born=CHILD, parent_email=PARENT)
    world.pass_time(2 * HOUR)
    await world.confirm("liv@example.dk")
    assert await state(world) == "active"
    assert await world.mails(PARENT) == []


async def test_a_link_for_one_thing_is_good_for_nothing_else(world: World) -> None:
    consent = ask.UseToken(await child(world))
    with refused("link_expired", "token"):
        await world.accounts.confirm(world.scope(), consent)
    with refused("link_expired", "token"):
        await world.accounts.show_consent(world.scope(), ask.UseToken("x" * 43))
    with refused("link_expired", "token"):
        await world.accounts.reset_password(
            world.scope(), ask.ResetPassword(consent.token, "en helt anden kode")
        )


async def test_the_parents_link_outlives_every_sweep(world: World) -> None:
    use = ask.UseToken(await child(world))
    world.pass_time(100 * DAY)
    await world.accounts.sweep(world.now)
    assert (await world.accounts.show_consent(world.scope(), use)).state == "asked"
