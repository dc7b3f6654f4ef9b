"""Mail is never lost, hardly ever sent twice, and given up only when it must be."""

import asyncio

import pytest
from structlog.testing import capture_logs

from chat.delivery import model
from chat.delivery.carrier import Carrier, Mail
from chat.delivery.dead_letters import DeadLetters
from chat.delivery.model import DeadNotice
from chat.delivery.outbox import enqueue, erase, withdraw
from chat.storage.database import Transaction
from protocol.errors import Refused
from tests.delivery.conftest import HOUR, MINUTE, NOON, Post
from tests.patience import PATIENCE_SECONDS


async def test_a_notice_goes_out_and_what_it_said_is_erased(post: Post) -> None:
    await post.write()
    await post.outbox.send_due()
    (mail,) = post.server.taken
    assert mail["To"] == "bo@example.dk"
    assert await post.state() == [("sent", 1, None)]
    kept = await post.database.read(lambda reader: reader.one("SELECT * FROM notices"))
    assert kept is not None
    assert (kept["address"], kept["params"]) == (None, None)


async def test_the_outbox_wakes_when_something_is_committed(post: Post) -> None:
    post.outbox.start()
    await post.write()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await post.server.arrived.wait()
    await post.outbox.close()
    assert await post.state() == [("sent", 1, None)]


async def test_a_notice_of_an_undone_transaction_goes_nowhere(post: Post) -> None:
    def undone(txn: Transaction) -> None:
        enqueue(txn, model.Notice("new_answer", "bo@example.dk", "da", NOON, {"link": "x"}))
        raise Refused("not_found")

    with pytest.raises(Refused):
        await post.database.write(undone)
    assert await post.state() == []
    assert post.queued == []


async def test_a_notice_waits_until_it_is_due(post: Post) -> None:
    await post.write(at=NOON + HOUR)
    assert await post.outbox.send_due() == MINUTE
    post.now = NOON + HOUR - 1
    assert await post.outbox.send_due() == 1
    assert post.server.taken == []
    post.now = NOON + HOUR
    await post.outbox.send_due()
    assert len(post.server.taken) == 1


async def test_of_two_that_say_the_same_one_goes_out(post: Post) -> None:
    await post.write(dedupe="answer 7")
    await post.outbox.send_due()
    await post.write(dedupe="answer 7")
    await post.outbox.send_due()
    assert len(post.server.taken) == len(post.queued) == 1


async def test_a_burst_goes_over_one_connection_each_mail_once(post: Post) -> None:
    for n in range(25):
        await post.write(f"person{n}", at=NOON - n)
    await post.outbox.send_due()
    assert [mail["To"] for mail in post.server.taken] == [
        f"person{n}@example.dk" for n in reversed(range(25))
    ]
    assert post.server.connections == 1


async def test_two_processes_share_the_work(post: Post) -> None:
    for n in range(30):
        await post.write(f"person{n}")
    other = post.another()
    await asyncio.gather(post.outbox.send_due(), other.send_due())
    assert len({mail["Message-ID"] for mail in post.server.taken}) == 30
    assert len(post.server.taken) == 30
    await other.close()


async def test_a_temporary_failure_is_tried_again_later(post: Post) -> None:
    post.server.answers.extend(["451 greylisted", "452 full"])
    await post.write()
    await post.outbox.send_due()
    assert await post.state() == [("waiting", 1, "451")]
    post.now += 9_999
    await post.outbox.send_due()
    assert await post.state() == [("waiting", 1, "451")]
    post.now += 10_001
    await post.outbox.send_due()
    assert await post.state() == [("waiting", 2, "452")]
    post.now += 40_000
    await post.outbox.send_due()
    assert await post.state() == [("sent", 3, None)]


async def test_one_mails_failure_does_not_keep_the_next(post: Post) -> None:
    post.server.refused["bo@example.dk"] = "450 mailbox busy"
    await post.write("bo", at=NOON - 2)
    await post.write("ane", at=NOON - 1)
    await post.outbox.send_due()
    assert [mail["To"] for mail in post.server.taken] == ["ane@example.dk"]


@pytest.mark.parametrize("where", ["receiver", "text"])
async def test_a_permanent_failure_is_not_tried_again(post: Post, where: str) -> None:
    if where == "receiver":
        post.server.refused["bo@example.dk"] = "550 no such mailbox bo@example.dk"
    else:
        post.server.answers.append("554 not wanted")
    await post.write()
    await post.outbox.send_due()
    (notice,) = await DeadLetters(post.database).list()
    assert (notice.kind, notice.attempts, notice.settled_at) == ("new_answer", 1, NOON)
    assert notice.failure in ("550", "554")
    post.now += 24 * HOUR
    await post.outbox.send_due()
    assert post.server.taken == []


