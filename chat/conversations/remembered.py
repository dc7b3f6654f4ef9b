"""The rights that a process remembers, so that the hot path reads none.

For a message the store compares their version and works them out anew where it is another; so what
is remembered here needs to be right only for what the store is not asked about: typing.
"""

from collections.abc import Callable, Sequence

from chat.conversations import store
from chat.conversations.model import Rights, RightsRaised
from chat.conversations.rights import load_rights
from chat.storage.database import Database, Reader
from chat.storage.facts import Facts

AT_MOST = 50_000


class RememberedRights:
    """Open rights by conversation, until they are raised; closed ones are read every time.

    For a closed conversation may open again at a midnight that `Rights.changes_at` does not know:
    when whoever had lost a parent's consent turns 15.
    """

    def __init__(self, db: Database, facts: Facts) -> None:
        self._db = db
        self._rights: dict[int, Rights] = {}
        self._raised = 0
        self._listeners: list[Callable[[Sequence[int]], None]] = []
        self.get = self._rights.get
        facts.after_commit(RightsRaised, lambda fact: self.forget(fact.conversations))

    def listen(self, listener: Callable[[Sequence[int]], None]) -> None:
        """Tell of conversations whose rights have to be read again."""
        self._listeners.append(listener)

    def put(self, conversation: int, rights: Rights) -> None:
        """Remember rights as they stood in the newest commit."""
        if rights.open:
            self._rights[conversation] = rights
            if len(self._rights) > AT_MOST:
                self._rights.pop(next(iter(self._rights)))

    def drop(self, conversation: int) -> None:
        """Forget rights that have just been seen to be old."""
        self._rights.pop(conversation, None)

    async def read(self, conversation: int, work: Callable[[Reader], Rights]) -> Rights:
        """Read rights, as they stand when the answer comes, and remember them."""
        return (await self.read_all(lambda reader: {conversation: work(reader)}))[conversation]

    async def now(self, conversation: int, now: int) -> Rights:
        """Give the rights of a conversation, which must exist, as they are at this moment."""
        known = self.get(conversation)
        if known is not None and now < known.changes_at:
            return known
        return await self.read(conversation, lambda reader: load_rights(reader, conversation, now))

    async def read_all(self, work: Callable[[Reader], dict[int, Rights]]) -> dict[int, Rights]:
        """Read the rights of several conversations, as `read`."""
        while True:
            raised = self._raised
            found = await self._db.read(work)
            # Had any been raised while we read, what we have could be from before.
            if raised == self._raised:
                for conversation, rights in found.items():
                    self.put(conversation, rights)
                return found

    def forget(self, conversations: Sequence[int]) -> None:
        """Have rights read again, those that are being read now too."""
        self._raised += 1
        for conversation in conversations:
            self.drop(conversation)
        for listener in self._listeners:
            listener(conversations)

    async def forget_of(self, account: int) -> None:
        """Have the rights in all of an account's conversations read again."""
        self.forget(await self._db.read(store.ids_of, account))
