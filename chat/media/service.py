"""Use cases of pictures: upload, fetch, claim, release, and the sweep of what nobody claimed.

Whatever shows a picture claims it, in its own transaction; who may see that may fetch the picture.
The feature that claims registers a gate for its kind in `chat.app`.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

from chat.media import store
from chat.media.limited import LimitedReencoder
from chat.media.model import UNCLAIMED_MS, Reencoded, check_header
from chat.scope import Scope
from chat.settings import Limits
from chat.storage.database import Database, Reader, Row, Transaction
from chat.storage.ids import new_id
from protocol.errors import Refused
from protocol.ids import encode_id
from protocol.operations import Access
from protocol.resources import Picture

Gate = Callable[[Reader, Scope, int], bool]
"""Tells whether the one who acts may see what claims a picture, given that one's id."""

UPLOADS_AT_ONCE = 32
UPLOADS_AT_ONCE_PER_ACCOUNT = 2
RECEIVE_SECONDS = 60.0
SWEPT_AT_ONCE = 10


class File(NamedTuple):
    """One of a picture's two files, and its strong entity tag; what a tag names never changes."""

    body: bytes
    etag: str


class Media:
    """Pictures of one server process."""

    def __init__(self, db: Database, limits: Limits, reencoder: LimitedReencoder) -> None:
        self._db = db
        self._limits = limits
        self._reencoder = reencoder
        self._gates: dict[str, Gate] = {}
        self._uploading: Counter[int] = Counter()

    def allow(self, kind: str, gate: Gate) -> None:
        """Let those through `gate` fetch what claims of this kind show."""
        self._gates[kind] = gate

    async def upload(self, scope: Scope, body: AsyncIterable[bytes]) -> Picture:
        """Re-encode a picture and store it, unclaimed; the same upload again gives the same one.

        Raises `Refused`: `not_active`, `too_large`, `bad_picture`, `rate_limited` with too many
        unclaimed or at once, `unavailable` if too many are at work or storage cannot take it.
        """
        scope.require(Access.ACTIVE)
        account, pixels = scope.me.account, self._limits.picture_pixels
        with self._admitted(account):
            original, digest = await self._receive(body)
            check_header(original, pixels)
            known = await self._db.write(self._known, account, digest, scope.now)
            if known is not None:
                return _picture(known)
            made = await self._reencoder.reencode(original, pixels)
        return await self._db.write(_add, account, digest, made, scope.now)

    async def fetch(self, scope: Scope, picture: int, *, thumb: bool = False) -> File:
        """Give a picture's file to its uploader, and to whoever may see what it is claimed by.

        Raises `Refused("not_found")` for everyone else (G6).
        """
        body = await self._db.read(self._see, scope, picture, thumb)
        return File(body, f'"{encode_id(picture)}{"-thumb" if thumb else ""}"')

    async def sweep(self, now: int) -> int:
        """Erase what has been unclaimed for 24 hours, a few at a time; tells how many."""
        swept = 0
        while erased := await self._db.write(_erase_lapsed, now - UNCLAIMED_MS):
            swept += erased
        return swept

    @contextmanager
    def _admitted(self, account: int) -> Iterator[None]:
        """Bound what is held in memory for uploads at once, and what one account has of it."""
        if self._uploading[account] >= UPLOADS_AT_ONCE_PER_ACCOUNT:
            raise Refused("rate_limited", retry_after_ms=1_000)
        if self._uploading.total() >= UPLOADS_AT_ONCE:
            raise Refused("unavailable", retry_after_ms=5_000)
        self._uploading[account] += 1
        try:
            yield
        finally:
            self._uploading[account] -= 1
            if not self._uploading[account]:
                del self._uploading[account]

    async def _receive(self, body: AsyncIterable[bytes]) -> tuple[bytes, bytes]:
        """Read an upload and its digest, no more than the limit, within a minute."""
        received = bytearray()
        digest = hashlib.sha256()
        try:
            async with asyncio.timeout(RECEIVE_SECONDS):
                async for chunk in body:
                    received += chunk
                    if len(received) > self._limits.picture_bytes:
                        raise Refused("too_large")
                    digest.update(chunk)
        except TimeoutError:
            raise Refused("unavailable", retry_after_ms=5_000) from None
        return bytes(received), digest.digest()

    def _known(self, txn: Transaction, account: int, digest: bytes, now: int) -> Row | None:
        """Give the picture of an earlier upload, or check that there may be one more."""
        known = store.again(txn, account, digest, now)
        if known is None:
            since = store.oldest_unclaimed(txn, account, self._limits.unclaimed_pictures - 1)
            if since is not None:
                wait = max(1_000, since + UNCLAIMED_MS - now)
                raise Refused("rate_limited", retry_after_ms=wait)
        return known

    def _see(self, reader: Reader, scope: Scope, picture: int, thumb: bool) -> bytes:
        owner = store.owner(reader, picture)
        if owner is None or not (owner == scope.me.account or self._shown(reader, scope, picture)):
            raise Refused("not_found")
        return store.file(reader, picture, thumb)

    def _shown(self, reader: Reader, scope: Scope, picture: int) -> bool:
        """Ask the gates of what shows the picture; a kind without a gate lets nobody in.

        A gate that refuses whoever acts tells them no more than one that says no.
        """
        for claim in store.claims(reader, picture):
            gate = self._gates.get(claim["kind"])
            with suppress(Refused):
                if gate is not None and gate(reader, scope, claim["of_id"]):
                    return True
        return False


def owned(reader: Reader, picture: int, account: int) -> bool:
    """Tell whether an account has uploaded a picture that is still there."""
    return store.owner(reader, picture) == account


def pictures(reader: Reader, ids: Sequence[int]) -> dict[str, Picture]:
    """Give pictures by their public ids; those that are gone are left out."""
    return {encode_id(row["id"]): _picture(row) for row in store.sizes(reader, ids)}


def descriptions(reader: Reader, *, kind: str, of: Sequence[int]) -> dict[int, str]:
    """Give what is said of the pictures that things of a kind show, by those; only what is said."""
    return store.descriptions(reader, kind, of)


def claim(
    txn: Transaction, picture: int, account: int, *, kind: str, of: int, description: str = ""
) -> None:
    """Let something show a picture: `kind="bubble", of=bubble_id`. Claiming twice changes nothing.

    `description` says what it shows there. Raises `Refused("invalid_field", field="picture")`
    unless the account has uploaded it.
    """
    if not owned(txn, picture, account):
        raise Refused("invalid_field", field="picture")
    store.claim(txn, picture, kind, of, description)


def release(txn: Transaction, picture: int, *, kind: str, of: int) -> None:
    """Stop showing a picture; it is erased at once when nothing else shows it (G7)."""
    store.unclaim(txn, picture, kind, of)
    if not store.claims(txn, picture):
        store.erase(txn, picture)


def _add(txn: Transaction, account: int, digest: bytes, made: Reencoded, now: int) -> Picture:
    picture = new_id(now)
    if store.add(txn, picture, account, digest, made, now):
        return Picture(encode_id(picture), made.width, made.height)
    earlier = store.again(txn, account, digest, now)
    if earlier is None:
        raise Refused("unavailable", retry_after_ms=1_000)
    return _picture(earlier)


def _picture(row: Row) -> Picture:
    return Picture(encode_id(row["id"]), row["width"], row["height"])


def _erase_lapsed(txn: Transaction, before: int) -> int:
    lapsed = store.lapsed(txn, before, SWEPT_AT_ONCE)
    for picture in lapsed:
        store.erase(txn, picture)
    return len(lapsed)
