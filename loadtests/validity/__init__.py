"""The validity of a run itself: whether its generator could do what it was told to."""

from loadtests.validity.rules import BOUNDS, Bounds, Generators, why_invalid, why_unseen
from loadtests.validity.watch import Watch, WatchData, raise_open_files

__all__ = [
    "BOUNDS", "Bounds", "Generators", "Watch", "WatchData", "raise_open_files", "why_invalid",
    "why_unseen",
]  # fmt: skip
