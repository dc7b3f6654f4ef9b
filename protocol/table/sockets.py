"""Operations of the socket itself."""

from protocol import requests as ask
from protocol import resources as res
from protocol.messages import Resumed
from protocol.operation import Access, Operation

ROWS = (
    Operation(
        "session.authenticate",
        "Authenticate a socket by its first frame; hello follows.",
        ask.Authenticate,
        res.Empty,
        Access.CONNECTION,
        socket=True,
    ),
    Operation(
        "session.resume",
        "Everything missed since a cursor, in every conversation, new ones included (G5).",
        ask.Resume,
        Resumed,
        Access.ACCOUNT,
        socket=True,
        guests=True,
    ),
)
