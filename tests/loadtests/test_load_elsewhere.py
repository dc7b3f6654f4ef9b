"""Loading a server that runs already: over TLS, with the people whom `samtale seed` put there."""

import json
import ssl
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from loadtests.processes import ServerProcess, free_port
from tests.certificates import make_certificate

ROOT = Path(__file__).parent.parent.parent


class TlsServer(ServerProcess):
    """A server that speaks TLS itself."""

    def __init__(self, data: Path, certificate: Path, **environment: str) -> None:
        super().__init__(data, SAMTALE_TLS_CERTIFICATE=str(certificate), **environment)
        self.url = f"https://127.0.0.1:{self.port}"
        self._trusted = ssl.create_default_context(cafile=str(certificate))

    def get_status(self, path: str, port: int = 0) -> int:
        try:
            return httpx.get(self.url + path, verify=self._trusted).status_code
        except httpx.TransportError:
            return 0


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_a_seeded_server_is_loaded_over_tls_within_its_usual_limits(tmp_path: Path) -> None:
    data, output = tmp_path / "data", tmp_path / "load"
    seeded = run("chat.cli", "seed", "--data", str(data), "--accounts", "200", "--messages", "800")
    assert seeded.returncode == 0, seeded.stderr
    certificate, key = make_certificate(tmp_path)
    metrics = free_port()
    server = TlsServer(
        data, certificate, SAMTALE_TLS_KEY=str(key), SAMTALE_OPERATORS_PORT=str(metrics)
    ).start()
    try:
        done = run(
            "loadtests.load", "mix", "--url", server.url, "--ca", str(certificate),
            "--people", str(data / "people.json"), "--rate", "5", "--seconds", "6", "--talks", "20",
            "--metrics", f"http://127.0.0.1:{metrics}/metrics", "--output", str(output),
        )  # fmt: skip
    finally:
        server.stop()
    assert done.returncode in {0, 3}, done.stdout + done.stderr
    found = json.loads(output.with_name("load.run.json").read_text(encoding="utf-8"))
    assert found["target"] == server.url
    assert found["oracle"]["acked"] > 0
    assert not sum(sum(phase["errors"].values()) for phase in found["phases"])
    assert found["settings"]["talks"] == 20
    assert found["total"]["server"]["cpu"] > 0, "as its metrics say: nobody looked into /proc"


@pytest.mark.slow
def test_a_server_of_three_processes_on_postgresql_is_started_and_loaded(tmp_path: Path) -> None:
    done = run(
        "loadtests.load", "chat", "--setup", "postgresql+redis", "--rate", "10", "--seconds", "6",
        "--talks", "10", "--data", str(tmp_path), "--output", str(tmp_path / "load"),
    )  # fmt: skip
    # A busy machine may make it not count or be slow; but nothing may go wrong.
    assert done.returncode in {0, 1, 3}, done.stdout + done.stderr
    found = json.loads((tmp_path / "load.run.json").read_text(encoding="utf-8"))
    assert found["oracle"]["acked"] > 0
    assert [found["oracle"][what] for what in ("lost", "duplicated", "reordered")] == [0, 0, 0]
    assert not sum(sum(phase["errors"].values()) for phase in found["phases"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--url", "http://192.0.2.1"), "--people"),
        (("--url", "http://192.0.2.1", "--people", "x.json"), "192.0.2.1 is not this machine"),
        (("--url", "chat.example", "--people", "x.json"), "no http:// or https:// address"),
        (("--url", "http://127.0.0.1:9", "--people", "x.json"), "x.json"),
        (("--setup", "sqlite+redis", "--break", "lose_one"), "on SQLite alone"),
    ],
)
def test_what_cannot_or_may_not_be_loaded_is_refused(options: tuple[str, ...], said: str) -> None:
    done = run("loadtests.load", "chat", *options)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
