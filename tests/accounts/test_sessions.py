"""Logging in and out, guessing passwords, tickets for sockets."""

import asyncio

import msgspec
import pytest

from chat.accounts.model import SessionEnded
from chat.accounts.passwords import Passwords
from chat.settings import Limits
from protocol import requests as ask
from protocol.errors import Refused
from tests.accounts.conftest import DAY, HOUR, MINUTE, PASSWORD, CountingHasher, World
from tests.accounts.test_registration import refused

WRONG = "forkert"


async def waits(world: World, email: str = "bo@example.dk", password: str = WRONG) -> int:
    """Try to log in; gives how many ms one is told to wait, 0 if only the password was wrong."""
    with pytest.raises(Refused) as caught:
        await world.log_in(email, password)
    assert caught.value.code in ("bad_credentials", "rate_limited")
    return caught.value.retry_after_ms or 0


# --- logging in -----------------------------------------------------------------------------------


async def test_a_session_knows_who_acts(world: World) -> None:
    me = (await world.join("Bo")).me
    assert (me.active, me.municipality, me.joined_at) == (True, 151, world.now)
    assert await world.accounts.actor("x" * 43, world.now) is None


async def test_a_token_is_stored_nowhere(world: World) -> None:
    await world.join("Bo")
    session = await world.log_in("bo@example.dk", kind="app", device="Bos telefon\x00")
    ticket = await world.accounts.create_socket_ticket(
        world.scope(await world.actor(session)), ask.Nothing()
    )
    stored = await world.database.read(
        lambda reader: [
            value
            for table in ("sessions", "socket_tickets", "links")
            for row in reader.all(f"SELECT * FROM {table}")
            for value in tuple(row)
        ]
    )
    assert "Bos telefon" in stored
    assert session.token not in stored
    assert ticket.ticket not in stored


async def test_a_session_lives_30_days_from_when_it_was_last_used(world: World) -> None:
    await world.join("Bo")
    session = await world.log_in("bo@example.dk")
    for _ in range(3):
        world.pass_time(30 * DAY - 1)
        assert await world.is_logged_in(session)
    world.pass_time(30 * DAY)
    assert not await world.is_logged_in(session)


async def test_being_seen_is_written_at_most_once_an_hour(world: World) -> None:
    me = await world.join("Bo")

    async def seen() -> int:
        return (await world.accounts.list_sessions(me, ask.Nothing())).sessions[0].last_seen_at

    session = await world.log_in("bo@example.dk")
    start = world.now
    world.pass_time(HOUR - 1)
    assert await world.is_logged_in(session)
    assert await seen() == start
    world.pass_time(MINUTE)
    assert await world.is_logged_in(session)
    assert await seen() == start + HOUR + MINUTE - 1


async def test_a_password_hashed_with_old_parameters_is_hashed_anew(world: World) -> None:
    await world.join("Bo")
    world.passwords.close()
    world.hasher = CountingHasher(memory_cost=16)
    world.passwords = Passwords(world.limits.password_queue, world.hasher)
    world.restart()
    await world.log_in("bo@example.dk")
    await world.log_in("bo@example.dk")
    assert world.hasher.count == 3


async def test_the_real_parameters_are_those_of_the_design() -> None:
    passwords = Passwords()
    hashed = await passwords.hash("kaffe og kage")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.verify(hashed, "kaffe og kage")
    assert not await passwords.verify(hashed, "kaffe og kiks")
    assert not await passwords.verify(None, "kaffe og kage")
    passwords.close()


