"""The nginx site that operators are given, tried with a real nginx."""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from loadtests.processes import ServerProcess, free_port
from tests.operations.test_logs import lines
from tests.patience import PATIENCE_SECONDS
from tests.realtime.conftest import person_on
from tests.realtime.raw import RawSocket, closing
from tests.realtime.test_tls import Certificate, statuses

SITE = Path(__file__).parent.parent.parent / "deploy" / "nginx.conf"


class Nginx:
    """A real nginx with the site's file, but for names and ports of its own."""

    def __init__(self, folder: Path, upstream: ServerProcess, certificate: Certificate) -> None:
        self.port, plain = free_port(), free_port()
        self.folder = folder
        site = SITE.read_text(encoding="utf-8")
        for place, ours in (
            (r"server 127\.0\.0\.1:8000", f"server 127.0.0.1:{upstream.port}"),
            (r"listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl"),
            (r"listen 80;", f"listen 127.0.0.1:{plain};"),
            (r"listen \[::\].*", ""),
            (r"/etc/letsencrypt/live/samtale.example.dk/fullchain.pem", str(certificate.file)),
            (r"/etc/letsencrypt/live/samtale.example.dk/privkey.pem", str(certificate.key)),
            (r"/var/log/nginx/", f"{folder}/"),
            (r"75s", "3s"),
        ):
            site, count = re.subn(place, ours, site)
            assert count, place
        (folder / "site.conf").write_text(site)
        as_root = "user root;\n" if os.geteuid() == 0 else ""  # else it may not write in `folder`
        (folder / "nginx.conf").write_text(
            f"{as_root}daemon off; pid {folder}/pid; error_log {folder}/error.log;\n"
            "worker_processes 1;\n"
            "events { worker_connections 512; }\n"
            f"http {{ access_log off; client_body_temp_path {folder}/body;"
            f" proxy_temp_path {folder}/proxy; include {folder}/site.conf; }}\n"
        )
        self.url = f"https://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Nginx":
        """Listen."""
        config = ["nginx", "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]
        self.process = subprocess.Popen(config, stderr=subprocess.DEVNULL)
        until = time.monotonic() + PATIENCE_SECONDS
        while not (self.folder / "pid").exists():
            assert self.process.poll() is None, (self.folder / "error.log").read_text()
            assert time.monotonic() < until
            time.sleep(0.02)
        return self

    def stop(self) -> None:
        """Listen no more."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """What nginx shows."""
    return Certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server behind it, that pings often and lets few strangers in from one address."""
    process = ServerProcess(
        tmp_path_factory.mktemp("behind"),
        SAMTALE_TRUSTED_PROXIES="127.0.0.1",
        SAMTALE_LIMITS_UNAUTHENTICATED_SOCKETS_PER_ADDRESS="2",
        SAMTALE_LIMITS_PING_INTERVAL_MS="1500",
        SAMTALE_LIMITS_SILENT_AFTER_MS="2500",
    ).start()
    yield process
    process.stop()


@pytest.fixture(scope="module")
def nginx(
    tmp_path_factory: pytest.TempPathFactory, behind: ServerProcess, certificate: Certificate
) -> Iterator[Nginx]:
    """nginx before it."""
    one = Nginx(tmp_path_factory.mktemp("nginx"), behind, certificate).start()
    yield one
    one.stop()


@pytest.fixture
def api(nginx: Nginx, certificate: Certificate) -> Iterator[httpx.Client]:
    """HTTP through it."""
    with httpx.Client(base_url=nginx.url, verify=certificate.trusted) as client:
        yield client


def test_a_socket_passes_and_closes_as_it_should(
    behind: ServerProcess, nginx: Nginx, certificate: Certificate
) -> None:
    with RawSocket(nginx.port, tls=certificate.trusted) as one:
        assert one.upgrade(person_on(behind).headers) == 101
        assert one.json()["event"] == "hello"
        assert one.lives()
        one.send(closing(1000))
        assert one.closed() == 1000


def test_an_idle_socket_outlives_the_proxys_patience_by_the_servers_pings(
    behind: ServerProcess, nginx: Nginx, certificate: Certificate
) -> None:
    with RawSocket(nginx.port, tls=certificate.trusted) as one:
        assert one.upgrade(person_on(behind).headers) == 101
        assert one.json()["event"] == "hello"
        until = time.monotonic() + 5  # nginx would give up after three seconds without a byte
        while time.monotonic() < until:
            assert one.lives()
            time.sleep(1)


def test_the_proxy_waits_longer_than_a_socket_may_be_silent() -> None:
    seconds = re.findall(r"proxy_(?:read|send)_timeout (\d+)s", SITE.read_text(encoding="utf-8"))
    assert len(seconds) == 2
    assert min(map(int, seconds)) > 45


def test_each_client_is_itself_whatever_it_claims(nginx: Nginx, certificate: Certificate) -> None:
    comers: list[tuple[str, str | None]] = [
        ("127.0.0.7", None),
        ("127.0.0.7", "198.51.100.1"),
        ("127.0.0.7", "198.51.100.2"),
        ("127.0.0.8", "127.0.0.7"),
    ]
    assert statuses(nginx.port, certificate.trusted, comers) == [101, 101, 429, 101]


def test_what_is_for_operators_is_not_shown(api: httpx.Client) -> None:
    for path in ("/metrics", "/readyz"):
        assert api.get(path).status_code == 404
    assert api.get("/healthz").status_code == 200


def test_a_request_has_one_id_in_both_logs_and_no_address_or_path_in_nginxs(
    api: httpx.Client, nginx: Nginx, behind: ServerProcess
) -> None:
    answer = api.get("/samtale/a-personal-link")
    request_id = answer.headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{32}", request_id)
    assert request_id in {line.get("request") for line in lines(behind)}
    written = (nginx.folder / "samtale.log").read_text()
    assert request_id in written
    assert "127.0.0.1" not in written
    assert "personal" not in written


def test_a_picture_fits_and_more_does_not(api: httpx.Client, behind: ServerProcess) -> None:
    headers = person_on(behind).headers
    fits = api.post("/api/v1/pictures", content=b"x" * 5_242_880, headers=headers)
    assert fits.json()["error"]["code"] == "bad_picture"
    assert (
        api.post("/api/v1/pictures", content=b"x" * 7_000_000, headers=headers).status_code == 413
    )
