"""Putting something else in the place of a function that runs: how bugs are planted."""

from collections.abc import Callable
from typing import Any

Function = Callable[..., Any]


def replace(owner: Any, name: str, make: Callable[[Function], Function]) -> None:
    """Put another function in the place of a real one."""
    setattr(owner, name, make(getattr(owner, name)))


def before(owner: Any, name: str, act: Callable[[], None]) -> None:
    """Have something happen before a function runs."""

    def make(real: Function) -> Function:
        def broken(*args: Any, **kwargs: Any) -> Any:
            act()
            return real(*args, **kwargs)

        return broken

    replace(owner, name, make)


def after(owner: Any, name: str, act: Callable[[], None]) -> None:
    """Have something happen after a function has run."""

    def make(real: Function) -> Function:
        def broken(*args: Any, **kwargs: Any) -> Any:
            result = real(*args, **kwargs)
            act()
            return result

        return broken

    replace(owner, name, make)
