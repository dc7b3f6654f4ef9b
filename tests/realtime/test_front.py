"""An upgrade that is taken without the parser is one that the parser would have taken as well."""

import httptools
from hypothesis import given
from hypothesis import strategies as st

from chat.realtime.front import HEAD_BYTES, is_plain_upgrade
from chat.realtime.handshake import PATH

PLAIN = (
    f"GET {PATH} HTTP/1.1\r\nHost: samtale.example\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: samtale.v1\r\n\r\n"
).encode()


class Parsed:
    """What the parser makes of a head."""

    def __init__(self, data: bytes) -> None:
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.behind: bytes | None = None
        self.parser = httptools.HttpRequestParser(self)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self.behind = data[upgrade.args[0] :]

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value.strip()))


def read_alike(data: bytes) -> bool:
    """Tell whether a plain head says to the parser what it says when it is split at its lines."""
    head, _, behind = data.partition(b"\r\n\r\n")
    request, *lines = head.split(b"\r\n")
    parsed = Parsed(data)
    split = [line.partition(b":") for line in lines]
    return (
        parsed.behind == behind
        and parsed.parser.get_method() == b"GET"
        and parsed.parser.get_http_version() == "1.1"
        and request == b"GET " + parsed.url + b" HTTP/1.1"
        and parsed.headers == [(name.lower(), value.strip(b" \t")) for name, _, value in split]
    )


def test_an_upgrade_as_clients_write_it_needs_no_parser() -> None:
    assert is_plain_upgrade(PLAIN)
    assert is_plain_upgrade(PLAIN + b"\x81\x80abcd")
    assert is_plain_upgrade(PLAIN.replace(PATH.encode(), PATH.encode() + b"?token"))
    assert read_alike(PLAIN)


def test_whatever_is_written_otherwise_is_left_to_the_parser() -> None:
    for other in (
        PLAIN[:-1],
        PLAIN.replace(b"GET", b"POST"),
        PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0"),
        PLAIN.replace(b"Upgrade: websocket", b"Upgrade: h2c"),
        PLAIN.replace(b"Connection: Upgrade\r\n", b""),
        PLAIN.replace(b"Host:", b"Host :"),
        PLAIN.replace(b"Host:", b" Host:"),
        PLAIN.replace(b"\r\n", b"\n"),
        PLAIN.replace(b"Host:", b"Content-Length: 3\r\nHost:"),
        PLAIN.replace(b"Host:", b"Transfer-Encoding: chunked\r\nHost:"),
        PLAIN.replace(b"samtale.example", b"samtale\0example"),
        PLAIN.replace(b"samtale.example", b"x" * HEAD_BYTES),
        b"\r\n" + PLAIN,
    ):
        assert not is_plain_upgrade(other), other


@given(st.lists(st.tuples(st.integers(0, len(PLAIN)), st.binary(max_size=4)), max_size=4))
def test_what_is_taken_as_plain_means_the_same_to_the_parser(cuts: list[tuple[int, bytes]]) -> None:
    data = PLAIN
    for at, put in cuts:
        data = data[:at] + put + data[at + len(put) :]
    assert not is_plain_upgrade(data) or read_alike(data)


@given(
    st.lists(
        st.tuples(
            st.text("abcXYZ-_!#$%&'*+.^`|~09", min_size=1, max_size=12),
            st.text(st.characters(min_codepoint=0, max_codepoint=255), max_size=12),
        ),
        max_size=5,
    )
)
def test_any_header_that_is_taken_as_plain_is_read_alike(headers: list[tuple[str, str]]) -> None:
    more = "".join(f"{name}:{value}\r\n" for name, value in headers).encode("latin-1")
    data = PLAIN.replace(b"Host:", more + b"Host:")
    assert not is_plain_upgrade(data) or read_alike(data)
