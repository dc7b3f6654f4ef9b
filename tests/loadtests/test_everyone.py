"""Everyone at once, in small: all come, all stay, and it is said what they take."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.heavy, pytest.mark.slow]

ROOT = Path(__file__).parent.parent.parent


def everyone(*options: str) -> tuple[int, dict[str, Any], str]:
    """Run it with 400 people; gives its exit code, its figures and what it says."""
    build = ROOT / "build"  # on the disk of the checkout: a folder for temporary files may not be
    build.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=build, prefix="everyone-") as folder:
        output = Path(folder) / "everyone.json"
        done = subprocess.run(
            [sys.executable, "-m", "loadtests.everyone", "--connections", "400", "--rate", "10",
             "--seconds", "3", "--idle", "1", "--quiet", "0", "--workers", "2", "--crowds", "2",
             "--data", folder, "--output", str(output), *options],
            cwd=ROOT, capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
        assert output.exists(), done.stderr
        found = json.loads(output.read_text(encoding="utf-8"))
    return done.returncode, found, done.stdout


def test_all_who_come_stay_and_their_messages_arrive() -> None:
    code, found, said = everyone("--spare-mb", "1")
    connections, messages = found["connections"], found["messages"]
    assert code == 0, said
    assert "400 of 400" in said
    assert connections["reached"] == connections["held"] == 400
    assert sum(connections["by_server_process"]) == 400
    assert messages["sent"] == messages["acked"] == messages["delivered"] > 0
    assert messages["lost"] == messages["duplicated"] == messages["reordered"] == 0
    assert found["memory"]["idle"]["proportional_mb"]["servers"] > 0


def test_what_stops_it_before_all_are_there_is_told() -> None:
    code, found, said = everyone("--spare-mb", "1000000000", "--per-second", "20")
    connections = found["connections"]
    assert code == 1, said
    assert connections["held"] == connections["reached"] < 400
    assert "of memory were left" in connections["stopped_by"]
