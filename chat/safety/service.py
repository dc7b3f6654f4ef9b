"""Use cases of blocks (domain rule 5), and what the rules of other features ask of them.

A block acts both ways, but only whoever made it knows: nothing here answers the blocked one, and
all that follows from it looks as when the other had left.
"""

from collections.abc import Callable

from chat.accounts.service import aliases, next_account_seq
from chat.realtime.broker import Broker, Publication
from chat.safety import store
from chat.safety.model import BlocksChanged
from chat.scope import Scope
from chat.storage.changes import Change, add_change, changed_since
from chat.storage.database import Database, Reader, Row, Transaction
from chat.storage.facts import Facts
from chat.storage.horizon import WriteCursor
from chat.storage.ids import new_id
from protocol import requests as ask
from protocol import resources as res
from protocol.codec import encode_event
from protocol.errors import Refused
from protocol.ids import decode_id, encode_id
from protocol.messages import EventFrame

CHANGE = "blocks"
"""The kind of a block's rows in the change log."""

NEWEST = (1 << 63) - 1
"""Above every id."""

Whom = Callable[[Reader, Scope, int], int]
"""Gives the account that is meant by naming something of theirs.

Raises `Refused("not_found")` for what is unknown and what is forbidden alike (G6).
"""


class Blocks:
    """Block, list and lift. `app` says by `find_by` whom a conversation and a bubble mean."""

    def __init__(
        self, database: Database, broker: Broker, facts: Facts, write_cursor: WriteCursor
    ) -> None:
        self._database = database
        self._broker = broker
        self._write_cursor = write_cursor
        self._whom: dict[str, Whom] = {}
        facts.after_commit(
            BlocksChanged,
            lambda fact: self._publish(fact.account, fact.position, fact.account_seq),
        )

    def find_by(self, kind: str, whom: Whom) -> None:
        """Let people be blocked by naming a conversation, or a bubble."""
        self._whom[kind] = whom

    async def create(self, scope: Scope, request: ask.CreateBlock) -> res.Block:
        """Block someone; who is blocked already stays so, and the answer is the same.

        Raises `Refused`: `not_found`, `invalid_field` for none or two, or for oneself.
        """
        kind, named = _named(request)
        return await self._database.write(self._create, scope, kind, decode_id(named))

    async def list(self, scope: Scope, request: ask.ListBlocks) -> res.BlockPage:
        """Tell whom one has blocked, newest first. Raises `invalid_field` for `before`."""
        try:
            before = NEWEST if request.before is None else decode_id(request.before)
        except ValueError:
            raise Refused("invalid_field", field="before") from None

        def read(reader: Reader) -> res.BlockPage:
            before_id = max(0, min(before, NEWEST))
            rows = store.of_account(reader, scope.me.account, before_id, request.limit + 1)
            page = rows[: request.limit]
            more = len(rows) > request.limit
            return res.BlockPage(_shown(reader, page), encode_id(page[-1]["id"]) if more else None)

        return await self._database.read(read)

    async def lift(self, scope: Scope, request: ask.LiftBlock) -> res.Empty:
        """Lift one's block; the other's, if there is one, stands. Raises `not_found`."""

        def unit(txn: Transaction) -> None:
            other = store.remove(txn, scope.me.account, decode_id(request.block))
            if other is None:
                raise Refused("not_found")
            _announce(txn, scope, other)

        await self._database.write(unit)
        return res.Empty()

    def _create(self, txn: Transaction, scope: Scope, kind: str, named: int) -> res.Block:
        me, other = scope.me.account, self._whom[kind](txn, scope, named)
        if other == me:
            raise Refused("invalid_field", field=kind)
        if store.add(txn, new_id(scope.now), me, other, scope.now):
            _announce(txn, scope, other)
        row = store.find(txn, me, other)
        assert row is not None, "added just now, or before"
        return _shown(txn, [row])[0]

    async def follow(self, change: Change) -> None:
        """Tell one's devices of a change that another process has committed (the log's tail)."""
        self._publish(change.account, change.position, change.account_seq)

    def _publish(self, account: int, position: int, account_seq: int | None) -> None:
        frame = EventFrame(
            event="blocks.changed",
            account_seq=account_seq,
            cursor=self._write_cursor(position),
            data=res.Empty(),
        )
        self._broker.publish(Publication((account,), encode_event(frame)))


def _named(request: ask.CreateBlock) -> tuple[str, str]:
    if request.conversation is not None and request.bubble is not None:
        raise Refused("invalid_field", field="bubble")
    if request.conversation is not None:
        return "conversation", request.conversation
    if request.bubble is not None:
        return "bubble", request.bubble
    raise Refused("invalid_field", field="conversation")


def _announce(txn: Transaction, scope: Scope, other: int) -> None:
    me = scope.me.account
    account_seq = next_account_seq(txn, me)
    position = add_change(txn, CHANGE, me, scope.now, account_seq)
    txn.emit(BlocksChanged(me, other, position, account_seq))


def _shown(reader: Reader, rows: list[Row]) -> list[res.Block]:
    names = aliases(reader, [row["blocked_id"] for row in rows])
    return [res.Block(encode_id(row["id"]), names[row["blocked_id"]], row["at"]) for row in rows]


# --- what the rules of other features ask ---------------------------------------------------------


def has_blocked(reader: Reader, account: int, other: int) -> bool:
    """Tell whether an account has blocked another."""
    return store.find(reader, account, other) is not None


def blocked_by(one: str, other: str) -> str:
    """Give "the account in the column `one` has blocked the one in `other`", in SQL."""
    return store.BLOCKED_BY.format(one=one, other=other)


def part(txn: Transaction, account: int, left: int, now: int) -> None:
    """Hide what an account posts from someone whom it has left, as a block would (domain rule 5).

    Of the two only the block hides the other as well: whoever was left can tell nothing by it.
    """
    store.part(txn, account, left, now)


def rejoin(txn: Transaction, account: int, left: int) -> None:
    """Show it again to someone whom one has left and now writes to anew."""
    store.rejoin(txn, account, left)


def hidden_from(reader: Reader, account: int) -> frozenset[int]:
    """Give everyone whose bubbles are hidden from an account, by a block or a parting."""
    return store.hidden_from(reader, account)


def not_hidden_from(account: int, column: str) -> tuple[str, tuple[int, int, int]]:
    """Give "is not `hidden_from` an account" of the one in a column, in SQL, with parameters."""
    return store.NOT_HIDDEN.format(column=column), (account, account, account)


def blocks_changed(reader: Reader, scope: Scope, position: int) -> bool:
    """Tell whether one's blocks have changed after a position of the log."""
    return changed_since(reader, CHANGE, scope.me.account, position)
