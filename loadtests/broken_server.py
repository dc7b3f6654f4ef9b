"""The server, broken on purpose: it dies at a named point, lies about time, or has a bug planted.

    SAMTALE_BREAK=after_commit python -m loadtests.broken_server serve

This is the one stranger that lives inside: chaos needs to know that its checker would have seen.
Named points kill the process on one passing in some hundreds. Bugs are what an engineer could
really write; each breaks one promise.
"""

import asyncio
import itertools
import os
import random
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from msgspec import structs

from chat import app, cli, serve
from chat.conversations import catching_up, changing, entries, marks, sending, service, store
from chat.conversations.events import ConversationEvents
from chat.realtime.broker import MemoryBroker, Publication
from chat.realtime.hub import Hub
from chat.realtime.socket import Socket
from chat.storage import sqlite, writer
from loadtests.planting import Function, after, before, replace
from protocol.errors import Refused

BROKEN_BY = "BROKEN_BY"
ONE_IN = 300
HOUR_MS = 3_600_000
SETTLED = 60
"""Transactions after which the town has moved in."""

dice = random.SystemRandom()


def die_sometimes(one_in: int = ONE_IN) -> None:
    """Die here and now, on one passing of many."""
    if dice.randrange(one_in) == 0:
        os.kill(os.getpid(), signal.SIGKILL)


# --- named points ---------------------------------------------------------------------------------


def before_commit() -> None:
    """Die with the transaction applied and not committed."""
    after(writer, "apply_pieces", die_sometimes)


def after_commit() -> None:
    """Die with the transaction committed and nobody told."""
    after(sqlite, "_transact", lambda: die_sometimes(3 * ONE_IN))


def before_publish() -> None:
    """Die before the event is published."""
    before(ConversationEvents, "message", die_sometimes)


def before_ack() -> None:
    """Die with the event published and the ack not sent."""
    before(Socket, "_answer", die_sometimes)


def after_ack() -> None:
    """Die with the ack sent."""
    after(Socket, "_answer", die_sometimes)


def before_marks_are_told() -> None:
    """Die when a mark has moved, and nobody was told."""
    before(ConversationEvents, "marks_moved", lambda: die_sometimes(1))


def clock_jump() -> None:
    """Jump an hour forth, and back, on each SIGUSR1."""
    ahead = [False]
    signal.signal(signal.SIGUSR1, lambda *_: ahead.__setitem__(0, not ahead[0]))

    def make(running: Function) -> Function:
        return lambda settings: running(settings, lambda: app.wall_clock() + HOUR_MS * ahead[0])

    replace(serve, "running", make)


# --- planted bugs ---------------------------------------------------------------------------------


def ack_before_commit() -> None:
    """Answer when the transaction is applied, and commit only now and then."""
    calls = itertools.count()
    lived_before: list[bool] = []

    def make(real: Function) -> Function:
        def broken(connection: Any, begin: str, work: Any, queue: Any) -> Any:
            if not lived_before:
                tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
                lived_before.append(bool(tables))
            moving_in = not lived_before[0] and next(calls) < SETTLED
            if begin == "BEGIN" or moving_in or not dice.randrange(5):
                if connection.in_transaction:
                    connection.execute("COMMIT")
                return real(connection, begin, work, queue)
            if not connection.in_transaction:
                connection.execute(begin)
            return work(connection)

        return broken

    replace(sqlite, "_transact", make)


def on_open(act: Callable[[Any], None]) -> None:
    """Have something done to every connection to the database."""

    def make(real: Function) -> Function:
        def broken(*args: Any, **named: Any) -> Any:
            connection = real(*args, **named)
            act(connection)
            return connection

        return broken

    replace(sqlite, "_open", make)


def unsynced_commit() -> None:
    """Trust the operating system to write it some day."""
    on_open(lambda connection: connection.execute("PRAGMA synchronous = OFF"))


def resends_are_new() -> None:
    """Forget the constraint that names a message once."""
    on_open(lambda connection: connection.execute("DROP INDEX IF EXISTS entries_by_client_id"))
    replace(sending, "_known", lambda real: lambda txn, items: {})
    after(Socket, "_answer", die_sometimes)


def publish_is_forgotten() -> None:
    """Lose one publication in fifty."""

    def make(real: Function) -> Function:
        return lambda *args: real(*args) if dice.randrange(50) else None

    replace(MemoryBroker, "publish", make)


def resume_skips_the_first() -> None:
    """Start one entry too late."""
    replace(catching_up, "positions_after", lambda real: lambda *args: real(*args)[:-1])


def resume_forgets_a_conversation() -> None:
    """Find no conversation that has changed."""
    replace(store, "changed_since", lambda real: lambda *args: [])


def numbers_have_holes() -> None:
    """Take a number now and then, and use it for nothing."""

    def make(real: Function) -> Function:
        def broken(*args: Any) -> Any:
            heads = real(*args)
            for head in heads.values():
                head.seq += dice.randrange(10) == 0
            return heads

        return broken

    replace(sending, "_heads", make)


