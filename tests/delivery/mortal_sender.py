"""A sender as a process of its own, which dies at a named step.

Its one argument is a `Task`: it sends what is due at a moment, on every channel, and ends.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from chat.delivery import lane, store
from chat.delivery.lane import Lane
from chat.delivery.outbox import Outbox
from chat.delivery.posting import Poster
from chat.delivery.sms import GatewayAPI
from chat.delivery.smtp import SMTPMailer
from chat.delivery.webpush import Vapid, WebPush
from chat.storage.facts import Facts
from chat.storage.opening import open_database


class Task(Struct):
    """What to send, where, when it is, and when to die: at the so-manieth passing of a point."""

    database: str
    now: int
    smtp_port: int
    sms_url: str
    sms_token: str
    vapid: str
    point: str = ""
    passing: int = 0


class Death:
    """Counts the passings of the point, and kills at the one that was named."""

    def __init__(self, passing: int) -> None:
        self._left = passing

    def passes(self) -> None:
        """Die, if it is time."""
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def arm(task: Task, carriers: list[Any]) -> None:
    """Put death in its place."""
    death = Death(task.passing)
    if task.point == "in_claim":
        _after(store, "claim", death.passes)
    elif task.point == "in_record":
        _after(store, "settle_sent", death.passes)
    elif task.point == "after_record":
        _before(Lane, "_tell", death.passes)
    elif task.point in {"before_send", "after_acceptance"}:
        for carrier in carriers:
            carrier.send = _sending(carrier.send, death, before=task.point == "before_send")


def _sending(real: Callable[..., Any], death: Death, *, before: bool) -> Callable[..., Any]:
    async def send(item: Any) -> None:
        if before:
            death.passes()
        await real(item)
        if not before:
            death.passes()

    return send


def _after(owner: Any, name: str, act: Callable[[], None]) -> None:
    real = getattr(owner, name)

    def dying(*args: Any) -> Any:
        result = real(*args)
        act()
        return result

    setattr(owner, name, dying)


def _before(owner: Any, name: str, act: Callable[[], None]) -> None:
    real = getattr(owner, name)

    def dying(*args: Any) -> Any:
        act()
        return real(*args)

    setattr(owner, name, dying)


async def send(task: Task) -> None:
    """Send what is due, once."""
    facts = Facts()
    place = task.database if "://" in task.database else Path(task.database)
    database = await open_database(place, facts, checkpoints=False, shared=True)
    mail = SMTPMailer("127.0.0.1", task.smtp_port, sender="Samtale <post@samtale.example>")
    sms = GatewayAPI(task.sms_url, task.sms_token, "Samtale", Poster(inside_too=True))
    vapid = Vapid(task.vapid, "mailto:post@samtale.example")
    push = WebPush(vapid, Poster(inside_too=True), lambda: task.now)
    arm(task, [mail, sms, push])
    outbox = Outbox(database, facts, {"mail": mail, "sms": sms, "push": push}, lambda: task.now)
    await outbox.send_due()
    await outbox.close()
    await database.close()


if __name__ == "__main__":
    lane.BATCH = 4  # several claims, so that a death leaves some notices that nobody has taken
    asyncio.run(send(msgspec.json.decode(sys.argv[1], type=Task)))
