"""Everyone who is to be connected: accounts with a session each, and pairs who talk."""

from collections.abc import Sequence
from pathlib import Path

from loadtests.progress import Bar
from loadtests.seed import Town, new_database

PairTokens = tuple[str, str, str]
"""Of a pair: who writes, who reads, and their conversation."""


def build(data: Path, crowds: Sequence[tuple[str, int]], pairs: int) -> list[PairTokens]:
    """Make the store: so many people of each group, and the pairs, who have said one thing each.

    The token of a person of a group is known from the number, so only the pairs' are given.
    """
    with Town(new_database(data)) as town:
        authors, repliers = town.people("author", pairs), town.people("replier", pairs)
        talks = town.talks(list(zip(authors, repliers, strict=True)))
        town.write(talks, 1, title="pairs")
        with Bar("people", sum(count for _, count in crowds)) as bar:
            made = 0
            for group, count in crowds:
                town.people(group, count)
                made += count
                bar.show(made)
    return [(one.replier.token, one.author.token, one.public_id) for one in talks]
