"""A bridge from plain functions to a driver that is awaited, without a thread between them.

A unit of work is a plain function, and asyncpg is not. The function runs in a greenlet on the
event loop: where it asks the database it is set aside, the loop goes on with others' work, and it
is taken up again with the answer (docs/adr/0023).
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from greenlet import getcurrent, greenlet

T = TypeVar("T")


async def bridged(work: Callable[[], T]) -> T:
    """Run a plain function in which `wait_for` may be called. Raises what it raises."""
    runner = greenlet(work)
    answer: Any = runner.switch()
    while not runner.dead:
        try:
            value = await answer
        except BaseException as error:  # noqa: BLE001 — it belongs to the function, and ends there
            answer = runner.throw(error)
        else:
            answer = runner.switch(value)
    result: T = answer  # the last switch gives what the function returned
    return result


def wait_for(awaited: Awaitable[T]) -> T:
    """Wait for something inside a function that `bridged` runs, and nowhere else."""
    value: T = getcurrent().parent.switch(awaited)
    return value
