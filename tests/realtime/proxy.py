"""A reverse proxy as small as one can be: it ends TLS, and says who asked."""

import socket
import ssl
import threading
from contextlib import suppress


class TlsProxy:
    """Listens with TLS on a free port, and passes on to a server that speaks without."""

    def __init__(self, context: ssl.SSLContext, behind: int) -> None:
        self._context = context
        self._behind = behind
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])

    def start(self) -> None:
        """Begin to accept."""
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """Accept no more."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                plain, peer = self._listening.accept()
                threading.Thread(target=self._serve, args=(plain, peer[0]), daemon=True).start()

    def _serve(self, plain: socket.socket, peer: str) -> None:
        with (
            suppress(OSError),
            self._context.wrap_socket(plain, server_side=True) as client,
            socket.create_connection(("127.0.0.1", self._behind)) as server,
        ):
            server.sendall(_with_address(_head(client), peer))
            back = threading.Thread(target=_pump, args=(server, client), daemon=True)
            back.start()
            _pump(client, server)
            back.join()


def _head(client: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head and (data := client.recv(65_536)):
        head += data
    return head


def _with_address(head: bytes, peer: str) -> bytes:
    """Add the address of the peer behind whatever the client has claimed (as nginx does)."""
    lines, rest = head.split(b"\r\n\r\n", 1)
    kept, claimed = [], []
    for line in lines.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"x-forwarded-for":
            claimed.append(value.strip())
        else:
            kept.append(line)
    forwarded = b"X-Forwarded-For: " + b", ".join([*claimed, peer.encode()])
    proto = b"X-Forwarded-Proto: https"
    return b"\r\n".join([*kept, forwarded, proto, b"", b""]) + rest


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
