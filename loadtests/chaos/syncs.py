"""Counts syncs before acks: the one broken promise that no kill of a process can show (G1).

What the operating system has but the disk has not survives every kill; only a power cut loses it.
So one person sends one message at a time while `strace` counts how often the server synced.
"""

import asyncio
import re
import tempfile
from pathlib import Path

from loadtests.chaos.checker import Broken, Kind
from loadtests.chaos.town import Town
from loadtests.processes import ServerProcess

MESSAGES = 20


async def acks_before_syncs(bug: str = "") -> list[Broken]:
    """Send messages one by one, and name a lost promise if there were fewer syncs than acks."""
    with tempfile.TemporaryDirectory(prefix="samtale-syncs-") as folder:
        environment = {"SAMTALE_LOG_LEVEL": "error"}
        module = "chat.cli"
        if bug:
            environment["SAMTALE_BREAK"] = bug
            module = "loadtests.broken_server"
        server = ServerProcess(Path(folder) / "data", module=module, **environment)
        async with Town(server, pairs=1, talk=False) as town:
            trace = Path(folder) / "trace"
            assert server.process is not None, "started"
            tracer = await asyncio.create_subprocess_exec(
                "strace", "-f", "-qq", "-e", "trace=fsync,fdatasync", "-o", str(trace), "-p",
                str(server.process.pid),
            )  # fmt: skip
            await asyncio.to_thread(_wait_until_traced, server.process.pid)
            sender = town.talkers[0]
            for number in range(MESSAGES):
                await sender.say(f"{number}")
            acked = len(sender.acked)
            tracer.terminate()
            await tracer.wait()
            syncs = len(re.findall(r"f(?:data)?sync\(\d+\)\s+= 0", trace.read_text()))
    if syncs >= acked:
        return []
    return [Broken(Kind.LOST, "", f"{acked} acks stand on {syncs} syncs")]


def _wait_until_traced(process: int) -> None:
    status = Path(f"/proc/{process}/status")
    while re.search(r"TracerPid:\t0$", status.read_text(), re.MULTILINE):
        pass
