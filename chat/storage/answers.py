"""Answers that come by a call, after a commit; and waiting for one where a task does."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

Reply = TypeVar("Reply")
Answer = Callable[[Reply | Exception], None]


def after(first: Callable[[], None], answer: Answer[Reply]) -> Answer[Reply]:
    """Answer, and tell something else right before it, so that both leave in one write."""

    def both(outcome: Reply | Exception) -> None:
        first()
        answer(outcome)

    return both


def shared(first: Answer[Reply], second: Answer[Reply]) -> Answer[Reply]:
    """Give two who asked for the same one answer, in turn."""

    def both(outcome: Reply | Exception) -> None:
        first(outcome)
        second(outcome)

    return both


async def awaited(start: Callable[[Answer[Reply]], object]) -> Reply:
    """Start something that answers by a call, and wait for it. Raises what it answers."""
    settled: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()

    def answer(outcome: Reply | Exception) -> None:
        if settled.done():
            return  # nobody waits any more
        if isinstance(outcome, Exception):
            settled.set_exception(outcome)
        else:
            settled.set_result(outcome)

    start(answer)
    return await settled