def ack_tells_another_number() -> None:
    """Answer with the number after."""

    def make(real: Function) -> Function:
        def broken(*args: Any) -> Any:
            ack = real(*args)
            return structs.replace(ack, seq=ack.seq + (dice.randrange(20) == 0))

        return broken

    replace(service, "_ack", make)


def event_tells_another_number() -> None:
    """Publish with the number before."""

    def make(real: Function) -> Function:
        def broken(self: Any, item: Any, connection: int, stored: Any) -> None:
            wrong = structs.replace(stored, seq=stored.seq - 1)
            real(self, item, connection, stored if dice.randrange(20) else wrong)

        return broken

    replace(ConversationEvents, "message", make)


def everyone_hears() -> None:
    """Deliver to all sockets there are, now and then."""

    def make(real: Function) -> Function:
        def broken(self: Any, publication: Publication) -> None:
            if dice.randrange(20) == 0:
                publication = Publication(tuple(self._sockets), publication.frame)
            real(self, publication)

        return broken

    replace(Hub, "deliver", make)


def spoil_messages(spoil: Callable[[Function, Hub, Publication], object]) -> None:
    """Have something else done with one message in ten than to deliver it."""

    def make(real: Function) -> Function:
        def broken(self: Hub, publication: Publication) -> None:
            if dice.randrange(10) == 0 and b'"message.created"' in publication.frame:
                spoil(real, self, publication)
            else:
                real(self, publication)

        return broken

    replace(Hub, "deliver", make)


def messages_are_lost() -> None:
    """Store it, answer, and tell nobody."""
    spoil_messages(lambda *_: None)


def messages_come_twice() -> None:
    """Deliver it, and again."""
    spoil_messages(lambda deliver, *what: (deliver(*what), deliver(*what)))


def messages_overtake() -> None:
    """Deliver it after those that come within half a second."""
    loop = asyncio.get_running_loop
    spoil_messages(lambda deliver, *what: loop().call_later(0.5, deliver, *what))


def history_skips_one() -> None:
    """Leave an entry out of a page."""

    def make(real: Function) -> Function:
        def broken(*args: Any, **kwargs: Any) -> Any:
            found, more = real(*args, **kwargs)
            return found[:3] + found[4:], more

        return broken

    replace(entries, "history", make)


def refused_is_acked() -> None:
    """Say that it is stored though the storage undid it, now and then."""

    def make(real: Function) -> Function:
        async def broken(self: Any) -> int:
            kept = self._engine
            if dice.randrange(30) == 0 and all(piece.apply for piece in self._waiting):
                self._engine = _Undoing(kept)
            taken: int = await real(self)
            self._engine = kept
            return taken

        return broken

    replace(writer.GroupCommitWriter, "_commit", make)


def changes_are_not_told() -> None:
    """Publish only some of the changes of messages."""

    def make(real: Function) -> Function:
        def broken(self: Any, fact: Any) -> None:
            if dice.randrange(5):
                real(self, fact)

        return broken

    replace(ConversationEvents, "_message_changed", make)


def asked_again_is_done_again() -> None:
    """Take a reaction that is there for a new one, and die now and then before the answer."""

    def make(real: Function) -> Function:
        def broken(kind: Any, *, on: bool) -> Function:
            change = real(kind, on=on)
            return lambda message, by: change(message, by) or message

        return broken

    replace(changing, "react", make)
    before(Socket, "_answer", die_sometimes)


def edits_are_acked_and_forgotten() -> None:
    """Write the entry of a change, and not the message."""
    replace(entries, "save_message", lambda real: lambda *args: None)


def marks_stand_still() -> None:
    """Answer that a mark has moved."""
    replace(marks, "_keep_or_show", lambda real: lambda *args, **kwargs: None)


class _Undoing:
    """An engine that undoes what it was given, and says nothing."""

    def __init__(self, real: Any) -> None:
        self._real = real

    async def transact(self, work: Callable[[Any], None]) -> None:
        """Run `work`, and undo it."""

        def undone(txn: Any) -> None:
            work(txn)
            raise Refused("unavailable")

        with suppress(Refused):
            await self._real.transact(undone)


POINTS = {
    one.__name__: one
    for one in (
        before_commit,
        after_commit,
        before_publish,
        before_ack,
        after_ack,
        before_marks_are_told,
        clock_jump,
    )
}
BUGS = {
    one.__name__: one
    for one in (
        ack_before_commit,
        unsynced_commit,
        resends_are_new,
        publish_is_forgotten,
        resume_skips_the_first,
        resume_forgets_a_conversation,
        numbers_have_holes,
        ack_tells_another_number,
        event_tells_another_number,
        everyone_hears,
        messages_are_lost,
        messages_come_twice,
        messages_overtake,
        history_skips_one,
        refused_is_acked,
        changes_are_not_told,
        asked_again_is_done_again,
        edits_are_acked_and_forgotten,
        marks_stand_still,
    )
}


def main() -> int:
    """Break what SAMTALE_BREAK names, then serve."""
    name = os.environ.pop("SAMTALE_BREAK", "") or os.environ[BROKEN_BY]
    os.environ[BROKEN_BY] = name  # for one's workers
    (POINTS | BUGS)[name]()
    return cli.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