async def test_after_twenty_tries_a_mail_is_given_up(post: Post) -> None:
    post.server.answers.extend(["451 later"] * 25)
    await post.write()
    for _ in range(model.MAX_ATTEMPTS):
        assert await DeadLetters(post.database).list() == []
        await post.outbox.send_due()
        post.now += model.LAST_RETRY_MS
    (notice,) = await DeadLetters(post.database).list()
    assert (notice.attempts, notice.failure) == (20, "451")
    await post.outbox.send_due()
    assert len(post.server.answers) == 5


async def test_an_address_no_mail_can_have_is_given_up(post: Post) -> None:
    await post.write("bo bo")
    await post.outbox.send_due()
    assert await post.state() == [("dead", 1, "bad_address")]


async def test_a_server_that_is_down_for_days_costs_no_mail_and_no_try(post: Post) -> None:
    await post.server.stop()
    for n in range(15):
        await post.write(f"person{n}")
    for _ in range(30):
        pause = await post.outbox.send_due()
        assert 1 <= pause <= model.LAST_PAUSE_MS
        post.now += pause + HOUR * 4
    assert {(state, attempts) for state, attempts, _ in await post.state()} == {("waiting", 0)}
    await post.server.start()
    await post.outbox.send_due()
    assert len(post.server.taken) == 15


async def test_a_server_that_is_down_is_not_asked_for_every_new_mail(post: Post) -> None:
    await post.server.stop()
    await post.write()
    pause = await post.outbox.send_due()
    await post.server.start()
    await post.write()
    assert await post.outbox.send_due() == pause
    assert post.server.connections == 0
    post.now += pause
    await post.outbox.send_due()
    assert len(post.server.taken) == 2


async def test_a_server_that_says_421_is_left_alone_for_a_while(post: Post) -> None:
    post.server.answers.append("421 shutting down")
    await post.write()
    pause = await post.outbox.send_due()
    assert await post.state() == [("waiting", 0, None)]
    post.now += pause
    await post.outbox.send_due()
    assert await post.state() == [("sent", 1, None)]


async def test_what_is_of_no_use_any_more_does_not_go_out(post: Post) -> None:
    await post.write("bo", expires_at=NOON + MINUTE)
    await post.write("ane", expires_at=NOON + MINUTE + 1)
    post.now += MINUTE
    await post.outbox.send_due()
    assert [mail["To"] for mail in post.server.taken] == ["ane@example.dk"]
    assert [state for state, _, _ in await post.state()] == ["sent"]


async def test_what_is_withdrawn_does_not_go_out(post: Post) -> None:
    await post.write("bo", about="talk 7")
    await post.write("ane", about="talk 8")
    await post.database.write(withdraw, "talk 7")
    await post.outbox.send_due()
    assert [mail["To"] for mail in post.server.taken] == ["ane@example.dk"]


async def test_an_erased_account_leaves_no_notice(post: Post) -> None:
    await post.write("bo", account=7)
    await post.outbox.send_due()
    await post.write("bo", account=7, at=NOON + HOUR)
    await post.database.write(erase, 7)
    assert await post.state() == []


# --- dead letters ---------------------------------------------------------------------------------


async def dead_letter(post: Post) -> DeadNotice:
    post.server.refused["bo@example.dk"] = "550 no"
    await post.write()
    await post.outbox.send_due()
    (notice,) = await DeadLetters(post.database).list()
    return notice


async def test_a_dead_letter_is_tried_anew_when_an_operator_says_so(post: Post) -> None:
    notice = await dead_letter(post)
    assert (notice.channel, notice.failure, notice.replayable) == ("mail", "550", True)
    del post.server.refused["bo@example.dk"]
    await DeadLetters(post.database).replay(notice.id, post.now)
    assert await post.state() == [("waiting", 0, "550")]
    await post.outbox.send_due()
    assert len(post.server.taken) == 1
    assert await DeadLetters(post.database).list() == []


async def test_a_dead_letter_is_dropped(post: Post) -> None:
    notice = await dead_letter(post)
    await DeadLetters(post.database).drop(notice.id)
    assert await post.state() == []


async def test_only_dead_letters_with_their_words_are_tried_anew_or_dropped(post: Post) -> None:
    letters = DeadLetters(post.database)
    notice = await dead_letter(post)
    post.now += 25 * HOUR
    await post.outbox.send_due()
    assert [(one.id, one.replayable) for one in await letters.list()] == [(notice.id, False)]
    with pytest.raises(Refused, match="not_found"):
        await letters.replay(notice.id, post.now)
    with pytest.raises(Refused, match="not_found"):
        await letters.drop(notice.id + 1)


