"""How long one stays logged in: a citizen while using it, whoever has a post for a work day."""

import pytest

from chat.accounts.model import Post, SessionEnded
from protocol import requests as ask
from protocol.ids import decode_id
from tests.accounts.conftest import DAY, HOUR, MINUTE, World

LIMITS = [(Post.VOLUNTEER, 12 * HOUR), (Post.STAFF, 8 * HOUR)]


@pytest.mark.parametrize(("post", "longest"), LIMITS)
@pytest.mark.parametrize("every", [20 * MINUTE, 61 * MINUTE, 30 * DAY])
async def test_a_session_of_one_with_a_post_ends_so_long_after_the_login(
    world: World, post: Post, longest: int, every: int
) -> None:
    await world.join("Bo")
    world.accounts.posts_known_by(lambda _reader, _account: post)
    session = await world.log_in("bo@example.dk")
    assert session.expires_at == world.now + longest
    start = world.now
    while world.now + every < start + longest:
        world.pass_time(every)
        assert await world.is_logged_in(session)
    world.now = start + longest - 1
    assert await world.is_logged_in(session)
    world.now = start + longest
    assert not await world.is_logged_in(session)


async def test_whoever_gets_a_post_logs_in_again_within_the_hour(world: World) -> None:
    await world.join("Bo")
    session = await world.log_in("bo@example.dk")
    world.pass_time(13 * HOUR)
    assert await world.is_logged_in(session)
    world.accounts.posts_known_by(lambda _reader, _account: Post.VOLUNTEER)
    world.pass_time(30 * MINUTE)
    assert await world.is_logged_in(session)
    world.pass_time(31 * MINUTE)
    assert not await world.is_logged_in(session)
    assert await world.is_logged_in(await world.log_in("bo@example.dk"))


async def test_a_session_whose_time_is_over_is_ended_and_told(world: World) -> None:
    me = await world.join("Bo")
    world.accounts.posts_known_by(lambda _reader, _account: Post.STAFF)
    sessions = [await world.log_in("bo@example.dk") for _ in range(60)]
    ended = decode_id(sessions[-1].id)
    world.now += 8 * HOUR - 1
    await world.accounts.end_expired_sessions(world.now)
    assert await world.accounts.ended_sessions([ended]) == set()
    world.told.clear()
    world.now += 1
    await world.accounts.end_expired_sessions(world.now)
    assert SessionEnded(me.me.account, ended) in world.told
    assert await world.accounts.ended_sessions([ended]) == {ended}


async def test_citizens_sessions_are_as_long_as_before(world: World) -> None:
    await world.join("Bo")
    session = await world.log_in("bo@example.dk")
    for _ in range(3):
        world.pass_time(29 * DAY)
        assert await world.is_logged_in(session)
    mine = await world.accounts.list_sessions(
        world.scope(await world.actor(session)), ask.Nothing()
    )
    assert max(one.expires_at for one in mine.sessions) == world.now + 30 * DAY
