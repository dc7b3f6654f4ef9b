"""A reconnect storm: everybody's phone comes back after a restart, while others talk on.

    python -m loadtests.storm --phones 8000

The server runs on one core, with its own rate of greetings; phones do what every client does:
come at a random moment of the first second, and when told to come back later, come back then.
Each resumes from its cursor and reads what it missed. Delivery is measured among pairs who are
connected all the while, from the moment at which each message was due (open model).
"""

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from pathlib import Path

import uvloop

from loadtests.bench.machine import hardware, require_disk
from loadtests.bench.server import MeasuredServer
from loadtests.bench.town import Plan, Residents, build
from loadtests.driver import Driver, driving
from loadtests.driver.load import Result, open_loop
from loadtests.driver.socket import Busy, Refusal
from loadtests.progress import Bar

SERVER_CORE, DRIVER_CORE = 0, 1
BACK_OFF_AT_MOST = 30.0


@dataclass
class Storm:
    """How the phones fared."""

    phones: int
    back: int = 0
    sent_away: int = 0
    failed: int = 0
    last_back: float = 0.0
    closed: int = 0


async def phone(
    driver: Driver, token: str, cursor: str, spread: float, storm: Storm, began: float
) -> None:
    """Come back as a phone does, and read what was missed."""
    dice = random.Random(token)
    await asyncio.sleep(dice.uniform(0, spread))
    failures = 0
    while True:
        try:
            socket = await driver.open(token)
            await socket.ask(1, "session.resume", {"cursor": cursor})
        except Busy as busy:
            storm.sent_away += 1
            await asyncio.sleep(busy.retry_after)
        except (Refusal, OSError):
            storm.failed += 1
            failures += 1
            await asyncio.sleep(dice.uniform(0, min(BACK_OFF_AT_MOST, 2.0**failures)))
        else:
            storm.back += 1
            storm.last_back = time.perf_counter() - began
            return


async def crowd(
    port: int, tokens: Sequence[str], cursor: str, spread: float, seconds: float
) -> Storm:
    """Let the phones come, wait until all are back, and keep them until the time is up."""
    storm, began = Storm(len(tokens)), time.perf_counter()
    async with driving(port) as driver:
        coming = [
            asyncio.create_task(phone(driver, token, cursor, spread, storm, began))
            for token in tokens
        ]
        _, late = await asyncio.wait(coming, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        await asyncio.sleep(max(0.0, began + seconds - time.perf_counter()))
        storm.closed = sum(bool(socket.closed) for socket in driver.sockets)
    return storm


def crowd_process(
    pipe: Connection, port: int, tokens: Sequence[str], cursor: str, spread: float, seconds: float
) -> None:
    """Run the crowd beside the talk, so that opening phones does not hold up its clock."""
    os.nice(10)
    pipe.recv()
    pipe.send(uvloop.run(crowd(port, tokens, cursor, spread, seconds)))


async def talk(
    server: MeasuredServer,
    residents: Residents,
    go: Callable[[], None],
    options: argparse.Namespace,
) -> tuple[Result, float, int]:
    """Have pairs talk while the phones come; gives the share of a core and the memory held too."""
    async with driving(server.port) as driver:
        pairs = await driver.open_pairs(residents.pairs)
        empty, before = server.resident_bytes(), server.cpu_seconds()
        go()
        with Bar("storm", options.seconds) as bar:
            result = await open_loop(pairs, options.rate, options.seconds, bar.show)
        cores = (server.cpu_seconds() - before) / options.seconds
        return result, cores, server.resident_bytes() - empty


def main() -> int:
    """Run it. Exit codes: 0 all back within a minute and delivery in time, 1 not."""
    parser = argparse.ArgumentParser(
        "loadtests.storm", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--phones", type=int, default=8_000)
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--rate", type=float, default=200.0, help="messages a second (200)")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--spread", type=float, default=1.0, help="of the first try (1 s)")
    parser.add_argument("--data", type=Path, help="a folder on a disk")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="samtale-storm-", dir=options.data) as folder:
        require_disk(Path(folder))
        plan = Plan(
            pairs=options.pairs, phones=options.phones, phone_devices=1, hubs=1, hub_devices=1,
            hub_talks=1, histories=1, messages=0,
        )  # fmt: skip
        residents = build(Path(folder), plan)
        server = MeasuredServer(
            Path(folder), SERVER_CORE, SAMTALE_LIMITS_GREETINGS_PER_SECOND="250"
        )
        os.sched_setaffinity(0, {DRIVER_CORE})
        server.start()
        ours, theirs = Pipe()
        arguments = (
            theirs, server.port, residents.phones, residents.cursor, options.spread,
            options.seconds,
        )  # fmt: skip
        phones = get_context("spawn").Process(target=crowd_process, args=arguments, daemon=True)
        phones.start()
        try:
            result, cores, held = uvloop.run(
                talk(server, residents, lambda: ours.send("go"), options)
            )
            storm = ours.recv()
            phones.join()
        finally:
            server.stop()
    return _tell(storm, result, cores, held)


def _tell(storm: Storm, result: Result, cores: float, held: int) -> int:
    p50, p99 = (result.deliveries.milliseconds(at) for at in (50, 99))
    print(
        f"{storm.back:,} of {storm.phones:,} phones back in {storm.last_back:.1f} s"
        f" ({storm.sent_away:,} times told to come later, {storm.failed:,} connections failed);\n"
        f"delivery meanwhile p50 {p50:.1f} ms, p99 {p99:.1f} ms over {result.messages:,} messages,"
        f" {len(result.faults)} faults; {100 * cores:.0f} % of a core, {held / 1e6:.0f} MB for the"
        f" phones, {storm.closed} of them closed; {hardware()['cpu']}"
    )
    for fault in result.faults[:5]:
        print(fault, file=sys.stderr)
    kept = storm.back == storm.phones and not storm.closed and p99 <= 250 and not result.faults
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
