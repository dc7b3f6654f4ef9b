"""Passwords: hashed off the event loop, a bounded number at a time, and checked when chosen."""

import asyncio
import base64
import secrets
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from chat.accounts import model
from protocol.errors import Refused

T = TypeVar("T")

HASH_MS = 50
"""What one hash takes, about: how long to wait when many wait already."""


def argon2id() -> PasswordHasher:
    """Give the hasher of the design's section 7 (OWASP's first choice)."""
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, type=Type.ID)


def common_passwords() -> frozenset[str]:
    """Read the lower-case passwords and words that are too common."""
    text = (files("chat.accounts") / "common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


class Passwords:
    """Hashes and verifies on one thread of its own; at most `queue` wait at a time."""

    def __init__(self, queue: int = 40, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or argon2id()
        self._nobody = _unmatched(self._hasher)
        self._common = common_passwords()
        self._queue = queue
        self._waiting = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="password")

    def close(self) -> None:
        """Stop the thread; what waits is cancelled."""
        self._thread.shutdown(cancel_futures=True)

    def check(self, password: str, *personal: str) -> str:
        """Give a new password as it is to be hashed. Raises `Refused("weak_password")`."""
        return model.check_password(password, common=self._common, personal=personal)

    def check_room(self) -> None:
        """Raise `Refused("rate_limited")` when as many wait as may."""
        if self._waiting >= self._queue:
            raise Refused("rate_limited", retry_after_ms=self._waiting * HASH_MS)

    async def hash(self, password: str) -> str:
        """Hash a checked password. Raises `Refused("rate_limited")`."""
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Tell whether a password fits. Raises `Refused("rate_limited")`.

        Without a hash it takes as long and is never right: for addresses without an account.
        """
        normal = model.normalise_password(password)
        known = password_hash or self._nobody
        return await self._run(lambda: self._fits(known, normal))

    def outdated(self, password_hash: str) -> bool:
        """Tell whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(password_hash)

    def _fits(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        self.check_room()
        self._waiting += 1
        future = self._thread.submit(work)
        loop = asyncio.get_running_loop()
        # Counted down when the thread is done, not when whoever waits has gone away.
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(self._done))
        return await asyncio.wrap_future(future)

    def _done(self) -> None:
        self._waiting -= 1


def personal_names(alias: str, email: str) -> Iterable[str]:
    """Give what must not stand in a password: its owner's alias and address."""
    local = email.partition("@")[0]
    return (alias, alias.replace(" ", ""), email, local, *local.split("."))


def _unmatched(hasher: PasswordHasher) -> str:
    def unpadded(size: int) -> str:
        return base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=")

    return (
        f"$argon2id$v=19$m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
        f"${unpadded(hasher.salt_len)}${unpadded(hasher.hash_len)}"
    )
