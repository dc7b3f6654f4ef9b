"""The people file: all that a load test needs to be anyone of a seeded town.

A token is made from the file's key and the number of a person, so that a million of them fit in a
few lines, which can be sent to every machine that takes part. The key is random: who has the
program and the seed cannot log in.
"""

import base64
import hashlib
import hmac
import secrets
from pathlib import Path
from typing import Self

import msgspec
from msgspec import Struct

CIRCLE = 100
"""People who talk only among themselves: load is cut between circles, never through one."""


CHILDRENS_CIRCLES = 100
"""One circle in so many is of people of 13 and 14, whom nobody over 17 may write with (assumed)."""

VOLUNTEER_EVERY = 20
"""One in so many is a volunteer of SnakSammen too (assumed): Christmas Eve's 200 find enough."""


def is_child(number: int) -> bool:
    """Tell whether somebody is 13 or 14."""
    return number // CIRCLE % CHILDRENS_CIRCLES == CHILDRENS_CIRCLES - 1


def is_volunteer(number: int) -> bool:
    """Tell whether somebody is a volunteer too."""
    return number % VOLUNTEER_EVERY == VOLUNTEER_EVERY - 1 and not is_child(number)


class People(Struct, frozen=True):
    """Who lives in a seeded town: numbers 0 to `accounts` - 1, in circles of `CIRCLE`.

    The last circle takes what is left over. A secret: whoever has it can be any of them.
    """

    accounts: int
    messages: int
    seed: int
    key: str

    @classmethod
    def new(cls, accounts: int, messages: int, seed: int) -> Self:
        """Make the file's content, with a key of its own."""
        return cls(accounts, messages, seed, secrets.token_hex(32))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file. Raises `OSError`, `ValueError`."""
        return msgspec.json.decode(path.read_bytes(), type=cls)

    def save(self, path: Path) -> None:
        """Write the file, for its owner's eyes only."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self)) + b"\n")

    def token(self, number: int) -> str:
        """Give the session token of a person: 256 bits (design section 7)."""
        digest = hmac.digest(bytes.fromhex(self.key), str(number).encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    @property
    def circles(self) -> int:
        """How many circles there are."""
        return max(1, self.accounts // CIRCLE)

    def circle(self, number: int) -> range:
        """Give the numbers of the people in a circle."""
        last = number == self.circles - 1
        return range(number * CIRCLE, self.accounts if last else (number + 1) * CIRCLE)
