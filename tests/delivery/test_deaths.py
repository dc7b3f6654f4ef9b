"""Senders that are killed at each step of sending: nothing is lost, little repeated."""

import asyncio
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from chat.delivery.model import Channel, Notice
from chat.delivery.outbox import enqueue
from chat.delivery.webpush import Vapid
from chat.storage.database import Database
from loadtests.beside import Address
from tests.delivery.conftest import MINUTE, NOON, MailServer
from tests.delivery.mortal_sender import Task
from tests.delivery.test_webpush import address as subscription_of
from tests.gateways import PushEndpoint, SMSEndpoint

pytestmark = [pytest.mark.faults, pytest.mark.slow]

KEY = Vapid.generated()
ROOT = Path(__file__).parent.parent.parent
SENDER = Path(__file__).parent / "mortal_sender.py"
EACH = 5
KILLS = 2
CHANNELS: tuple[Channel, ...] = ("mail", "sms", "push")
REPEATING = {"after_acceptance", "in_record"}
"""Where death falls between the other side's acceptance and our record."""


@pytest.fixture
def sms() -> Iterator[SMSEndpoint]:
    endpoint = SMSEndpoint()
    yield endpoint
    endpoint.stop()


@pytest.fixture
def push() -> Iterator[PushEndpoint]:
    endpoint = PushEndpoint(Vapid(KEY, "mailto:a@b.dk").public_key)
    yield endpoint
    endpoint.stop()


class Post:
    """The three servers, and the notices that wait to go to them."""

    def __init__(
        self, database: Address, mail: MailServer, sms: SMSEndpoint, push: PushEndpoint
    ) -> None:
        self.mail, self.sms, self.push = mail, sms, push
        self._database = str(database)
        self.now = NOON

    async def write(self, database: Database) -> None:
        """Let some notices wait on each channel."""
        for number in range(EACH):
            for channel in CHANNELS:
                to = {
                    "mail": f"person{number}@example.dk",
                    "sms": f"+452012340{number}",
                    "push": subscription_of(self.push.browser()),
                }[channel]
                notice = Notice("new_answer", to, "da", NOON, {"link": "/"}, channel=channel)
                await database.write(enqueue, notice)

    async def sender(self, point: str = "", passing: int = 0) -> int:
        """Run a sender to its end; gives how it ended."""
        task = Task(
            self._database,
            self.now,
            self.mail.port,
            self.sms.mtsms,
            self.sms.TOKEN,
            KEY,
            point,
            passing,
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(SENDER),
            msgspec.json.encode(task).decode(),
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT)},
        )
        return await process.wait()

    def taken(self) -> dict[str, Counter[str]]:
        """Tell how often each notice was accepted, by the name that makes its repeats one."""
        return {
            "mail": Counter(mail["Message-ID"] for mail in self.mail.taken),
            "sms": Counter(one["userref"] for one in self.sms.taken),
            "push": Counter(who.endpoint for who, _, _ in self.push.taken),
        }


@pytest.fixture
def post(address: Address, server: MailServer, sms: SMSEndpoint, push: PushEndpoint) -> Post:
    return Post(address, server, sms, push)


@pytest.mark.parametrize(
    "point", ["in_claim", "before_send", "after_acceptance", "in_record", "after_record"]
)
async def test_a_kill_at_each_step_loses_nothing_and_repeats_only_what_was_not_recorded(
    post: Post, database: Database, point: str
) -> None:
    await post.write(database)
    dice = random.Random(point)
    killed = 0
    for _ in range(KILLS):
        killed += await post.sender(point, dice.randint(1, 3)) != 0
        post.now += MINUTE
    assert killed == KILLS
    assert await post.sender() == 0
    taken = post.taken()
    assert [len(taken[channel]) for channel in CHANNELS] == [EACH] * 3, "nothing is lost"
    repeats = sum(sum(counts.values()) for counts in taken.values()) - 3 * EACH
    assert repeats == (KILLS if point in REPEATING else 0)
    rows = await database.read(lambda reader: reader.all("SELECT state FROM notices"))
    assert [row["state"] for row in rows] == ["sent"] * 3 * EACH


async def test_senders_of_several_processes_share_the_work_and_send_nothing_twice(
    post: Post, database: Database
) -> None:
    for _ in range(4):
        await post.write(database)
    assert await asyncio.gather(*(post.sender() for _ in range(3))) == [0, 0, 0]
    taken = post.taken()
    assert [sum(taken[channel].values()) for channel in CHANNELS] == [4 * EACH] * 3
    assert max(taken["mail"].values()) == max(taken["push"].values()) == 1


async def test_the_repeats_of_a_push_message_take_each_others_place(
    post: Post, database: Database
) -> None:
    browser = post.push.browser()
    notice = Notice(
        "new_answer", subscription_of(browser), "da", NOON, {"link": "/"}, channel="push"
    )
    await database.write(enqueue, notice)
    await post.sender("after_acceptance", 1)
    post.now += MINUTE
    await post.sender()
    topics = [headers["topic"] for _, _, headers in post.push.taken]
    assert topics == ["unread", "unread"]
