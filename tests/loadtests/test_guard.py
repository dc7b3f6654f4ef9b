"""A load goes to this machine, or where it was sent by name."""

import subprocess
import sys
from pathlib import Path

import pytest

from loadtests.guard import NotAllowed, check_host

REPOSITORY = Path(__file__).parent.parent.parent
SOMEBODY_ELSE = "192.0.2.7"  # RFC 5737: nobody's
DOCUMENTED = "load.example.invalid"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.9.10"])
def test_this_machine_may_be_loaded(host: str) -> None:
    check_host(host)


@pytest.mark.parametrize("host", [SOMEBODY_ELSE, DOCUMENTED, "0.0.0.0", "10.0.0.1", ""])
def test_any_other_may_not_and_is_told_how(host: str) -> None:
    with pytest.raises(NotAllowed, match="--allow-host"):
        check_host(host, ["", "other.example"])


@pytest.mark.parametrize("allowed", [[DOCUMENTED], ["x", f" {DOCUMENTED.upper()} "]])
def test_who_was_allowed_may(allowed: list[str]) -> None:
    check_host(DOCUMENTED, allowed)
    with pytest.raises(NotAllowed):
        check_host(f"more.{DOCUMENTED}", allowed)


@pytest.mark.slow
def test_a_run_against_a_stranger_ends_before_it_begins(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "loadtests.run", "--host", f"http://{SOMEBODY_ELSE}"]
    done = subprocess.run(
        [*command, "--people", str(tmp_path / "none.json"), "--users", "5", "--seconds", "5"],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "is not this machine" in done.stderr
