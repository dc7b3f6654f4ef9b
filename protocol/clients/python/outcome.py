"""How a command can end otherwise than well.

ClientError
├── Refusal      the server said no: it was not done
├── Unsettled    nobody knows yet: a message that the client was closed over
├── Interrupted  nobody knows: another command whose answer was lost with its connection
└── Stopped      the server wants this client no longer, or not before it logs in
"""

from typing import Literal

from protocol.messages import ErrorBody


class ClientError(Exception):
    """The base of what the client raises."""


class Refusal(ClientError):
    """The server said no; nothing was done."""

    def __init__(self, error: ErrorBody) -> None:
        super().__init__(error.code, error.field)
        self.error = error

    @property
    def code(self) -> str:
        """A key of `protocol.errors.ERRORS`, or a newer one."""
        return self.error.code


class Unsettled(ClientError):
    """A message was neither acked nor refused when the client closed or was stopped.

    If `exposed`, it was on the wire, and may have been stored: sent again under the same
    `client_id` it is stored once. If not, it was not stored.
    """

    def __init__(self, client_id: str, *, exposed: bool) -> None:
        super().__init__(client_id)
        self.client_id = client_id
        self.exposed = exposed


class Interrupted(ClientError):
    """The connection was lost before the answer came, or there was none to ask over."""


class Stopped(ClientError):
    """The server closed with a code of 40xx (`stop`) or 43xx (`log_in`)."""

    def __init__(self, behaviour: Literal["stop", "log_in"], code: int) -> None:
        super().__init__(behaviour, code)
        self.behaviour = behaviour
        self.code = code
