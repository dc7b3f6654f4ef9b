"""What breaks: each fault strikes a town once, and returns when it is over."""

import asyncio
import random
import resource
import signal
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress

from loadtests.chaos.talker import Talker
from loadtests.chaos.town import Town

Strike = Callable[[Town, random.Random], Awaitable[None]]

GROWTH_BYTES = 60_000
UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
DEATH_SECONDS = 120.0
"""How long some hundreds of passings may take: at a named point one of them is the last."""


async def kill(town: Town, dice: random.Random) -> None:
    """Kill the server at a random moment, as a power cut would."""
    await asyncio.sleep(dice.uniform(0.02, 0.5))
    await asyncio.to_thread(town.server.kill)
    await town.start_again()


async def die_at_a_named_point(town: Town, dice: random.Random) -> None:
    """Wait until the server dies by itself, where `broken_server` was told to."""
    await asyncio.to_thread(town.server.wait_until_it_dies, DEATH_SECONDS)
    await town.start_again()


async def stop_gracefully(town: Town, dice: random.Random) -> None:
    """Stop it politely, and start it again."""
    await asyncio.sleep(dice.uniform(0.02, 0.5))
    await asyncio.to_thread(town.server.stop)
    await town.start_again()


async def reconnect_storm(town: Town, dice: random.Random) -> None:
    """Cut every connection at once; everybody comes back together."""
    await asyncio.sleep(dice.uniform(0.02, 0.3))
    for talker in town.talkers:
        talker.client.cut()


async def freeze(town: Town, dice: random.Random) -> None:
    """Stop the server's process for a while, as a paused machine does."""
    assert town.server.process is not None, "running"
    town.server.process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(dice.uniform(0.3, 1.5))
    town.server.process.send_signal(signal.SIGCONT)


async def full_disk(town: Town, dice: random.Random) -> None:
    """Let no file grow further for a while: writes fail as on a full disk."""
    assert town.server.process is not None, "running"
    process = town.server.process.pid
    files = (town.server.data / name for name in ("samtale.db", "samtale.db-wal"))
    largest = max(file.stat().st_size for file in files)
    limit = largest + dice.randrange(GROWTH_BYTES)
    resource.prlimit(process, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    await asyncio.sleep(dice.uniform(0.5, 1.5))
    resource.prlimit(process, resource.RLIMIT_FSIZE, UNLIMITED)


async def clock_jump(town: Town, dice: random.Random) -> None:
    """Turn the server's clock an hour forth and back (`broken_server` does it on a signal)."""
    assert town.server.process is not None, "running"
    for _ in range(2):
        await asyncio.sleep(dice.uniform(0.05, 0.3))
        town.server.process.send_signal(signal.SIGUSR1)


async def clients_that_do_not_read(town: Town, dice: random.Random) -> None:
    """Open devices of people who talk, and never read what they get."""
    deaf = [await asyncio.to_thread(_open_and_go_deaf, town, one) for one in town.talkers]
    await asyncio.sleep(dice.uniform(1.0, 2.0))
    for one in deaf:
        with suppress(OSError):
            one.close()


def _open_and_go_deaf(town: Town, talker: Talker) -> socket.socket:
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
    one.connect(("127.0.0.1", town.server.port))
    token = talker.person.token
    one.sendall(
        (
            "GET /api/v1/socket HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            f"Sec-WebSocket-Protocol: samtale.v1\r\nAuthorization: Bearer {token}\r\n\r\n"
        ).encode()
    )
    return one


FAULTS: dict[str, Strike] = {
    "kill": kill,
    "before_commit": die_at_a_named_point,
    "after_commit": die_at_a_named_point,
    "before_ack": die_at_a_named_point,
    "after_ack": die_at_a_named_point,
    "before_publish": die_at_a_named_point,
    "graceful_stop": stop_gracefully,
    "reconnect_storm": reconnect_storm,
    "freeze": freeze,
    "full_disk": full_disk,
    "clock_jump": clock_jump,
    "deaf_clients": clients_that_do_not_read,
}

NAMED_POINTS = {name for name, strike in FAULTS.items() if strike is die_at_a_named_point}
