"""The relay as it is deployed reaches the public internet, and nothing else."""

import subprocess
import time
from collections.abc import Iterator

import pytest

from chat.calls.turn import Relay
from tests.coturn import DEPLOYED, Coturn

NOWHERE = [
    "127.0.0.1", "127.8.9.10", "0.0.0.0", "0.1.2.3",  # this machine
    "10.0.0.5", "172.16.0.1", "172.31.255.254", "192.168.1.1", "100.64.0.1",  # private
    "169.254.169.254", "198.18.0.1", "224.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fd00::9", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.5", "::ffff:8.8.8.8", "::127.0.0.1",  # looks like another
    "64:ff9b::7f00:1", "2002:7f00:1::1", "2001:db8::1",
]  # fmt: skip


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coturn]:
    """The configuration that is deployed, on a port of ours and without a certificate."""
    config = f"{DEPLOYED.read_text(encoding='utf-8')}\nno-tls\nno-dtls"
    coturn = Coturn(tmp_path_factory.mktemp("coturn"), config, ipv6=True)
    coturn.start()
    yield coturn
    coturn.kill()


@pytest.mark.parametrize("peer", NOWHERE)
def test_it_relays_to_no_place_that_is_not_public(deployed: Coturn, peer: str) -> None:
    assert deployed.reach(peer) == "forbidden"


@pytest.mark.parametrize("peer", ["8.8.8.8", "2001:4860:4860::8888"])
def test_it_relays_to_the_public_internet(deployed: Coturn, peer: str) -> None:
    assert deployed.reach(peer) == "bound"


def test_it_takes_our_credentials_and_no_others(deployed: Coturn) -> None:
    relay = Relay((deployed.url,), deployed.secret, 600_000)
    now = time.time_ns() // 1_000_000

    def says(at: int, secret: str = deployed.secret) -> str:
        (server,) = (
            Relay(relay.urls, secret, relay.good_for).ice("call-1", at, direct=False).servers
        )
        asked = subprocess.run(
            ["turnutils_uclient", "-v", "-c", "-n", "1", "-u", server.username,
             "-w", server.credential, "-e", "10.0.0.5", "-p", str(deployed.port), "127.0.0.1"],
            capture_output=True, timeout=20, check=False,
        )  # fmt: skip
        said = (asked.stdout + asked.stderr).decode(errors="replace")
        refused = "Cannot complete Allocation" in said
        return "let in" if "Forbidden IP" in said else "turned away" if refused else said

    assert says(now) == "let in"
    assert says(now - 600_000 - 1_000) == "turned away"
    assert says(now, "another secret") == "turned away"
