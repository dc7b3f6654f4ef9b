"""One channel of the outbox: claims what is due, hands it over, and records what came of it.

Each channel has its own, so that an SMS gateway that is away keeps no mail waiting.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import structlog

from chat.delivery import model, store
from chat.delivery.carrier import Carrier, Deferred, Gone, Rejected, SendFailed, Unreachable
from chat.delivery.model import AddressGone, Channel, Waiting
from chat.delivery.words import Compose
from chat.scope import Clock
from chat.storage.database import Database, Reader, Transaction
from protocol.errors import Refused

log = structlog.get_logger(__name__)

BATCH = 10
SEND_MS = 20_000
LEASE_MS = 60_000
IDLE_MS = 60_000
HOUR_MS = 3_600_000
ERASE_DEAD_AFTER_MS = 24 * HOUR_MS
FORGET_AFTER_MS = 30 * 24 * HOUR_MS

Refresh = Callable[[Reader, Waiting, int], Waiting | None]
"""Gives a notice as it is to go out at a time; None when it is not due any more."""


class Lane:
    """Sends what waits on one channel, wakes when something is added, tries again what failed.

    Several processes may run one each over the same database: a claim is a lease of a minute.
    """

    def __init__(
        self,
        channel: Channel,
        carrier: Carrier[Any],
        compose: Compose,
        database: Database,
        clock: Clock,
        dice: Callable[[], float],
        refresh: Mapping[str, Refresh],
    ) -> None:
        self._channel = channel
        self._carrier = carrier
        self._compose = compose
        self._database = database
        self._clock = clock
        self._dice = dice
        self._refresh = refresh
        self._wake = asyncio.Event()
        self._stopping = False
        self._unreachable = 0
        self._resume_at = 0
        self._tidy_at = 0
        self._unrecorded: set[int] = set()

    def wake(self) -> None:
        """Look at once whether something is due."""
        self._wake.set()

    def stop(self) -> None:
        """Finish the notice at hand, then end `send_for_ever`."""
        self._stopping = True
        self._wake.set()

    async def close(self) -> None:
        """Let go of the carrier."""
        await self._carrier.close()

    async def send_for_ever(self) -> None:
        """Send until told to stop."""
        while not self._stopping:
            self._wake.clear()
            try:
                pause = await self.send_due()
            except Refused as refused:
                # The storage cannot take it now: nothing was claimed, or a lease runs out.
                log.warning("outbox_waits", channel=self._channel, cause=refused.code)
                pause = model.FIRST_RETRY_MS
            except Exception as error:  # noqa: BLE001 — a dead worker would let notices wait unseen
                log.error("outbox_failed", channel=self._channel, cause=type(error).__name__)
                pause = model.FIRST_RETRY_MS
            with suppress(TimeoutError):
                async with asyncio.timeout(pause / 1000):
                    await self._wake.wait()

    async def send_due(self) -> int:
        """Send everything that is due; tells in how many milliseconds to look again."""
        now = self._clock()
        await self._tidy(now)
        while not self._stopping and now >= self._resume_at:
            due_at = await self._database.read(store.next_due, self._channel)
            if due_at is None or due_at > now:
                await self._carrier.close()
                return IDLE_MS if due_at is None else min(due_at - now, IDLE_MS)
            claimed = await self._database.write(
                store.claim, self._channel, now, now + LEASE_MS, BATCH
            )
            await self._send_claimed(claimed, until=now + LEASE_MS - SEND_MS)
            now = self._clock()
        return max(1, self._resume_at - now)

    async def _send_claimed(self, claimed: Sequence[Waiting], until: int) -> None:
        for index, notice in enumerate(claimed):
            if self._stopping or self._clock() > until:
                return await self._release(claimed[index:])
            try:
                await self._send(notice)
            except Unreachable as failure:
                self._unreachable += 1
                pause = max(model.pause_ms(self._unreachable), failure.retry_after_ms)
                self._resume_at = self._clock() + pause
                log.warning(
                    "carrier_unreachable",
                    channel=self._channel,
                    cause=failure.reason,
                    retry_ms=pause,
                )
                return await self._release(claimed[index:])
            self._unreachable = 0
        return None

    async def _send(self, claimed: Waiting) -> None:
        notice = await self._due_still(claimed)
        if notice is None:
            await self._database.write(store.drop, claimed.id)
            return
        try:
            if notice.id not in self._unrecorded:
                await self._carrier.send(self._item(notice))
        except Rejected as failure:
            await self._bury(notice, failure)
        except Deferred as failure:
            await self._defer(notice, failure)
        else:
            # While the record fails, the notice must not go out again on every lease.
            self._unrecorded.add(notice.id)
            await self._database.write(store.settle_sent, notice.id, self._clock())
            self._unrecorded.discard(notice.id)
            self._tell("notice_sent", notice)

    async def _due_still(self, notice: Waiting) -> Waiting | None:
        now = self._clock()
        if notice.expires_at is not None and notice.expires_at <= now:
            self._tell("notice_lapsed", notice)
            return None
        refresh = self._refresh.get(notice.kind)
        return notice if refresh is None else await self._database.read(refresh, notice, now)

    def _item(self, notice: Waiting) -> Any:
        try:
            return self._compose(notice, self._clock())
        except KeyError:
            # Written by a newer version during a deploy: leave it to that one.
            raise Deferred("unknown_letter") from None

    async def _bury(self, notice: Waiting, failure: SendFailed) -> None:
        await self._database.write(_bury, notice, self._clock(), failure)
        log.error(
            "notice_dead",
            channel=self._channel,
            notice=notice.id,
            kind=notice.kind,
            attempt=notice.attempts,
            cause=failure.reason,
        )

    async def _defer(self, notice: Waiting, failure: Deferred) -> None:
        if notice.attempts >= model.MAX_ATTEMPTS:
            return await self._bury(notice, failure)
        wait = model.retry_delay_ms(notice.attempts, self._dice())
        wait = max(wait, min(failure.retry_after_ms, model.LAST_RETRY_MS))
        due_at = self._clock() + wait
        await self._database.write(store.defer, notice, due_at, failure.reason)
        log.warning(
            "notice_deferred",
            channel=self._channel,
            notice=notice.id,
            kind=notice.kind,
            attempt=notice.attempts,
            cause=failure.reason,
            retry_ms=wait,
        )
        return None

    def _tell(self, event: str, notice: Waiting) -> None:
        log.info(
            event,
            channel=self._channel,
            notice=notice.id,
            kind=notice.kind,
            attempt=notice.attempts,
        )

    async def _release(self, notices: Sequence[Waiting]) -> None:
        await self._database.write(store.release, list(notices), self._clock())

    async def _tidy(self, now: int) -> None:
        if now < self._tidy_at:
            return
        await self._database.write(store.tidy, now - ERASE_DEAD_AFTER_MS, now - FORGET_AFTER_MS)
        self._tidy_at = now + HOUR_MS


def _bury(txn: Transaction, notice: Waiting, now: int, failure: SendFailed) -> None:
    store.settle_dead(txn, notice.id, now, failure.reason)
    if isinstance(failure, Gone):
        txn.emit(AddressGone(notice.channel, notice.address))
