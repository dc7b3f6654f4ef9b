"""What bugs and named points take the place of is there, wherever it was moved to."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

PLANT_EACH = """
import os
from loadtests.broken_server import BUGS, POINTS
from loadtests.chaos.__main__ import BUGS as PLANTED

assert set(PLANTED) <= set(BUGS)
for name, plant in (POINTS | BUGS).items():
    if not (child := os.fork()):
        plant()
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        raise SystemExit(f"{name} cannot be planted")
"""
"""In a process of its own for each: what is planted stays."""


def test_every_bug_and_every_named_point_can_be_planted() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PLANT_EACH],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
