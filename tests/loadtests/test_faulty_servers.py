"""A load against a server with a planted bug fails, and says of what kind the bug is."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
LOAD = [sys.executable, "-m", "loadtests.load"]
FAULTS = ("lost", "duplicated", "reordered", "misdelivered", "gaps")


def load(folder: Path, *options: str, timeout: float = 300.0) -> tuple[int, dict[str, Any]]:
    """Run a load on a server of its own; gives its exit code and its report."""
    done = subprocess.run(
        [*LOAD, *options, "--data", str(folder), "--output", str(folder / "load")],
        cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip
    assert (folder / "load.run.json").exists(), done.stderr
    return done.returncode, json.loads((folder / "load.run.json").read_text(encoding="utf-8"))


@pytest.mark.slow
@pytest.mark.faults
@pytest.mark.parametrize(
    ("bug", "faults"),
    [
        ("messages_are_lost", {"lost"}),
        ("messages_come_twice", {"duplicated"}),
        ("messages_overtake", {"reordered"}),
        ("everyone_hears", {"misdelivered"}),
        ("numbers_have_holes", {"gaps"}),
    ],
)
def test_a_planted_bug_fails_the_run_under_its_name(
    tmp_path: Path, bug: str, faults: set[str]
) -> None:
    code, found = load(
        tmp_path, "chat", "--break", bug, "--rate", "60", "--seconds", "4", "--talks", "8"
    )
    assert code == 1
    assert found["outcome"] == "failed"
    assert {one for one in FAULTS if found["oracle"][one]} == faults
    assert found["oracle"]["examples"]
