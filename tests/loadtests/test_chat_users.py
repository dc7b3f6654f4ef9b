import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from loadtests.processes import ServerProcess

REPOSITORY = Path(__file__).parent.parent.parent


@pytest.mark.slow
def test_pairs_who_talk_measure_both_ways_and_meet_no_error(tmp_path: Path) -> None:
    plenty = {
        "SAMTALE_LIMITS_MESSAGES_PER_MINUTE": "100000",
        "SAMTALE_LIMITS_MESSAGES_BURST": "1000",
    }
    server = ServerProcess(tmp_path, **plenty).start()
    command = [sys.executable, "-m", "locust", "-f", "loadtests/chat_users.py", "--headless"]
    options = ["--host", server.url, "--users", "3", "--spawn-rate", "3", "--run-time", "5s"]
    try:
        done = subprocess.run(
            [*command, *options, "--json", "--loglevel", "WARNING"],
            env={**os.environ, "LOAD_DATABASE": str(tmp_path / "samtale.db")},
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        server.stop()
    assert done.returncode == 0, done.stderr[-2_000:]
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    for name in ("send to ack", "send to delivered"):
        assert rows[name]["num_requests"] >= 3
        assert 0 < rows[name]["min_response_time"] < 2_000
    assert all(row["num_failures"] == 0 for row in rows.values())
