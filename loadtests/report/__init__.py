"""Reports: one page, JSON and CSV, and what a terminal shows; from a `Run`, whoever made it."""

from loadtests.report.content import content, short, with_capacity
from loadtests.report.files import put, write
from loadtests.report.run import Objective, Outcome, Run, Stretch
from loadtests.report.terminal import View, tell

__all__ = [
    "Objective", "Outcome", "Run", "Stretch", "View", "content", "put", "short", "tell",
    "with_capacity", "write",
]  # fmt: skip
