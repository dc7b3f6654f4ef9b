"""A row of the published table, and who may call it."""

from enum import StrEnum

from msgspec import Struct

from protocol import requests as ask


class Access(StrEnum):
    """Who may call."""

    PUBLIC = "public"  # anyone
    ACCOUNT = "account"  # an account with a session, active or not
    ACTIVE = "active"  # an account that is confirmed, consented to and not suspended
    CONNECTION = "connection"  # a socket that has not authenticated yet


class Operation(Struct, frozen=True):
    """One row. `method` and `path` are empty for what only a socket can do.

    `guests`: also whoever has come by the link of a talk may call it, for that talk alone.
    """

    name: str
    summary: str
    request: type[ask.Request]
    reply: type[Struct]
    access: Access
    method: str = ""
    path: str = ""
    socket: bool = False
    status: int = 200
    guests: bool = False