# --- death ----------------------------------------------------------------------------------------


class Dies(Exception):
    """The power goes."""


class DiesAfterAcceptance:
    """A mailer whose process dies the moment the server has accepted."""

    def __init__(self, mailer: Carrier[Mail]) -> None:
        self._mailer = mailer

    async def send(self, mail: Mail) -> None:
        await self._mailer.send(mail)
        raise Dies

    async def close(self) -> None:
        await self._mailer.close()


async def test_death_between_acceptance_and_record_repeats_one_mail_under_its_id(
    post: Post,
) -> None:
    for n in range(5):
        await post.write(f"person{n}")
    dying = post.another(DiesAfterAcceptance(post.mailer()))
    with pytest.raises(Dies):
        await dying.send_due()
    await dying.close()
    assert len(post.server.taken) == 1

    await post.outbox.send_due()
    assert len(post.server.taken) == 1, "the dead one's lease is respected"
    post.now += MINUTE
    await post.outbox.send_due()
    ids = [mail["Message-ID"] for mail in post.server.taken]
    assert len(ids) == 6
    assert len(set(ids)) == 5
    first, again = (mail for mail in post.server.taken if mail["Message-ID"] == ids[0])
    assert first.as_bytes() == again.as_bytes()


async def full_disk(*_: object) -> None:
    """Refuse as a full disk does."""
    raise Refused("unavailable", retry_after_ms=1_000)


class FillsTheDisk:
    """A mailer on whose machine the disk is full once the mail is accepted."""

    def __init__(self, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
        self._mailer = post.mailer()
        self._database = post.database
        self._monkeypatch = monkeypatch

    async def send(self, mail: Mail) -> None:
        await self._mailer.send(mail)
        self._monkeypatch.setattr(self._database, "write", full_disk)

    async def close(self) -> None:
        await self._mailer.close()


async def test_a_mail_that_could_not_be_recorded_is_recorded_later_not_sent_again(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    await post.write()
    outbox = post.another(FillsTheDisk(post, monkeypatch))
    with pytest.raises(Refused):
        await outbox.send_due()
    monkeypatch.undo()
    post.now += MINUTE
    await outbox.send_due()
    assert len(post.server.taken) == 1
    assert await post.state() == [("sent", 2, None)]
    await outbox.close()


class BreaksOnce:
    """A mailer with a mistake in it."""

    def __init__(self, mailer: Carrier[Mail]) -> None:
        self._mailer = mailer
        self.broke = asyncio.Event()

    async def send(self, mail: Mail) -> None:
        if not self.broke.is_set():
            self.broke.set()
            raise RuntimeError("bo@example.dk")
        await self._mailer.send(mail)

    async def close(self) -> None:
        await self._mailer.close()


async def test_a_mistake_of_ours_does_not_end_the_worker(post: Post) -> None:
    mailer = BreaksOnce(post.mailer())
    outbox = post.another(mailer)
    outbox.start()
    await post.write("bo")
    await mailer.broke.wait()
    await post.write("ane")
    async with asyncio.timeout(PATIENCE_SECONDS):
        await post.server.arrived.wait()
    await outbox.close()
    assert [mail["To"] for mail in post.server.taken] == ["ane@example.dk"]


# --- forgetting -----------------------------------------------------------------------------------


async def test_a_dead_notice_forgets_its_receiver_within_a_day_and_itself_within_a_month(
    post: Post,
) -> None:
    post.server.refused["bo@example.dk"] = "550 no"
    await post.write()
    await post.outbox.send_due()
    post.now += 25 * HOUR
    await post.outbox.send_due()
    kept = await post.database.read(lambda reader: reader.one("SELECT * FROM notices"))
    assert kept is not None
    assert (kept["state"], kept["address"], kept["params"]) == ("dead", None, None)
    post.now += 30 * 24 * HOUR
    await post.outbox.send_due()
    assert await post.state() == []


async def test_the_log_tells_no_address_and_no_link(post: Post) -> None:
    post.server.answers.extend(["451 bo@example.dk", "554 bo@example.dk", "250 OK"])
    for n in range(3):
        await post.write(at=NOON - n)
    with capture_logs() as logged:
        await post.outbox.send_due()
    assert {line["event"] for line in logged} == {
        "notice_sent",
        "notice_deferred",
        "notice_dead",
    }
    assert "example" not in repr(logged)
