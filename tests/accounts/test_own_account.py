"""One's own account: what one changes of it, and that nobody does so without a session."""

from chat.accounts.model import AccountChanged
from protocol import requests as ask
from protocol.ids import decode_id
from tests.accounts.conftest import World
from tests.accounts.test_registration import refused


async def test_one_changes_alias_municipality_and_language(world: World) -> None:
    me = await world.join("Bo")
    world.told.clear()
    changed = await world.accounts.update(
        me, ask.UpdateAccount(alias="Solsikke", municipality=163, language="en")
    )
    assert (changed.alias, changed.municipality, changed.language) == ("Solsikke", 163, "en")
    assert await world.accounts.get(me, ask.Nothing()) == changed
    (fact,) = world.told
    assert fact == AccountChanged(
        account=decode_id(changed.id), position=1, account_seq=1, alias="Solsikke",
        municipality=163, born=changed.born, active=True, seen_by_owner=changed,
    )  # fmt: skip
    rows = await world.database.read(
        lambda reader: [
            (row["position"], row["kind"], row["account_seq"])
            for row in reader.all("SELECT * FROM changes")
        ]
    )
    assert rows == [(1, "account", 1)]


async def test_changing_nothing_tells_nobody(world: World) -> None:
    me = await world.join("Bo")
    world.told.clear()
    await world.accounts.update(me, ask.UpdateAccount(alias="Bo", municipality=151))
    assert world.told == []


async def test_one_may_change_the_case_of_ones_own_alias_but_not_take_anothers(
    world: World,
) -> None:
    me = await world.join("Bo")
    await world.join("Ane")
    assert (await world.accounts.update(me, ask.UpdateAccount(alias="BO"))).alias == "BO"
    with refused("alias_taken", "alias"):
        await world.accounts.update(me, ask.UpdateAccount(alias="ANE"))
    with refused("invalid_field", "municipality"):
        await world.accounts.update(me, ask.UpdateAccount(municipality=999))
    with refused("invalid_field", "alias"):
        await world.accounts.update(me, ask.UpdateAccount(alias="20 12 34 56"))


async def test_without_a_session_nothing_of_ones_own_is_done(world: World) -> None:
    nobody = world.scope()
    with refused("not_authenticated"):
        await world.accounts.get(nobody, ask.Nothing())
    with refused("not_authenticated"):
        await world.accounts.end_all_sessions(nobody, ask.Nothing())
