"""TLS in the server and in front of it, and whose word counts for where a client is (G6, G8)."""

import signal
import ssl
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from loadtests.people import Person
from loadtests.processes import ServerProcess
from tests.certificates import make_certificate
from tests.patience import PATIENCE_SECONDS
from tests.realtime.conftest import MANY, person_on, talk_on
from tests.realtime.proxy import TlsProxy
from tests.realtime.raw import (
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    RawSocket,
    closing,
    command,
    greeted,
    masked,
    resident_bytes,
)
from tests.realtime.test_pressure import pour, read_to_the_close

PASSING = "127.0.0.5"
"""Where someone comes from who is no proxy. All of 127.0.0.0/8 is this machine."""


class Certificate:
    """A certificate of this machine's own, and those who trust it."""

    def __init__(self, folder: Path) -> None:
        self.file, self.key = make_certificate(folder)
        self.trusted = ssl.create_default_context(cafile=str(self.file))

    def shown(self) -> ssl.SSLContext:
        """Show it to whoever comes."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.file, self.key)
        return context


class TlsServerProcess(ServerProcess):
    """A server that speaks TLS itself."""

    def __init__(self, data: Path, certificate: Certificate) -> None:
        super().__init__(
            data,
            SAMTALE_TLS_CERTIFICATE=str(certificate.file),
            SAMTALE_TLS_KEY=str(certificate.key),
            **MANY,
        )
        self.url = f"https://127.0.0.1:{self.port}"
        self._trusted = certificate.trusted

    def get_status(self, path: str) -> int:
        """Ask for a path over TLS."""
        try:
            return httpx.get(self.url + path, verify=self._trusted).status_code
        except httpx.TransportError:
            return 0


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """One for all of these tests."""
    return Certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, certificate: Certificate
) -> Iterator[ServerProcess]:
    """A server that speaks TLS itself."""
    process = TlsServerProcess(tmp_path_factory.mktemp("tls"), certificate).start()
    yield process
    process.stop()


# --- in the server --------------------------------------------------------------------------------


def test_frames_and_closes_are_over_tls_what_they_are_without(
    server: ServerProcess, mette: Person, certificate: Certificate
) -> None:
    text = command(3, "account.get")
    with greeted(server, mette, tls=certificate.trusted) as one:
        one.send(masked(TEXT, text[:9], fin=False) + masked(PING, b"mellem"))
        assert one.frame() == (PONG, b"mellem")
        for byte in masked(CONTINUATION, text[9:]):
            one.send(bytes([byte]))
        assert one.json()["id"] == 3
        one.send(closing(3_000))
        assert one.closed() == 3_000
        assert one.ends() < 1


def test_a_failed_connection_says_why_and_ends_over_tls(
    server: ServerProcess, mette: Person, certificate: Certificate
) -> None:
    with greeted(server, mette, tls=certificate.trusted) as one:
        one.send(masked(0x3, b""))
        assert one.closed() == 1002
        assert one.ends() < 1


def test_slow_readers_over_tls_are_closed_and_miss_nothing(
    server: ServerProcess, certificate: Certificate
) -> None:
    talk, count = talk_on(server, certificate.trusted), 400
    with ExitStack() as stack:
        slow = [
            stack.enter_context(
                greeted(server, talk.author, receive_buffer=2_048, tls=certificate.trusted)
            )
            for _ in range(6)
        ]
        sender = stack.enter_context(greeted(server, talk.replier, tls=certificate.trusted))
        before = resident_bytes(server)
        pour(sender, talk.conversation, count)
        assert resident_bytes(server) - before < 24_000_000
        seqs, cursor, code = read_to_the_close(slow[0])
        assert code == 4100
        assert seqs == list(range(2, 2 + len(seqs)))
        back = stack.enter_context(greeted(server, talk.author, tls=certificate.trusted))
        page = back.ask("session.resume", cursor=cursor)["data"]
        assert page["conversations"][0]["entries"][0]["seq"] <= seqs[-1] + 1


def test_the_web_is_on_the_same_port_and_nothing_without_tls(
    server: ServerProcess, mette: Person, certificate: Certificate
) -> None:
    with RawSocket(server.port) as plain:
        plain.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        plain.tcp.settimeout(PATIENCE_SECONDS)
        assert not plain.tcp.recv(65_536).startswith(b"HTTP")
    assert server.get_status("/healthz") == 200
    with greeted(server, mette, tls=certificate.trusted) as one:
        assert one.lives()


def serial_shown(port: int) -> int:
    """Connect, and read the number of the certificate that is shown."""
    pem = ssl.get_server_certificate(("127.0.0.1", port))
    said = subprocess.run(
        ["openssl", "x509", "-noout", "-serial"], input=pem, check=True, capture_output=True,
        text=True,
    )  # fmt: skip
    return int(said.stdout.strip().partition("=")[2], 16)


def wait_for_line(server: ServerProcess, event: str) -> None:
    """Wait until the server has logged something."""
    until = time.monotonic() + PATIENCE_SECONDS
    while f'"event": "{event}"' not in server.log.read_text():
        assert time.monotonic() < until, server.log.read_text()[-2_000:]
        time.sleep(0.02)


def test_a_renewed_certificate_is_taken_on_a_signal_and_no_socket_is_lost(tmp_path: Path) -> None:
    certificate = Certificate(tmp_path)
    process = TlsServerProcess(tmp_path / "server", certificate).start()
    assert process.process is not None
    before = serial_shown(process.port)
    with greeted(process, person_on(process), tls=certificate.trusted) as one:
        old = certificate.file.read_bytes()
        Certificate(tmp_path)
        new = certificate.file.read_bytes()
        certificate.file.write_bytes(old)  # one that does not fit the key is not taken
        process.process.send_signal(signal.SIGHUP)
        wait_for_line(process, "certificate_not_renewed")
        assert serial_shown(process.port) == before
        certificate.file.write_bytes(new)
        process.process.send_signal(signal.SIGHUP)
        wait_for_line(process, "certificate_renewed")
        assert serial_shown(process.port) != before
        assert one.lives()
    process.stop()


# --- in front -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server behind a proxy on this machine, where an address has little room."""
    process = ServerProcess(
        tmp_path_factory.mktemp("behind"),
        SAMTALE_TRUSTED_PROXIES="127.0.0.1",
        SAMTALE_LIMITS_UNAUTHENTICATED_SOCKETS_PER_ADDRESS="2",
        SAMTALE_LIMITS_REGISTRATIONS_PER_HOUR_AND_ADDRESS="1",
    ).start()
    yield process
    process.stop()


