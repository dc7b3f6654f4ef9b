"""The hub: which sockets an account has in this process, and handing events to them."""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol

from chat.realtime.broker import Broker, Publication
from chat.realtime.frames import TEXT, write_frame
from chat.scope import Actor
from protocol.closes import CLOSES, CloseCode


class Connected(Protocol):
    """A socket, as the hub sees it."""

    id: int
    actor: Actor | None
    opened_at: int

    @property
    def waiting(self) -> int:
        """Count the bytes that wait to be read."""
        ...

    def push(self, data: bytes, ephemeral: bool, position: int = 0) -> None:
        """Take a framed event, with its position if it stands in the log; never blocks."""
        ...

    def become(self, actor: Actor) -> None:
        """Act with these rights from now on."""
        ...

    def close(self, close: CloseCode) -> None:
        """Say why, and close."""
        ...


class Observer(Protocol):
    """Whoever hears of accounts that come and go."""

    def came(self, account: int) -> None:
        """Hear that an account has its first socket here."""
        ...

    def went(self, account: int) -> None:
        """Hear that an account has lost its last socket here."""
        ...

    def closed(self, socket: int) -> None:
        """Hear that a socket takes nothing any more."""
        ...


class Hub:
    """Sockets by account. Everything here is synchronous: fan-out never awaits."""

    def __init__(self, broker: Broker, sockets_per_account: int) -> None:
        self._broker = broker
        self._at_most = sockets_per_account
        self._sockets: dict[int, list[Connected]] = {}
        self._count = 0
        self._observer: Observer | None = None
        self.left: Callable[[int], None] | None = None
        """Called with an account that has no socket here any more."""
        self.moved: Callable[[int], None] | None = None
        """Called with an account that has one socket more here, or one less."""

    def observe(self, observer: Observer) -> None:
        """Tell of accounts that come and go."""
        self._observer = observer

    def __len__(self) -> int:
        """Count the authenticated sockets."""
        return self._count

    def add(self, account: int, connection: Connected) -> None:
        """Hand an account's events to a socket from now on.

        One more than an account may have closes the oldest as `replaced`.
        """
        sockets = self._sockets.setdefault(account, [])
        first = not sockets
        sockets.append(connection)
        self._count += 1
        if first:
            self._broker.follow(account)
            if self._observer is not None:
                self._observer.came(account)
        if len(sockets) > self._at_most:
            sockets[0].close(CLOSES["replaced"])
        if self.moved is not None:
            self.moved(account)

    def remove(self, account: int, connection: Connected) -> None:
        """Hand it nothing any more."""
        sockets = self._sockets.get(account)
        if sockets is None or connection not in sockets:
            return
        self._count -= 1
        # Another list: one that is being delivered to may be left by whoever is too slow for it.
        left = [other for other in sockets if other is not connection]
        if left:
            self._sockets[account] = left
        else:
            del self._sockets[account]
            self._broker.unfollow(account)
            if self.left is not None:
                self.left(account)
        if self._observer is not None:
            self._observer.closed(connection.id)
            if not left:
                self._observer.went(account)
        if self.moved is not None:
            self.moved(account)

    def deliver(self, publication: Publication) -> None:
        """Write an event to every socket of its accounts: framed once, the same bytes for all."""
        data = write_frame(TEXT, publication.frame)
        for account in publication.accounts:
            for connection in self._sockets.get(account, ()):
                if connection.id != publication.except_connection:
                    connection.push(data, publication.ephemeral, publication.position)

    def tell(self, account: int, socket: int, frame: bytes) -> None:
        """Write an event to one socket only, if it is still there."""
        for connection in self._sockets.get(account, ()):
            if connection.id == socket:
                connection.push(write_frame(TEXT, frame), ephemeral=False)

    def has(self, account: int, socket: int) -> bool:
        """Tell whether a socket of an account still takes events."""
        return any(connection.id == socket for connection in self._sockets.get(account, ()))

    def accounts(self) -> list[int]:
        """List the accounts that have a socket in this process."""
        return list(self._sockets)

    def connected(self, account: int) -> bool:
        """Tell whether an account has a socket in this process."""
        return account in self._sockets

    def sockets(self, account: int) -> tuple[Connected, ...]:
        """Give the sockets of an account, the oldest first."""
        return tuple(self._sockets.get(account, ()))

    def change_rights(
        self, account: int, *, active: bool, born: datetime.date, municipality: int
    ) -> None:
        """Have every socket of an account act with other rights from now on (G6)."""
        for connection in self._sockets.get(account, ()):
            if connection.actor is not None:
                connection.become(
                    replace(connection.actor, active=active, born=born, municipality=municipality)
                )

    def sessions(self, account: int) -> set[int]:
        """Give the sessions of an account that have sockets here."""
        actors = (connection.actor for connection in self._sockets.get(account, ()))
        return {actor.session for actor in actors if actor is not None}

    def end_sessions(
        self, account: int, session: int | None = None, except_session: int | None = None
    ) -> None:
        """Close the sockets of one session, or of all but one, or of all (G6)."""
        for connection in tuple(self._sockets.get(account, ())):
            own = connection.actor.session if connection.actor else None
            if session in {None, own} and own != except_session:
                connection.close(CLOSES["logged_out"])

    def everyone(self) -> Iterable[Connected]:
        """Give every socket, as a copy."""
        return [connection for group in self._sockets.values() for connection in group]
