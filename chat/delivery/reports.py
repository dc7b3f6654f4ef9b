"""What the SMS gateway says became of a message: GatewayAPI's webhook, signed as a JWT (HS256).

The report is read from the signed token, never from the body beside it. What did not arrive is a
dead letter, which operators see (`samtale admin dead-letters`); its number and words are gone.
"""

import base64
import binascii
import hashlib
import hmac
import re

import msgspec
from msgspec import Struct

from chat.delivery import store
from chat.scope import Clock
from chat.storage.database import Database
from protocol.errors import Refused

FAILED = frozenset({"EXPIRED", "DELETED", "UNDELIVERABLE", "REJECTED", "SKIPPED"})
"""Ends of a message that did not arrive; anything else has arrived or is on its way."""

LONGEST = 8_192
_OURS = re.compile(r"notice-([0-9a-f]{16})")


class _Head(Struct):
    alg: str


class _Report(Struct):
    status: str
    userref: str = ""


class SMSReports:
    """Takes reports. `secret`: the one that the webhook was set up with at the gateway."""

    def __init__(self, database: Database, secret: str, clock: Clock) -> None:
        self._database = database
        self._secret = secret.encode()
        self._clock = clock

    async def take(self, token: str) -> None:
        """Note what became of an SMS; a report that comes twice changes nothing.

        Raises `Refused`: `not_authenticated` for what the gateway has not signed.
        """
        report = self._signed(token)
        ours = _OURS.fullmatch(report.userref)
        if ours is not None and report.status in FAILED:
            failure = f"report_{report.status.lower()}"
            notice = int(ours[1], 16)
            await self._database.write(store.set_failed, notice, self._clock(), failure)

    def _signed(self, token: str) -> _Report:
        signed, _, signature = token[:LONGEST].rpartition(".")
        mine = hmac.digest(self._secret, signed.encode(), hashlib.sha256)
        try:
            head, body = (_decode(part) for part in signed.split("."))
            genuine = hmac.compare_digest(mine, _decode(signature))
            if genuine and msgspec.json.decode(head, type=_Head).alg == "HS256":
                return msgspec.json.decode(body, type=_Report)
        except (ValueError, binascii.Error, msgspec.MsgspecError):
            pass  # not what the gateway sends: refused below
        raise Refused("not_authenticated")


def _decode(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
