"""Credentials for the relay: short-lived, made from a secret shared with it. Pure.

As in coturn's `use-auth-secret` (draft-uberti-behave-turn-rest-00): the user name says until when
it is good, the password proves that we made it. Both say nothing of who the person is.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass

from chat.calls.scrub import Way
from protocol.calls import Ice, IceServer
from protocol.errors import Refused


@dataclass(frozen=True, slots=True)
class Relay:
    """The TURN server, if there is one; `demo` may do without.

    `urls` as browsers take them (RFC 7065); `good_for` milliseconds.
    """

    urls: tuple[str, ...]
    secret: str
    good_for: int
    demo: bool = False

    @property
    def available(self) -> bool:
        """Whether calls can be made at all."""
        return bool(self.urls and self.secret) or self.demo

    def require(self) -> None:
        """Check that calls can be made at all. Raises `Refused("calls_unavailable")`."""
        if not self.available:
            raise Refused("calls_unavailable")

    def way(self, *, direct: bool) -> Way:
        """Tell which candidates may pass in a call. Raises `Refused("calls_unavailable")`."""
        self.require()
        if not (self.urls and self.secret):
            return Way.LOOPBACK
        return Way.DIRECT if direct else Way.RELAY

    def ice(self, user: str, now: int, *, direct: bool) -> Ice:
        """Tell a device how media may travel, with fresh credentials."""
        expires_at = now + self.good_for
        if self.way(direct=direct) is Way.LOOPBACK:
            return Ice("loopback", [], expires_at)
        username = f"{expires_at // 1_000}:{user}"
        digest = hmac.new(self.secret.encode(), username.encode(), hashlib.sha1).digest()
        password = base64.b64encode(digest).decode()
        return Ice(
            "direct" if direct else "relay",
            [IceServer(list(self.urls), username, password)],
            expires_at,
        )
