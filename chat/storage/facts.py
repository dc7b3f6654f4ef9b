"""Facts: how a feature tells those above it what happened, without knowing them.

A fact is a small frozen type in the feature's `model`, named in the past tense. Hooks are
registered in `chat.app` only.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from chat.storage.database import Fact, Transaction

__all__ = ["Fact", "Facts"]


F = TypeVar("F", bound=Fact)


class Facts:
    """The two kinds of hooks, by the type of the fact."""

    def __init__(self) -> None:
        self._inside: dict[type[Fact], list[Callable[[Any, Transaction], None]]] = defaultdict(list)
        self._after: dict[type[Fact], list[Callable[[Any], None]]] = defaultdict(list)

    def in_transaction(self, kind: type[F], hook: Callable[[F, Transaction], None]) -> None:
        """Run `hook` inside the transaction that emits the fact; what it raises undoes that."""
        self._inside[kind].append(hook)

    def after_commit(self, kind: type[F], hook: Callable[[F], None]) -> None:
        """Run `hook` on the event loop once the fact is in synced storage; it must not block."""
        self._after[kind].append(hook)

    def tell_inside(self, fact: Fact, txn: Transaction) -> None:
        """Run the `in_transaction` hooks of a fact."""
        for hook in self._inside.get(type(fact), ()):
            hook(fact, txn)

    def tell_after(self, fact: Fact) -> None:
        """Run the `after_commit` hooks of a fact."""
        for hook in self._after.get(type(fact), ()):
            hook(fact)
