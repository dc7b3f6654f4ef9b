"""The upgrade, byte by byte (RFC 6455 section 4): who becomes a socket, what others are told."""

import json

import pytest

from loadtests.people import Person
from loadtests.processes import ServerProcess
from tests.realtime.raw import (
    ACCEPT,
    PING,
    PONG,
    TEXT,
    UPGRADE,
    RawSocket,
    command,
    masked,
    request,
    resident_bytes,
)


def test_an_upgrade_is_accepted_as_the_key_asks_and_offers_no_extension(
    server: ServerProcess, mette: Person
) -> None:
    wishes = {
        **mette.headers,
        "Connection": "keep-alive, Upgrade",
        "Upgrade": "WebSocket",
        "Sec-WebSocket-Protocol": "chat, samtale.v1",
        "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
    }
    with RawSocket(server.port) as one:
        assert one.upgrade(wishes) == 101
        assert one.headers["sec-websocket-accept"] == ACCEPT
        assert one.headers["sec-websocket-protocol"] == "samtale.v1"
        assert one.headers["upgrade"].lower() == "websocket"
        assert one.headers["connection"].lower() == "upgrade"
        assert "sec-websocket-extensions" not in one.headers
        assert one.json()["event"] == "hello"


@pytest.mark.parametrize("offered", [None, "chat", "samtale.v0"])
def test_whoever_does_not_speak_our_protocol_is_told_so_by_a_close(
    server: ServerProcess, mette: Person, offered: str | None
) -> None:
    with RawSocket(server.port) as one:
        assert one.upgrade({**mette.headers, "Sec-WebSocket-Protocol": offered}) == 101
        assert "sec-websocket-protocol" not in one.headers
        assert one.closed() == 4002


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-WebSocket-Key": None}, 400),
        ({"Sec-WebSocket-Key": "short"}, 400),
        ({"Sec-WebSocket-Key": "!" * 24}, 400),
        ({"Sec-WebSocket-Key": "AAECAwQFBgcICQoLDA0O"}, 400),
        ({"Sec-WebSocket-Version": "12"}, 426),
        ({"Sec-WebSocket-Version": None}, 426),
        ({"Upgrade": None}, 404),
        ({"Upgrade": "h2c"}, 404),
        ({"Connection": None}, 404),
        ({"Connection": "keep-alive"}, 404),
        ({"Origin": "https://evil.example"}, 403),
        ({"Authorization": "Bearer " + "x" * 43}, 401),
    ],
)
def test_a_request_that_is_none_is_refused_with_a_status(
    server: ServerProcess, headers: dict[str, str | None], status: int
) -> None:
    with RawSocket(server.port) as one:
        assert one.upgrade(headers) == status
        if status == 426:
            assert one.headers["sec-websocket-version"] == "13"
        if status != 404:
            assert one.ends() < 1


def test_two_keys_are_no_key(server: ServerProcess) -> None:
    twice = request(UPGRADE, "/api/v1/socket").replace(
        b"\r\n\r\n", f"\r\nSec-WebSocket-Key: {UPGRADE['Sec-WebSocket-Key']}\r\n\r\n".encode()
    )
    with RawSocket(server.port) as one:
        one.send(twice)
        assert one.status() == 400


@pytest.mark.parametrize("path", ["/", "/api/v1/sockets", "/api/v1/socket/", "/healthz"])
def test_sockets_stand_at_one_path_only(server: ServerProcess, mette: Person, path: str) -> None:
    with RawSocket(server.port) as one:
        assert one.upgrade(mette.headers, path=path) == 404


def test_a_query_changes_nothing(server: ServerProcess, mette: Person) -> None:
    with RawSocket(server.port) as one:
        assert one.upgrade(mette.headers, path="/api/v1/socket?v=1") == 101


def test_an_older_http_cannot_upgrade(server: ServerProcess, mette: Person) -> None:
    """Section 4.2.1: HTTP/1.1 or higher."""
    with RawSocket(server.port) as one:
        assert one.upgrade(mette.headers, version="1.0") in {400, 404, 426, 505}
        assert one.ends() < 1


def test_another_method_cannot_upgrade(server: ServerProcess, mette: Person) -> None:
    posted = request({**UPGRADE, **mette.headers}, "/api/v1/socket").replace(b"GET", b"POST", 1)
    with RawSocket(server.port) as one:
        one.send(posted)
        assert one.status() in {400, 405}


@pytest.mark.parametrize(
    "headers",
    [{"X-Long": "x" * 70_000}, {f"X-{number}": "x" * 100 for number in range(1_000)}],
    ids=["one long", "many"],
)
def test_far_too_many_headers_are_refused(
    server: ServerProcess, mette: Person, headers: dict[str, str]
) -> None:
    with RawSocket(server.port) as one:
        assert one.upgrade({**mette.headers, **headers}) == 431
        assert one.ends() < 1


def test_headers_without_an_end_cost_no_memory(server: ServerProcess) -> None:
    before = resident_bytes(server)
    with RawSocket(server.port) as one:
        one.send(b"GET /healthz HTTP/1.1\r\n")
        with pytest.raises(ConnectionError):  # noqa: PT012 — sooner or later in the loop
            for number in range(2_000):
                one.send(f"X-{number}: {'x' * 20_000}\r\n".encode())
        assert resident_bytes(server) - before < 4_000_000


def test_a_request_may_be_cut_at_every_byte(server: ServerProcess, mette: Person) -> None:
    asked = request({**UPGRADE, **mette.headers}, "/api/v1/socket")
    with RawSocket(server.port) as one:
        for at in range(len(asked)):
            one.send(asked[at : at + 1])
        assert one.status() == 101
        assert one.json()["event"] == "hello"


def test_frames_that_do_not_wait_for_the_answer_are_read_after_it(
    server: ServerProcess, mette: Person
) -> None:
    """Section 4.1 tells a client to wait; whoever does not is served all the same."""
    early = masked(PING, "utålmodig".encode()) + masked(TEXT, command(1, "account.get"))
    asked = request({**UPGRADE, **mette.headers}, "/api/v1/socket")
    for parts in ([asked + early], [asked, early], [asked + early[:7], early[7:]]):
        with RawSocket(server.port) as one:
            for part in parts:
                one.send(part)
            assert one.status() == 101
            frames = [one.frame() for _ in range(3)]
            assert (PONG, "utålmodig".encode()) in frames
            said = [json.loads(frame.payload) for frame in frames if frame.opcode == TEXT]
            assert {found.get("event", found.get("id")) for found in said} == {"hello", 1}
            assert one.lives()