@pytest.fixture(scope="module")
def proxy(behind: ServerProcess, certificate: Certificate) -> Iterator[TlsProxy]:
    """It ends TLS, and says who asked."""
    one = TlsProxy(certificate.shown(), behind.port)
    one.start()
    yield one
    one.stop()


def statuses(
    port: int, tls: ssl.SSLContext | None, comers: Sequence[tuple[str, str | None]]
) -> list[int]:
    """Open sockets that do not say who they are, from addresses, with what they claim to be."""
    with ExitStack() as stack:
        found = []
        for source, claimed in comers:
            one = stack.enter_context(RawSocket(port, tls=tls, source=source))
            found.append(one.upgrade({"X-Forwarded-For": claimed}))
        return found


def test_a_socket_works_through_a_proxy(
    behind: ServerProcess, proxy: TlsProxy, certificate: Certificate
) -> None:
    with RawSocket(proxy.port, tls=certificate.trusted) as one:
        assert one.upgrade(person_on(behind).headers) == 101
        assert one.json()["event"] == "hello"
        assert one.lives()
        one.send(closing(1000))
        assert one.closed() == 1000
        assert one.ends() < 1


def test_each_client_of_a_proxy_is_itself_and_no_other_whatever_it_claims(
    behind: ServerProcess, proxy: TlsProxy, certificate: Certificate
) -> None:
    comers: list[tuple[str, str | None]] = [
        ("127.0.0.7", None),
        ("127.0.0.7", "198.51.100.1"),
        ("127.0.0.7", "198.51.100.2"),
        ("127.0.0.8", "127.0.0.7"),
    ]
    assert statuses(proxy.port, certificate.trusted, comers) == [101, 101, 429, 101]


def test_whoever_is_no_proxy_is_not_believed(behind: ServerProcess) -> None:
    comers = [(PASSING, f"203.0.113.{number}") for number in range(3)]
    assert statuses(behind.port, None, comers) == [101, 101, 429]


def test_a_trusted_proxy_is_believed_about_the_last_address_only(behind: ServerProcess) -> None:
    comers = [
        ("127.0.0.1", "203.0.113.1"),
        ("127.0.0.1", "203.0.113.9, 203.0.113.1"),
        ("127.0.0.1", "203.0.113.8, 203.0.113.1"),
        ("127.0.0.1", "203.0.113.1, 203.0.113.2"),
    ]
    assert statuses(behind.port, None, comers) == [101, 101, 429, 101]


def register(url: str, name: str, *, source: str, claimed: str) -> int:
    """Ask for an account over HTTP."""
    body = {"email": f"{name}@people.example", "password": "tung regn i maj", "alias": name,
            "born": "1980-01-01", "municipality": 151}  # fmt: skip
    with httpx.Client(transport=httpx.HTTPTransport(local_address=source)) as api:
        headers = {"X-Forwarded-For": claimed}
        return api.post(f"{url}/api/v1/accounts", json=body, headers=headers).status_code


def test_http_believes_the_same(behind: ServerProcess) -> None:
    url, proxy = behind.url, "127.0.0.1"
    assert register(url, "Anna", source=proxy, claimed="198.51.100.7") < 300
    assert register(url, "Bo", source=proxy, claimed="198.51.100.9, 198.51.100.7") == 429
    assert register(url, "Carl", source=proxy, claimed="198.51.100.8") < 300
    assert register(url, "Dorte", source=PASSING, claimed="198.51.100.10") < 300
    assert register(url, "Erik", source=PASSING, claimed="198.51.100.11") == 429
