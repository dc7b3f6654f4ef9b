"""Runs the JavaScript tests beside this file with Node's own runner, each file as one test."""

import subprocess
from pathlib import Path

import pytest

from protocol.clients.javascript import generate

HERE = Path(__file__).parent


@pytest.mark.parametrize("path", sorted(HERE.glob("*.test.js")), ids=lambda path: path.name)
def test_javascript(path: Path) -> None:
    run = subprocess.run(
        ["node", "--test", path.name], check=False, cwd=HERE, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_clients_table_of_operations_is_the_published_one() -> None:
    written = generate.TARGET.read_text(encoding="utf-8")
    assert written == generate.render(), "run python -m protocol.clients.javascript.generate"
