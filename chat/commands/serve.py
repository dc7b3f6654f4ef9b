"""`samtale serve`: one process, or several under a supervisor; what cannot work is refused."""

import argparse
import sys
from functools import partial
from pathlib import Path

from chat.realtime.redis_server import BadRedisUrl, RedisServer
from chat.serve import run_server
from chat.settings import BadSettings, Settings
from chat.storage.locks import TakenFolder, networked_file_system
from chat.worker import read_place
from chat.workers import Workers


async def serve(settings: Settings, options: argparse.Namespace) -> int:
    """Run until a signal says stop; gives the exit code. Raises `BadSettings`."""
    check_company(settings)
    say = partial(print, flush=True)
    worker: str | None = getattr(options, "worker", None)
    try:
        if worker is None and settings.workers > 1:
            return await Workers(settings).run()
        await run_server(settings, greet=say, place=read_place(worker) if worker else None)
    except TakenFolder:
        where = "this database" if settings.database else f"the folder {settings.data}"
        print(
            f"samtale: another server runs on {where}. Two that do not hear each"
            " other would keep messages from people: give both the same redis_url, or use --workers"
            " with it.",
            file=sys.stderr,
        )
        return 1
    return 0


def check_company(settings: Settings) -> None:
    """Refuse what several processes cannot stand on. Raises `BadSettings`, with the reason."""
    if settings.redis_url:
        try:
            RedisServer(settings.redis_url)
        except BadRedisUrl as error:
            raise BadSettings(str(error)) from error
    if settings.workers > 1 and not settings.redis_url:
        raise BadSettings(
            "workers: several processes need redis_url; without Redis none hears what is sent"
            " through another"
        )
    if settings.workers > 1 and settings.demo:
        raise BadSettings("workers: the demo is one process; its mailbox is in its memory")
    if settings.worker_ports and len(settings.worker_ports) != settings.workers:
        raise BadSettings(
            f"worker_ports: {len(settings.worker_ports)} ports for {settings.workers} processes"
        )
    _check_ports(settings)
    kind = networked_file_system(Path(settings.data))
    if kind and not settings.database:
        raise BadSettings(
            f"data: {settings.data} is on {kind}, which several machines share. An SQLite database"
            " is for one machine: its locks and its log do not hold there. Several machines need"
            " PostgreSQL: database"
        )


def _check_ports(settings: Settings) -> None:
    """Refuse ports that two would listen on. Raises `BadSettings`."""
    first = settings.operators_port
    beside = first and settings.operators_host == settings.host
    operators = range(first, first + settings.workers) if beside else ()
    listening = [port for port in (settings.port, *settings.worker_ports, *operators) if port]
    twice = sorted({port for port in listening if listening.count(port) > 1})
    if twice:
        raise BadSettings(
            f"port {twice[0]} is given twice: port, worker_ports and operators_port, which each"
            " process counts up by one, must all differ"
        )
