"""A town out of nothing: accounts, talks and histories straight into a server's SQLite file.

    python -m loadtests.seed --data DIR --people 20000 --talks 10 --messages 5

The file must exist (a server makes it with the newest schema) and nobody may have it open. A
million messages take some twenty seconds. The same calls make the same people, tokens and texts.
"""

import argparse
import base64
import datetime
import hashlib
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from chat.accounts import bulk as accounts
from chat.conversations import bulk as conversations
from chat.conversations.bulk import Line
from chat.snaksammen import bulk as snaksammen
from chat.storage.facts import Facts
from chat.storage.sqlite import SQLiteTransaction
from loadtests.processes import ServerProcess
from loadtests.progress import Bar
from protocol.cursors import write_cursor
from protocol.ids import encode_id

YEAR_MS = 365 * 86_400_000
BALLERUP = 151
BORN = datetime.date(1980, 1, 1)
CHUNK = 50_000

# Whoever has unread messages here was told of them long ago: no mail goes out at the start.
_SETTLED = (
    "INSERT INTO settled (what, up_to) VALUES ('answers', ?)"
    " ON CONFLICT (what) DO UPDATE SET up_to = excluded.up_to"
)
_TEXT = (
    "Hej igen! Jeg så din boble om en gåtur langs åen på søndag, og jeg vil gerne med."
    " Jeg tager kaffe og æblekage med til os begge. Skal vi mødes ved broen klokken ti?"
    " Jeg kommer på cykel. Vi ses, og god dag så længe!"
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account, logged in on some devices: one bearer token each."""

    account: int
    tokens: tuple[str, ...]

    @property
    def token(self) -> str:
        """The token of the first device."""
        return self.tokens[0]


class Talk:
    """A conversation between two, as far as it has got."""

    __slots__ = ("author", "id", "last_seq", "opened", "position", "read_seq", "replier")

    def __init__(self, number: int, author: Person, replier: Person, opened: int) -> None:
        self.id = number
        self.author = author
        self.replier = replier
        self.opened = self.position = opened
        self.last_seq = self.read_seq = 0

    @property
    def public_id(self) -> str:
        """The conversation's id on the wire."""
        return encode_id(self.id)


class Town:
    """One file being filled. Use it in a `with`; everything is in the file at its end."""

    def __init__(self, database: Path, now: int | None = None) -> None:
        self._connection = sqlite3.connect(database, isolation_level=None)
        self._now = time.time_ns() // 1_000_000 if now is None else now
        self._last_id = (self._now - YEAR_MS) << 20
        self._talks: list[Talk] = []
        self._txn = SQLiteTransaction(self._connection, Facts())
        (self._position,) = self._connection.execute("SELECT position FROM log_head").fetchone()
        (self._epoch,) = self._connection.execute("SELECT epoch FROM deployment").fetchone()

    def __enter__(self) -> Self:
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute("PRAGMA cache_size = -400000")
        self._connection.execute("BEGIN IMMEDIATE")
        # An index is written in order once, not at random for each row.
        self._indexes = self._connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
            " AND tbl_name IN ('entries', 'members', 'conversations')"
        ).fetchall()
        for name, _ in self._indexes:
            self._connection.execute(f"DROP INDEX {name}")
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._write_talks()
            self._connection.execute("UPDATE log_head SET position = ?", (self._position,))
            self._connection.execute(_SETTLED, (self._position,))
            for _, sql in self._indexes:
                self._connection.execute(sql)
            self._connection.execute("COMMIT")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()

    @property
    def cursor(self) -> str:
        """Where the log stands: a client that left now comes back with it."""
        return write_cursor(self._epoch, self._position)

    def people(self, group: str, count: int, devices: int = 1) -> list[Person]:
        """Move people in who joined a year ago."""
        people = [
            Person(self._new_id(), tuple(token(f"{group}/{one}/{at}") for at in range(devices)))
            for one in range(count)
        ]
        joined, until = self._now - YEAR_MS, self._now + YEAR_MS
        accounts.move_in(
            self._txn,
            [
                accounts.Newcomer(
                    one.account,
                    f"{group}{at}@seed.example",
                    f"{group} {at}",
                    BORN,
                    BALLERUP,
                    joined,
                )
                for at, one in enumerate(people)
            ],
        )
        accounts.log_in(
            self._txn,
            [
                accounts.Login(self._new_id(), one.account, secret, self._now, until)
                for one in people
                for secret in one.tokens
            ],
        )
        return people

    def volunteers(self, group: str, count: int) -> list[Person]:
        """Move in volunteers of SnakSammen, all admitted."""
        people = self.people(group, count)
        helpers = [
            snaksammen.Helper(self._new_id(), one.account, f"{group} {number}")
            for number, one in enumerate(people)
        ]
        at = self._now - YEAR_MS
        snaksammen.admit(self._txn, self._new_id(), group, BALLERUP, helpers, at)
        return people

    def talks(self, pairs: Sequence[tuple[Person, Person]]) -> list[Talk]:
        """Open a conversation between an author and a replier for each pair."""
        talks = []
        for author, replier in pairs:
            self._position += 1
            talks.append(Talk(self._new_id(), author, replier, self._position))
        self._talks += talks
        return talks

    def write(
        self, talks: Sequence[Talk], each: int, *, read: bool = True, title: str = "messages"
    ) -> None:
        """Have both sides of talks write in turn, one message a talk and round.

        So the messages of one talk lie as far apart in the file as they do in life.
        """
        with Bar(title, each * len(talks)) as bar:
            rows = self._rows(talks, each)
            done = 0
            while chunk := [row for _, row in zip(range(CHUNK), rows, strict=False)]:
                conversations.write_lines(self._txn, chunk)
                done += len(chunk)
                bar.show(done)
        if read:
            for talk in talks:
                talk.read_seq = talk.last_seq

    def _rows(self, talks: Sequence[Talk], each: int) -> Iterator[Line]:
        for _ in range(each):
            for talk in talks:
                self._position += 1
                talk.last_seq += 1
                talk.position = self._position
                seq, at = talk.last_seq, self._at(self._position)
                sender = 1 + seq % 2
                writer = talk.author if sender == 1 else talk.replier
                text = f"{seq:08x} {_TEXT}"[:191]
                yield Line(self._position, talk.id, seq, sender, writer.account, at, text)

    def _write_talks(self) -> None:
        conversations.open_talks(
            self._txn,
            (
                conversations.Talk(
                    talk.id, talk.id, talk.author.account, talk.replier.account,
                    "Gåtur om søndagen", "🚶", talk.last_seq, talk.read_seq, talk.read_seq,
                    talk.opened, talk.position, self._at(talk.opened), self._at(talk.position),
                )
                for talk in self._talks
            ),
        )  # fmt: skip

    def _at(self, position: int) -> int:
        """Date a change: a millisecond a change, all of it some months ago."""
        return self._now - YEAR_MS // 2 + position

    def _new_id(self) -> int:
        self._last_id += 1 << 14
        return self._last_id


def token(name: str) -> str:
    """Make the token of a device from its name."""
    digest = hashlib.sha256(b"seed " + name.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def new_database(data: Path) -> Path:
    """Have a server make an empty database; gives its file."""
    server = ServerProcess(data)
    server.start()
    server.stop()
    return data / "samtale.db"


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill a folder as the options say."""
    parser = argparse.ArgumentParser("loadtests.seed", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the database")
    parser.add_argument("--people", type=int, default=1_000)
    parser.add_argument("--talks", type=int, default=10, help="opened by each")
    parser.add_argument("--messages", type=int, default=20, help="in each talk")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    with Town(new_database(options.data)) as town:
        people = town.people("person", options.people)
        pairs = [
            (people[(one + step) % len(people)], replier)
            for one, replier in enumerate(people)
            for step in range(1, options.talks + 1)
        ]
        talks = town.talks(pairs)
        town.write(talks, options.messages)
    count = len(talks) * options.messages
    print(f"{len(people)} people, {len(talks)} talks, {count} messages"
          f" in {time.monotonic() - started:.1f} s")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
