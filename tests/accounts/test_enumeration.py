"""Nobody can learn which addresses have an account: not by text, status, or the work done.

In each test a stranger does the same to an address with an account and to one without, and sees,
counts and causes the same.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from protocol import requests as ask
from protocol.errors import Refused
from tests.accounts.conftest import PASSWORD, World

KNOWN, UNKNOWN = "ane@example.dk", "ukendt@example.dk"
GUESS = "min egen gode kode"

TABLES = ("accounts", "registrations", "links", "notices", "sessions", "login_failures")


@dataclass(frozen=True)
class Seen:
    """What one try showed and did."""

    answer: Any
    hashes: int
    mails: int
    rows: tuple[int, ...]


Try = Callable[[str], Awaitable[Any]]
Stranger = Callable[[str, Try], Awaitable[Seen]]


@pytest.fixture
async def stranger(world: World) -> Stranger:
    """Somebody who tries things while Ane has an account."""
    await world.join("Ane")
    world.address = "198.51.100.7"

    async def rows() -> tuple[int, ...]:
        return await world.database.read(
            lambda reader: tuple(len(reader.all(f"SELECT 1 FROM {table}")) for table in TABLES)
        )

    async def tries(email: str, attempt: Try) -> Seen:
        hashes, mails, before = world.hasher.count, len(await world.mails(email)), await rows()
        try:
            answer = await attempt(email)
        except Refused as refusal:
            answer = (refusal.code, refusal.field, refusal.retry_after_ms, refusal.detail)
        after = await rows()
        return Seen(
            answer,
            world.hasher.count - hashes,
            len(await world.mails(email)) - mails,
            tuple(late - early for early, late in zip(before, after, strict=True)),
        )

    return tries


async def test_by_registering(world: World, stranger: Stranger) -> None:
    async def register(email: str) -> None:
        await world.register("Bo", email=email, password=GUESS, alias=f"Bo {email[0]}")

    known, unknown = await stranger(KNOWN, register), await stranger(UNKNOWN, register)
    assert known == unknown
    assert (known.answer, known.hashes, known.mails) == (None, 1, 1)


async def test_by_registering_again_and_again(world: World, stranger: Stranger) -> None:
    async def register(email: str) -> None:
        await world.register("Bo", email=email, password=GUESS)

    for _ in range(6):
        assert await stranger(KNOWN, register) == await stranger(UNKNOWN, register)


async def test_by_registering_and_logging_in_with_the_same_password(
    world: World, stranger: Stranger
) -> None:
    async def log_in(email: str) -> Any:
        return await world.log_in(email, GUESS)

    for email, alias in ((KNOWN, "Bo"), (UNKNOWN, "Bob")):
        await world.register("Bo", email=email, alias=alias, password=GUESS)
    known, unknown = await stranger(KNOWN, log_in), await stranger(UNKNOWN, log_in)
    assert known == unknown
    assert known.answer[0] == "bad_credentials"


async def test_by_the_alias_that_a_registration_asked_for(world: World, stranger: Stranger) -> None:
    async def take_its_alias(email: str) -> None:
        await world.register("Bo", email=email, alias=f"Bo {email[0]}")
        await world.register("Bo", email=f"x{email}", alias=f"Bo {email[0]}")

    assert await stranger(KNOWN, take_its_alias) == await stranger(UNKNOWN, take_its_alias)


async def test_by_the_owners_own_alias(world: World, stranger: Stranger) -> None:
    async def register(email: str) -> None:
        await world.register("Bo", email=email, alias="ANE")

    known, unknown = await stranger(KNOWN, register), await stranger(UNKNOWN, register)
    assert known == unknown
    assert known.answer[:2] == ("alias_taken", "alias")


async def test_by_logging_in(world: World, stranger: Stranger) -> None:
    async def log_in(email: str) -> Any:
        return await world.log_in(email, GUESS)

    for _ in range(7):
        known, unknown = await stranger(KNOWN, log_in), await stranger(UNKNOWN, log_in)
        assert known == unknown
    assert (known.answer[0], known.hashes) == ("rate_limited", 0)


async def test_by_forgetting_a_password(world: World, stranger: Stranger) -> None:
    async def forget(email: str) -> Any:
        return await world.accounts.forgot_password(world.scope(), ask.ForgotPassword(email))

    for _ in range(6):
        known, unknown = await stranger(KNOWN, forget), await stranger(UNKNOWN, forget)
        assert known == unknown
    assert known.answer[0] == "rate_limited"


async def test_by_changing_to_the_address(world: World, stranger: Stranger) -> None:
    me = await world.join("Bo")

    async def change(email: str) -> Any:
        return await world.accounts.change_email(me, ask.ChangeEmail(email, PASSWORD))

    known, unknown = await stranger(KNOWN, change), await stranger(UNKNOWN, change)
    assert known == unknown
    assert (known.hashes, known.mails) == (1, 1)


async def test_the_owner_is_told_instead(world: World, stranger: Stranger) -> None:
    await world.register("Bo", email=KNOWN.upper())
    mail = (await world.mails(KNOWN))[0]
    assert mail.subject == "Du har allerede en konto"
    assert mail.links == ("https://samtale.example/login",)
    assert "Bo" not in mail.text.split()


async def test_who_has_no_account_is_told_so_by_mail_only(world: World) -> None:
    await world.accounts.forgot_password(world.scope(), ask.ForgotPassword(UNKNOWN))
    assert (await world.mails(UNKNOWN))[0].subject == "Der er ingen konto med denne e-mail"


async def test_who_has_not_confirmed_yet_gets_a_new_link_for_that(world: World) -> None:
    await world.register("Bo", email=UNKNOWN)
    await world.accounts.forgot_password(world.scope(), ask.ForgotPassword(UNKNOWN))
    await world.confirm(UNKNOWN)
    assert await world.is_logged_in(await world.log_in(UNKNOWN))