async def test_more_passwords_than_can_wait_are_refused_and_the_rest_checked() -> None:
    passwords = Passwords(queue=3, hasher=CountingHasher())
    tries = [passwords.hash("kaffe og kage") for _ in range(5)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    refusals = [answer for answer in answers if isinstance(answer, Refused)]
    assert [refusal.code for refusal in refusals] == ["rate_limited"] * 2
    assert all((refusal.retry_after_ms or 0) > 0 for refusal in refusals)
    await passwords.hash("kaffe og kage")
    passwords.close()


# --- guessing -------------------------------------------------------------------------------------


async def test_after_five_failures_each_one_doubles_the_wait(world: World) -> None:
    await world.join("Bo")
    assert [await waits(world) for _ in range(6)] == [0, 0, 0, 0, 0, 30_000]
    world.pass_time(30_000)
    assert [await waits(world) for _ in range(2)] == [0, 60_000]


async def test_a_wait_is_told_before_anything_is_hashed_even_to_the_owner(world: World) -> None:
    await world.join("Bo")
    for _ in range(5):
        await waits(world)
    before = world.hasher.count
    assert await waits(world, password=PASSWORD) == 30_000
    assert world.hasher.count == before
    world.pass_time(30_000)
    await world.log_in("bo@example.dk")
    assert await waits(world) == 0


async def test_guessing_is_counted_across_restarts_and_all_at_once(world: World) -> None:
    await world.join("Bo")
    world.restart()
    answers = await asyncio.gather(*(waits(world) for _ in range(10)))
    assert sorted(answers) == [0] * 5 + [30_000] * 5
    world.restart()
    assert await waits(world) == 30_000


async def test_a_stolen_session_does_not_help_to_guess_the_password(world: World) -> None:
    me = await world.join("Bo")
    for _ in range(5):
        with refused("bad_credentials", "current"):
            await world.accounts.change_password(
                me, ask.ChangePassword("forkert", "en helt anden kode")
            )
    with refused("rate_limited"):
        await world.accounts.change_password(me, ask.ChangePassword(PASSWORD, "en helt anden kode"))
    with refused("rate_limited"):
        await world.accounts.change_email(me, ask.ChangeEmail("ny@example.dk", PASSWORD))


class TestOneNetwork:
    """What one network address may ask of accounts."""

    @pytest.fixture
    def limits(self) -> Limits:
        return msgspec.structs.replace(
            Limits(),
            registrations_per_hour_and_address=2,
            password_checks_per_minute_and_address=2,
            account_mails_per_hour_and_address=2,
            account_mails_per_hour_and_recipient=3,
        )

    async def test_registers_so_often_in_an_hour(self, world: World) -> None:
        await world.register("Ane")
        await world.register("Bo")
        with refused("rate_limited"):
            await world.register("Carl")
        world.pass_time(HOUR)
        await world.register("Carl")

    async def test_has_so_many_passwords_checked_in_a_minute(self, world: World) -> None:
        assert [await waits(world, f"{n}@example.dk") for n in range(3)] == [0, 0, MINUTE]
        world.pass_time(MINUTE)
        assert await waits(world) == 0

    async def test_causes_so_many_mails_to_one_address(self, world: World) -> None:
        request = ask.ForgotPassword("bo@example.dk")
        for _ in range(2):
            await world.accounts.forgot_password(world.scope(), request)
        with refused("rate_limited"):
            await world.accounts.forgot_password(world.scope(), request)
        with refused("rate_limited"):
            await world.register("Bo")
        world.pass_time(HOUR)
        await world.register("Bo")

    async def test_does_not_see_what_other_networks_cause(self, world: World) -> None:
        request = ask.ForgotPassword("bo@example.dk")
        for subscriber in range(5):
            world.address = f"2001:db8:0:{subscriber}::1"
            await world.accounts.forgot_password(world.scope(), request)
        assert len(await world.mails("bo@example.dk")) == 3

    async def test_is_the_whole_of_a_subscribers_ipv6_network(self, world: World) -> None:
        for host in range(2):
            world.address = f"2001:db8::{host}"
            await world.register(f"Bo{host}")
        world.address = "2001:db8::ffff"
        with refused("rate_limited"):
            await world.register("Carl")


# --- logging out ----------------------------------------------------------------------------------


async def test_one_sees_where_one_is_logged_in_the_latest_used_first(world: World) -> None:
    me = await world.join("Bo")
    world.pass_time(MINUTE)
    await world.log_in("bo@example.dk", device="Telefon")
    listed = (await world.accounts.list_sessions(me, ask.Nothing())).sessions
    assert [(one.device, one.current) for one in listed] == [("Telefon", False), ("", True)]


async def test_logging_out_here_ends_this_session_only(world: World) -> None:
    me = await world.join("Bo")
    other = await world.log_in("bo@example.dk")
    world.told.clear()
    await world.accounts.end_session(me, ask.Nothing())
    assert world.told == [SessionEnded(me.me.account, me.me.session)]
    assert await world.is_logged_in(other)
    with refused("not_found", "session"):
        await world.accounts.end_session(me, ask.Nothing())


async def test_one_device_is_logged_out_from_another(world: World) -> None:
    me = await world.join("Bo")
    lost = await world.log_in("bo@example.dk")
    assert await world.is_logged_in(lost)
    await world.accounts.end_one_session(me, ask.EndSession(lost.id))
    assert not await world.is_logged_in(lost)


async def test_nobody_logs_somebody_else_out(world: World) -> None:
    me = await world.join("Bo")
    await world.join("Ane")
    theirs = await world.log_in("ane@example.dk")
    with refused("not_found", "session"):
        await world.accounts.end_one_session(me, ask.EndSession(theirs.id))
    assert await world.is_logged_in(theirs)


async def test_logging_out_everywhere_ends_every_session(world: World) -> None:
    me = await world.join("Bo")
    sessions = [await world.log_in("bo@example.dk") for _ in range(3)]
    assert all([await world.is_logged_in(session) for session in sessions])
    await world.accounts.end_all_sessions(me, ask.Nothing())
    assert not any([await world.is_logged_in(session) for session in sessions])
    assert world.told[-1] == SessionEnded(me.me.account, None, None)


async def test_a_session_ended_by_another_process_is_forgotten_when_told(world: World) -> None:
    me = await world.join("Bo")
    session = await world.log_in("bo@example.dk")
    assert await world.is_logged_in(session)
    await world.database.write(lambda txn: txn.run("DELETE FROM sessions"))
    assert await world.is_logged_in(session)
    world.accounts.forget(me.me.account)
    assert not await world.is_logged_in(session)


async def test_a_session_ended_by_another_process_lasts_a_minute_untold(world: World) -> None:
    await world.join("Bo")
    session = await world.log_in("bo@example.dk")
    assert await world.is_logged_in(session)
    await world.database.write(lambda txn: txn.run("DELETE FROM sessions"))
    world.pass_time(MINUTE)
    assert not await world.is_logged_in(session)


async def test_whoever_looks_while_a_session_ends_does_not_see_it_afterwards(world: World) -> None:
    me = await world.join("Bo")
    session = await world.log_in("bo@example.dk")
    looks = [asyncio.create_task(world.is_logged_in(session)) for _ in range(20)]
    await world.accounts.end_all_sessions(me, ask.Nothing())
    assert not await world.is_logged_in(session)
    await asyncio.gather(*looks)
    assert not await world.is_logged_in(session)


class TestManySessions:
    """More sessions than one account may have."""

    @pytest.fixture
    def limits(self) -> Limits:
        return msgspec.structs.replace(Limits(), sessions_per_account=3)

    async def test_end_the_one_longest_unused(self, world: World) -> None:
        me = await world.join("Bo")
        sessions = []
        for _ in range(2):
            world.pass_time(MINUTE)
            sessions.append(await world.log_in("bo@example.dk"))
        listed = await world.accounts.list_sessions(me, ask.Nothing())
        assert len(listed.sessions) == 3
        world.pass_time(MINUTE)
        await world.log_in("bo@example.dk")
        assert world.told[-1] == SessionEnded(me.me.account, me.me.session)
        assert all([await world.is_logged_in(session) for session in sessions])


# --- tickets --------------------------------------------------------------------------------------


async def test_a_ticket_is_good_for_one_socket(world: World) -> None:
    me = await world.join("Bo")
    ticket = (await world.accounts.create_socket_ticket(me, ask.Nothing())).ticket
    assert await world.accounts.redeem_ticket(ticket, world.now) == me.me
    assert await world.accounts.redeem_ticket(ticket, world.now) is None


@pytest.mark.parametrize(("age_ms", "good"), [(29_999, True), (30_000, False)])
async def test_a_ticket_is_good_for_30_seconds(world: World, age_ms: int, good: bool) -> None:
    me = await world.join("Bo")
    ticket = (await world.accounts.create_socket_ticket(me, ask.Nothing())).ticket
    actor = await world.accounts.redeem_ticket(ticket, world.now + age_ms)
    assert (actor is not None) is good


async def test_of_two_sockets_with_one_ticket_one_gets_in(world: World) -> None:
    me = await world.join("Bo")
    ticket = (await world.accounts.create_socket_ticket(me, ask.Nothing())).ticket
    actors = await asyncio.gather(
        *(world.accounts.redeem_ticket(ticket, world.now) for _ in range(5))
    )
    assert sum(actor is not None for actor in actors) == 1


async def test_a_ticket_dies_with_its_session_and_is_no_session(world: World) -> None:
    me = await world.join("Bo")
    ticket = (await world.accounts.create_socket_ticket(me, ask.Nothing())).ticket
    assert await world.accounts.actor(ticket, world.now) is None
    await world.accounts.end_session(me, ask.Nothing())
    assert await world.accounts.redeem_ticket(ticket, world.now) is None
    with refused("not_authenticated"):
        await world.accounts.create_socket_ticket(me, ask.Nothing())


async def test_what_has_expired_is_swept(world: World) -> None:
    me = await world.join("Bo")
    await world.accounts.create_socket_ticket(me, ask.Nothing())
    await waits(world, "ukendt@example.dk")
    world.pass_time(31 * DAY)
    await world.accounts.sweep(world.now)
    left = await world.database.read(
        lambda reader: reader.all(
            "SELECT digest FROM socket_tickets UNION SELECT digest FROM sessions"
            " UNION SELECT digest FROM login_failures"
        )
    )
    assert left == []
