"""The bench in short: every figure comes out, and nothing is lost on the way."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from loadtests.bench.machine import NotOnDisk, require_disk
from loadtests.bench.report import KEYS

pytestmark = pytest.mark.alone

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.slow
def test_a_short_bench_gives_every_figure_and_loses_nothing() -> None:
    build = ROOT / "build"  # on the disk of the checkout: a folder for temporary files may not be
    build.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=build, prefix="bench-smoke-") as folder:
        output = Path(folder) / "bench.json"
        done = subprocess.run(
            [sys.executable, "-m", "loadtests.bench", "--runs", "1", "--seconds", "1",
             "--scale", "0.01", "--idle", "100", "--data", folder, "--output", str(output)],
            cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found = json.loads(output.read_text(encoding="utf-8"))
    assert all(found[key] > 0 for key in KEYS)
    assert set(found) == {*KEYS, "runs", "spread", "invalid", "hardware", "limits", "method"}
    assert found["limits"]["SAMTALE_LIMITS_MESSAGES_PER_MINUTE"]


def test_a_folder_in_memory_is_refused() -> None:
    memory = Path("/dev/shm")
    if memory.exists():
        with pytest.raises(NotOnDisk):
            require_disk(memory)
