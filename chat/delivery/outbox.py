"""The notice outbox: a notice is a row of the transaction that caused it, and goes out after.

Never lost; sent again only when death falls between the mail server's acceptance and our record,
and then under the same Message-ID, so that a mailbox shows it once.
"""

import asyncio
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import structlog

from chat.delivery import letters, model, store
from chat.delivery.mailer import (
    Mail,
    MailDeferred,
    Mailer,
    MailerUnreachable,
    MailFailed,
    MailRejected,
)
from chat.delivery.model import DeadNotice, Kind, Notice, NoticeQueued
from chat.scope import Clock
from chat.storage.database import Database, Reader, Row, Transaction
from chat.storage.facts import Facts
from chat.storage.ids import new_id
from protocol.errors import Refused

log = structlog.get_logger(__name__)

BATCH = 10
SEND_MS = 20_000
LEASE_MS = 60_000
IDLE_MS = 60_000
HOUR_MS = 3_600_000
ERASE_DEAD_AFTER_MS = 24 * HOUR_MS
FORGET_AFTER_MS = 30 * 24 * HOUR_MS


def enqueue(txn: Transaction, notice: Notice) -> bool:
    """Let a notice go out once this transaction is committed; tells whether it was new.

    Raises `KeyError` when its letter does not exist or misses a param.
    """
    letters.compose(notice.kind, notice.language, notice.params)
    notice_id = new_id(notice.at)
    if not store.add(txn, notice_id, notice):
        return False
    txn.emit(NoticeQueued(notice_id))
    return True


StillDue = Callable[[Reader, Mapping[str, str], int], bool]
"""Tells by its params and the time whether a waiting notice may still go out."""


def dead(reader: Reader) -> list[DeadNotice]:
    """Give the notices that will not be tried again, the latest first."""
    return store.dead(reader)


class Outbox:
    """Sends what waits, wakes when something is added, and tries again what failed.

    Several processes may run one each over the same database: a claim is a lease of a minute.
    """

    def __init__(self, database: Database, facts: Facts, mailer: Mailer, clock: Clock) -> None:
        self._database = database
        self._mailer = mailer
        self._clock = clock
        self._dice = secrets.SystemRandom().random
        self._wake = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self._unreachable = 0
        self._resume_at = 0
        self._tidy_at = 0
        self._unrecorded: set[int] = set()
        self._still_due: dict[str, StillDue] = {}
        facts.after_commit(NoticeQueued, lambda _: self._wake.set())

    def only_if(self, kind: Kind, still_due: StillDue) -> None:
        """Ask before each mail of a kind goes out; one that is not due any more is dropped."""
        self._still_due[kind] = still_due

    def start(self) -> None:
        """Begin to send."""
        self._task = asyncio.create_task(self._send_for_ever(), name="outbox")

    async def close(self) -> None:
        """Finish the mail at hand, then stop."""
        self._stopping = True
        self._wake.set()
        if self._task is not None:
            await self._task
        await self._mailer.close()

    async def _send_for_ever(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                pause = await self.send_due()
            except Refused as refused:
                # The storage cannot take it now: nothing was claimed, or a lease runs out.
                log.warning("outbox_waits", cause=refused.code)
                pause = model.FIRST_RETRY_MS
            except Exception as error:  # noqa: BLE001 — a dead worker would let mail wait unseen
                log.error("outbox_failed", cause=type(error).__name__)
                pause = model.FIRST_RETRY_MS
            with suppress(TimeoutError):
                async with asyncio.timeout(pause / 1000):
                    await self._wake.wait()

    async def send_due(self) -> int:
        """Send everything that is due; tells in how many milliseconds to look again."""
        now = self._clock()
        await self._tidy(now)
        while not self._stopping and now >= self._resume_at:
            due_at = await self._database.read(store.next_due)
            if due_at is None or due_at > now:
                await self._mailer.close()
                return IDLE_MS if due_at is None else min(due_at - now, IDLE_MS)
            claimed = await self._database.write(store.claim, now, now + LEASE_MS, BATCH)
            await self._send_claimed(claimed, until=now + LEASE_MS - SEND_MS)
            now = self._clock()
        return max(1, self._resume_at - now)

    async def _send_claimed(self, claimed: Sequence[Row], until: int) -> None:
        for index, row in enumerate(claimed):
            if self._stopping or self._clock() > until:
                return await self._release(claimed[index:])
            try:
                await self._send(row)
            except MailerUnreachable as failure:
                self._unreachable += 1
                pause = model.pause_ms(self._unreachable)
                self._resume_at = self._clock() + pause
                log.warning("mail_server_unreachable", cause=failure.reason, retry_ms=pause)
                return await self._release(claimed[index:])
            self._unreachable = 0
        return None

    async def _send(self, row: Row) -> None:
        notice_id, kind = int(row["id"]), row["kind"]
        if await self._lapsed(row):
            await self._database.write(store.drop, notice_id)
            return
        try:
            if notice_id not in self._unrecorded:
                await self._mailer.send(_mail(row))
        except MailRejected as failure:
            await self._bury(row, failure)
        except MailDeferred as failure:
            await self._defer(row, failure)
        else:
            # While the record fails, the mail must not go out again on every lease.
            self._unrecorded.add(notice_id)
            await self._database.write(store.settle_sent, notice_id, self._clock())
            self._unrecorded.discard(notice_id)
            log.info("mail_sent", notice=notice_id, kind=kind, attempt=row["attempts"])

    async def _lapsed(self, row: Row) -> bool:
        still_due = self._still_due.get(row["kind"])
        if still_due is None:
            return False
        params = json.loads(row["params"])
        return not await self._database.read(still_due, params, self._clock())

    async def _bury(self, row: Row, failure: MailFailed) -> None:
        await self._database.write(store.settle_dead, row["id"], self._clock(), failure.reason)
        log.error(
            "mail_dead",
            notice=row["id"],
            kind=row["kind"],
            attempt=row["attempts"],
            cause=failure.reason,
        )

    async def _defer(self, row: Row, failure: MailDeferred) -> None:
        if row["attempts"] >= model.MAX_ATTEMPTS:
            return await self._bury(row, failure)
        wait = model.retry_delay_ms(row["attempts"], self._dice())
        due_at = self._clock() + wait
        await self._database.write(store.defer, row["id"], due_at, failure.reason)
        log.warning(
            "mail_deferred",
            notice=row["id"],
            kind=row["kind"],
            attempt=row["attempts"],
            cause=failure.reason,
            retry_ms=wait,
        )
        return None

    async def _release(self, rows: Sequence[Row]) -> None:
        await self._database.write(store.release, [row["id"] for row in rows], self._clock())

    async def _tidy(self, now: int) -> None:
        if now < self._tidy_at:
            return
        await self._database.write(store.tidy, now - ERASE_DEAD_AFTER_MS, now - FORGET_AFTER_MS)
        self._tidy_at = now + HOUR_MS


def _mail(row: Row) -> Mail:
    try:
        content = letters.compose(row["kind"], row["language"], json.loads(row["params"]))
    except KeyError:
        # Written by a newer version during a deploy: leave it to that one.
        raise MailDeferred("unknown_letter") from None
    return Mail(
        row["id"], row["created_at"], row["address"], content.subject, content.text, content.html
    )
